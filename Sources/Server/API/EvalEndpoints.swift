import Engine

/// Formulas: applied to a graph of a session, or to one that is gone with the reply.
enum EvalEndpoints {
    static let all: [Endpoint] = [
        Endpoint(.post, Endpoint.graph + "/eval", .graph(creating: true)) { call, response in
            let graph = try call.requireGraph()
            try graph.transaction {
                var object = try call.object()
                let evaluation = try Evaluation(&object, call.text)
                try object.finish()
                try evaluation.answer(call, graph, &response)
            }
        },
        Endpoint(.post, "/v1/eval", .service) { call, response in
            let graph = Graph()
            try graph.transaction {
                var object = try call.object()
                let evaluation = try Evaluation(&object, call.text)
                let variables = object.takeUnlessNull("variables")
                try object.finish()
                if let variables { try graph.bind(passed: variables, in: call.text) }
                try evaluation.answer(call, graph, &response)
            }
        },
    ]
}

/// A formula to apply, and what to differentiate then: `{"expr", "grad"?}`.
private struct Evaluation {
    private let text: JSONText
    private let expression: JSONValue
    private let grad: JSONValue?

    init(_ object: inout JSONObject, _ text: JSONText) throws {
        self.text = text
        expression = try object.require("expr")
        grad = object.takeUnlessNull("grad")
    }

    /// Applies the formula and writes the reply: `{"variables", "result"?, "grads"?}`.
    func answer(_ call: Call, _ graph: Graph, _ response: inout ResponseWriter) throws {
        let source = try expression.string("a formula")
        // Reading a byte of it costs about what eight elements do.
        try call.expect(elements: source.utf8.count * 8)
        let outcome: FormulaEvaluator.Outcome
        do {
            outcome = try FormulaEvaluator.evaluate(try FormulaParser.parse(source), on: graph) {
                try call.expect(elements: $0)
            }
        } catch let error as FormulaError {
            throw Problem(error, pointer: text.pointer(to: expression.offset))
        }
        var grads: [(name: String, array: NDArray?)]?
        if let grad {
            try call.expect(elements: graph.work)
            var object = try JSONObject(grad)
            let request = try GradRequest(&object, graph, text)
            try object.finish()
            grads = try request.run(graph)
        }
        try response.json(.ok) { out in
            out.append("{\"variables\":")
            try out.append(list: outcome.assigned, "{", "}") { out, name in
                guard let variable = graph.variable(name) else { throw Problem.fault("An assigned name is not bound.") }
                out.append(jsonString: name)
                out.append(UInt8(ascii: ":"))
                try out.append(variable: variable)
            }
            if let result = outcome.result {
                out.append(",\"result\":")
                try out.append(result)
            }
            if let grads {
                out.append(",\"grads\":")
                out.append(gradients: grads)
            }
            out.append("}")
        }
    }
}

extension OutputBuffer {
    /// What a formula's last expression is worth. Lists are as deep as the formula at most.
    fileprivate mutating func append(_ value: FormulaValue) throws {
        switch value {
        case .number(.int(let value)): append(decimal: Int(value))
        case .number(.real(let value)): append(number: value)
        case .bool(let value): append(value ? "true" : "false" as StaticString)
        case .string(let text): append(jsonString: text)
        case .none: append("null")
        case .variable(let variable, _): try append(variable: variable, showsName: false)
        case .list(let items): try append(list: items, "[", "]") { try $0.append($1) }
        }
    }
}

extension Graph {
    /// Binds the variables that a request passes to its new graph: an object of names, each an array or the body of
    /// its PUT.
    func bind(passed variables: JSONValue, in text: JSONText) throws {
        for (key, value) in try variables.members("an object of names and arrays") {
            let name = try key.string()
            guard Name.isValid(name) else {
                var problem = Problem.badName(name)
                problem.pointer = text.pointer(to: key.offset)
                throw problem
            }
            guard variable(name) == nil else { throw JSONError(kind: .duplicateKey(name), offset: key.offset) }
            if value.isObject {
                var object = try JSONObject(value)
                let variable = try object.takeVariable()
                try object.finish()
                try bind(name, variable)
            } else {
                try bind(name, try Variable(leaf: try value.array(value.isBool ? .bool : .float32)))
            }
        }
    }
}
