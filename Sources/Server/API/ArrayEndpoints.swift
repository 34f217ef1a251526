import Engine

/// The arrays of a variable alone: its data and its grad, read and set in place.
enum ArrayEndpoints {
    private static let path = Endpoint.graph + "/variables/{variable}"

    static let all: [Endpoint] = [
        Endpoint(.get, path + "/data", .graph(creating: false), offers: .jsonOrNpy) { call, response in
            let variable = try VariableEndpoints.find(call)
            try call.expect(elements: variable.size)
            try call.array(&response, variable.array)
        },
        Endpoint(.put, path + "/data", .graph(creating: false)) { call, response in
            let graph = try call.requireGraph()
            try graph.transaction {
                let variable = try VariableEndpoints.find(call)
                guard let array = try ArrayBody(call, graph, variable).array else {
                    throw JSONError(kind: .type(expected: "an array", actual: "null"), offset: 0)
                }
                call.stopwatch.enter(.compute)
                try graph.setData(variable, array)
                call.noContent(&response)
            }
        },
        Endpoint(.get, path + "/grad", .graph(creating: false), offers: .jsonOrNpy) { call, response in
            let variable = try VariableEndpoints.find(call)
            let node = try call.requireGraph().differentiable(variable, at: 0)
            try call.expect(elements: node.grad?.size ?? 0)
            try call.array(&response, node.grad?.array)
        },
        Endpoint(.put, path + "/grad", .graph(creating: false)) { call, response in
            let graph = try call.requireGraph()
            try graph.transaction {
                let variable = try VariableEndpoints.find(call)
                let array = try ArrayBody(call, graph, variable).array
                call.stopwatch.enter(.compute)
                try graph.setGradient(variable, array)
                call.noContent(&response)
            }
        },
    ]
}

extension Call {
    /// An array alone, in the form that was asked for; with none there is nothing left to send.
    fileprivate func array(_ response: inout ResponseWriter, _ array: NDArray?) throws {
        if verdict == .notModified { return noContent(&response, .notModified) }
        if form == .none { return noContent(&response) }
        guard representation.isNpy, let array else {
            // (A gradient that is not there is null, which .npy has nothing for.)
            guard representation.takesJSON else { throw Problem.notAcceptable("application/json", "application/x-npy") }
            return try json(&response) { try $0.append(array, $1) }
        }
        response.begin(.ok, contentType: Npy.contentType)
        head(&response, graph, isState: true)
        response.beginBody(streams: true)
        Npy.write(array, to: &response.body)
        response.end()
    }
}

/// The body that sets an array: the array, plain or as an object; `{"from": name}`, whose data is copied; or null.
private struct ArrayBody {
    let array: NDArray?

    init(_ call: Call, _ graph: Graph, _ variable: Variable) throws {
        if call.request.isNpy {
            array = try Npy.read(call.request.body)
            return
        }
        guard call.text.skipWhiteSpace(0) < call.text.count else {
            // An empty body is {}.
            throw JSONError(kind: .missingKey("data"), offset: 0)
        }
        let value = try JSONValue(call.text)
        if value.isNull {
            array = nil
        } else if value.isObject {
            var object = try JSONObject(value)
            if let from = object.take("from") {
                var reader = OperandReader(graph, call.text)
                array = try reader.variable(from).array
            } else {
                array = try object.takeArray(variable.dtype)
            }
            try object.finish()
        } else {
            array = try value.array(variable.dtype)
        }
    }
}

extension Request {
    /// Whether the body is told to be `.npy`, and does not begin as JSON does, which is read as JSON whatever it is told
    /// to be.
    var isNpy: Bool {
        guard let type = fields["content-type"], !JSONText(body).beginsAsJSON else { return false }
        let word = UnsafeRawBufferPointer(
            start: Npy.contentType.utf8Start, count: Npy.contentType.utf8CodeUnitCount)
        return type.count >= word.count && zip(type, word).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }
}
