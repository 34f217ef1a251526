import Engine

/// Formulas: applied to a graph of a session, or to one that is gone with the reply.
enum EvalEndpoints {
    static let all: [Endpoint] = [
        .step("eval", EvalStep.self, creating: true),
        Endpoint(.post, "/v1/eval", .service) { call, response in
            let graph = call.passingGraph()
            try graph.transaction {
                var object = try call.object()
                if let variables = object.takeUnlessNull("variables") {
                    try graph.bind(passed: variables, in: call.text)
                }
                let reply = try EvalStep.perform(&object, graph, call)
                try call.json(&response, reply.status, reply.write)
            }
        },
    ]
}

/// A formula to apply, and what to differentiate then: `{"expr", "grad"?}`.
struct EvalStep: Step {
    private let expression: JSONValue
    private let source: String
    private let grad: JSONValue?
    // Reading a byte of it costs about what eight elements do.
    var elements: Int { source.utf8.count * 8 }

    init(_ object: inout JSONObject, _ graph: Graph, _ call: Call) throws {
        expression = try object.require("expr")
        source = try expression.string("a formula")
        grad = object.takeUnlessNull("grad")
    }

    /// Applies the formula: `{"variables", "result"?, "grads"?}`.
    func run(_ graph: Graph, _ call: Call) throws -> StepReply {
        let outcome: FormulaEvaluator.Outcome
        do {
            call.stopwatch.enter(.parse)
            let formula = try FormulaParser.parse(source, call.limits)
            call.stopwatch.enter(.compute)
            outcome = try FormulaEvaluator.evaluate(formula, on: graph) {
                try call.expect(elements: $0)
            }
        } catch let error as FormulaError {
            throw Problem(error, pointer: call.text.pointer(to: expression.offset))
        }
        var grads: [(name: String, array: NDArray?)]?
        if let grad {
            var object = try JSONObject(grad)
            let step = try GradStep(&object, graph, call)
            try object.finish()
            try call.expect(elements: step.elements)
            grads = try step.gradients(graph)
        }
        // As they are at the end: a gradient may have taken the name of one.
        let assigned = try outcome.assigned.map { name in
            guard let variable = graph.variable(name) else { throw Problem.fault("An assigned name is not bound.") }
            return (name, variable)
        }
        return StepReply { out, form in
            out.append("{\"variables\":")
            try out.append(list: assigned, "{", "}") { out, item in
                out.append(jsonString: item.0)
                out.append(UInt8(ascii: ":"))
                try out.append(variable: item.1, form)
            }
            if let result = outcome.result {
                out.append(",\"result\":")
                try out.append(result, form)
            }
            if let grads {
                out.append(",\"grads\":")
                try out.append(grads: grads, form)
            }
            out.append("}")
        }
    }
}

extension OutputBuffer {
    /// What a formula's last expression is worth. Lists are as deep as the formula at most.
    fileprivate mutating func append(_ value: FormulaValue, _ form: Representation.ArrayForm) throws {
        switch value {
        case .number(.int(let value)): append(decimal: Int(value))
        case .number(.real(let value)): append(number: value)
        case .bool(let value): append(value ? "true" : "false" as StaticString)
        case .string(let text): append(jsonString: text)
        case .none: append("null")
        case .variable(let variable, _): try append(variable: variable, form, showsName: false)
        case .list(let items): try append(list: items, "[", "]") { try $0.append($1, form) }
        }
    }
}
