import Engine

/// Variables.
enum VariableEndpoints {
    private static let path = Endpoint.graph + "/variables"

    static let all: [Endpoint] = [
        Endpoint(.get, path, .graph(creating: false), query: Query.pageParameters) { call, response in
            let graph = try call.requireGraph()
            let (start, limit) = try Query.page(call.query)
            let page = graph.names.page(from: start, limit: limit)
            response.json(.ok) { out in
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
                let variable = try object.takeVariable()
                try object.finish()
                let (bound, isNew) = try graph.bind(name, variable)
                try response.json(isNew ? .created : .ok, location: isNew ? call.variablePath(name) : nil) {
                    try $0.append(variable: bound)
                }
            }
        },
        Endpoint(.get, path + "/{variable}", .graph(creating: false)) { call, response in
            let variable = try find(call)
            try call.expect(elements: variable.size * (variable.node?.grad == nil ? 1 : 2))
            try response.json(.ok) { try $0.append(variable: variable) }
        },
        Endpoint(.delete, path + "/{variable}", .graph(creating: false)) { call, response in
            let graph = try call.requireGraph()
            _ = try find(call)
            graph.transaction { _ = graph.unbind(call.names[2]) }
            response.noContent()
        },
    ]

    /// The variable in the path.
    static func find(_ call: Call) throws -> Variable {
        let graph = try call.requireGraph()
        let name = call.names[2]
        guard let variable = graph.variable(name) else {
            let near = Spelling.nearest(to: name, in: graph.names.page(from: 0, limit: 1000).items.map(\.name))
            throw Problem.notFound(
                "There is no variable \(name) in this graph." + (near.map { " Did you mean \($0)?" } ?? "")
                    + " A PUT to this path makes it.")
        }
        return variable
    }
}

extension JSONObject {
    /// The leaf that the body of a PUT describes: `{"data", "dtype"?, "shape"?, "requires_grad"?}`.
    mutating func takeVariable() throws -> Variable {
        let array = try takeArray(nil)
        return try Variable(leaf: array, requiresGrad: try bool("requires_grad") ?? true)
    }

    /// The array that an object gives: `data`, and what may stand beside it: `dtype`, `shape`.
    /// - Parameter fallback: the dtype where none is given; nil: float32.
    mutating func takeArray(_ fallback: DType?) throws -> NDArray {
        let data = try require("data")
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
        let array = try data.array(dtype)
        guard let shapeValue else { return array }
        let shape = try shapeValue.list("a list of lengths").map { length throws(JSONError) in
            let number = try length.integer("a length")
            guard number >= 0 else {
                throw JSONError(
                    kind: .value("A length cannot be negative.", expected: "at least 0", actual: "\(number)"),
                    offset: length.offset)
            }
            return number
        }
        if array.shape == shape { return array }
        guard array.ndim <= 1 || array.size == 0, try NDArray.checkedSize(shape) == array.size else {
            throw Problem(
                EngineError(
                    .shape, "The data is not of the shape given: give it flat, or nested to that shape.",
                    expected: describe(shape), actual: describe(array.shape)),
                pointer: "/shape")
        }
        return try array.reshaped(shape)
    }
}
