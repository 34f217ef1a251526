import Engine

/// Variables.
enum VariableEndpoints {
    private static let path = Endpoint.graph + "/variables"

    static let all: [Endpoint] = [
        Endpoint(.get, path, .graph(creating: false), query: Query.pageParameters) { call, response in
            let graph = try call.requireGraph()
            let (start, limit) = try Query.page(call.query)
            let page = graph.names.page(from: start, limit: limit)
            try call.json(&response, .ok) { out, _ in
                out.append("{\"variables\":")
                out.append(list: page.items, "[", "]") { out, item in
                    out.append("{\"name\":")
                    out.append(jsonString: item.name)
                    out.append(",\"shape\":")
                    out.append(shape: item.value.shape)
                    out.append(",\"dtype\":\"")
                    out.append(item.value.dtype.rawValue)
                    out.append("\"}")
                }
                out.append(next: page.next)
                out.append("}")
            }
        },
        Endpoint(.put, path + "/{variable}", .graph(creating: true)) { call, response in
            let graph = try call.requireGraph()
            let name = call.names[2]
            try graph.transaction {
                var object = try call.object()
                let reply = try bindLeaf(name, &object, graph, call)
                try call.json(&response, reply.status, location: reply.location, reply.write)
            }
        },
        Endpoint(.get, path + "/{variable}", .graph(creating: false)) { call, response in
            let variable = try find(call)
            try call.expect(elements: variable.size * (variable.node?.grad == nil ? 1 : 2))
            try call.json(&response, .ok) { try $0.append(variable: variable, $1) }
        },
        Endpoint(.delete, path + "/{variable}", .graph(creating: false)) { call, response in
            let graph = try call.requireGraph()
            _ = try find(call)
            graph.transaction { _ = graph.unbind(call.names[2]) }
            call.noContent(&response)
        },
    ]

    /// Binds a name to the leaf that an object describes: `{"data", "dtype"?, "shape"?, "requires_grad"?}`.
    static func bindLeaf(
        _ name: String, _ object: inout JSONObject, _ graph: Graph, _ call: Call
    ) throws -> StepReply {
        let variable = try object.takeVariable()
        try object.finish()
        call.stopwatch.enter(.compute)
        let (bound, isNew) = try graph.bind(name, variable)
        return StepReply(status: isNew ? .created : .ok, location: isNew ? call.variablePath(name) : nil) {
            try $0.append(variable: bound, $1)
        }
    }

    /// The variable in the path.
    static func find(_ call: Call) throws -> Variable {
        let graph = try call.requireGraph()
        let name = call.names[2]
        guard let variable = graph.variable(name) else {
            let near = Spelling.nearest(to: name, in: graph)
            throw Problem.notFound(
                "There is no variable \(name) in this graph." + (near.map { " Did you mean \($0)?" } ?? "")
                    + " A PUT to this path makes it.")
        }
        return variable
    }
}

extension JSONValue {
    /// Gives an error of the engine, and a problem that has no place of its own, the place of this value.
    func locating<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as EngineError {
            throw Problem(error, pointer: text.pointer(to: offset))
        } catch var problem as Problem where problem.pointer == nil {
            problem.pointer = text.pointer(to: offset)
            throw problem
        }
    }

    /// An array in place: plain, or as the body of a PUT.
    /// - Parameter dtype: where none is given; nil: float32, or bool for `true` and `false`.
    func arrayOrBody(_ dtype: DType?) throws -> NDArray {
        guard isObject else { return try array(dtype ?? (beginsWithBool ? .bool : .float32)) }
        var object = try JSONObject(self)
        let array = try object.takeArray(dtype)
        try object.finish()
        return array
    }
}

extension Graph {
    /// Binds the variables that a request passes to its new graph: an object of names, each an array or the body of
    /// its PUT.
    func bind(passed variables: JSONValue, in text: JSONText) throws {
        let reader = OperandReader(self, text)
        for (key, value) in try JSONObject(variables, "an object of names and arrays").entries {
            let name = try reader.name(key)
            if value.isObject {
                var object = try JSONObject(value)
                let variable = try object.takeVariable()
                try object.finish()
                try bind(name, variable)
            } else {
                try bind(name, Variable(leaf: value.arrayOrBody(nil)))
            }
        }
    }
}

extension JSONObject {
    /// The leaf that the body of a PUT describes: `{"data", "dtype"?, "shape"?, "requires_grad"?}`.
    mutating func takeVariable() throws -> Variable {
        let array = try takeArray(nil)
        return try Variable(leaf: array, requiresGrad: try bool("requires_grad") ?? true)
    }

    private static func shape(_ value: JSONValue) throws -> [Int] {
        var shape: [Int] = []
        for length in try value.list("a list of lengths") {
            let number = try length.integer("a length")
            guard number >= 0 else {
                throw JSONError(
                    kind: .value("A length cannot be negative.", expected: "at least 0", actual: "\(number)"),
                    offset: length.offset)
            }
            shape.append(number)
        }
        try value.locating { _ = try NDArray.checkedSize(shape) }
        return shape
    }

    /// The array that an object gives: `data`, and what may stand beside it: `dtype`, `shape`; or `base64` with both.
    /// - Parameter fallback: the dtype where none is given; nil: float32.
    mutating func takeArray(_ fallback: DType?) throws -> NDArray {
        let base64 = take("base64")
        let data = base64 == nil ? try require("data") : nil
        let dtypeValue = take("dtype")
        let shapeValue = take("shape")
        var dtype = fallback ?? .float32
        if let dtypeValue {
            let name = try dtypeValue.string("the name of a dtype")
            guard let named = DType(rawValue: name) else {
                let known = DType.allCases.map(\.rawValue)
                throw JSONError(
                    kind: .impossible(
                        "There is no dtype \(name)."
                            + (Spelling.nearest(to: name, in: known).map { " Did you mean \($0)?" } ?? ""),
                        expected: known.joined(separator: ", "), actual: name), offset: dtypeValue.offset)
            }
            dtype = named
        }
        if let base64 {
            guard dtypeValue != nil else { throw JSONError(kind: .missingKey("dtype"), offset: offset) }
            guard let shapeValue else { throw JSONError(kind: .missingKey("shape"), offset: offset) }
            let (shape, bytes) = (try JSONObject.shape(shapeValue), try base64.base64())
            return try base64.locating {
                try bytes.withUnsafeBytes { try NDArray(bytes: $0, shape: shape, dtype) }
            }
        }
        guard let data else { throw JSONError(kind: .missingKey("data"), offset: offset) }
        let array = try data.array(dtype)
        guard let shapeValue else { return array }
        let shape = try JSONObject.shape(shapeValue)
        if array.shape == shape { return array }
        guard array.ndim <= 1 || array.size == 0, shape.reduce(1, *) == array.size else {
            throw Problem(
                EngineError(
                    .shape, "The data is not of the shape given: give it flat, or nested to that shape.",
                    expected: describe(shape), actual: describe(array.shape)),
                pointer: shapeValue.text.pointer(to: shapeValue.offset))
        }
        return try array.reshaped(shape)
    }
}
