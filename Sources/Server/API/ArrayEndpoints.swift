import Engine

/// The arrays of a variable alone: its data and its grad, read and set in place.
enum ArrayEndpoints {
    private static let path = Endpoint.graph + "/variables/{variable}"

    static let all: [Endpoint] = [
        Endpoint(.get, path + "/data", .graph(creating: false)) { call, response in
            let variable = try VariableEndpoints.find(call)
            try call.expect(elements: variable.size)
            let array = try variable.array
            response.json(.ok) { $0.append(array) }
        },
        Endpoint(.put, path + "/data", .graph(creating: false)) { call, response in
            let graph = try call.requireGraph()
            try graph.transaction {
                let variable = try VariableEndpoints.find(call)
                guard let array = try ArrayBody(call, graph, variable).array else {
                    throw JSONError(kind: .type(expected: "an array", actual: "null"), offset: 0)
                }
                try graph.setData(variable, array)
                response.noContent()
            }
        },
        Endpoint(.get, path + "/grad", .graph(creating: false)) { call, response in
            let variable = try VariableEndpoints.find(call)
            let node = try call.requireGraph().differentiable(variable, at: 0)
            try call.expect(elements: node.grad?.size ?? 0)
            let array = try node.grad?.array
            response.json(.ok) { $0.append(optional: array) }
        },
        Endpoint(.put, path + "/grad", .graph(creating: false)) { call, response in
            let graph = try call.requireGraph()
            try graph.transaction {
                let variable = try VariableEndpoints.find(call)
                try graph.setGradient(variable, ArrayBody(call, graph, variable).array)
                response.noContent()
            }
        },
    ]
}

/// The body that sets an array: the array, plain or as an object; `{"from": name}`, whose data is copied; or null.
private struct ArrayBody {
    let array: NDArray?

    init(_ call: Call, _ graph: Graph, _ variable: Variable) throws {
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
