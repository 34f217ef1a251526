import Engine

/// Several steps in one request, all or none.
enum RunEndpoints {
    static let all: [Endpoint] = [
        Endpoint(.post, Endpoint.graph + "/run", .graph(creating: true)) { call, response in
            let graph = try call.requireGraph()
            var object = try call.object()
            try graph.transaction(changes: changesGraph(object)) {
                try run(&object, graph, call, &response)
            }
        },
        Endpoint(.post, "/v1/run", .service) { call, response in
            let graph = call.passingGraph()
            try graph.transaction {
                var object = try call.object()
                if let variables = object.takeUnlessNull("variables") {
                    try graph.bind(passed: variables, in: call.text)
                }
                try run(&object, graph, call, &response)
            }
        },
    ]

    /// Whether any step counts as a change of the graph.
    private static func changesGraph(_ object: JSONObject) throws -> Bool {
        try object.value("steps")?.list().contains { value in
            let step = try JSONObject(value, "a step, which is an object")
            // (A formula may have a grad of its own.)
            if step.value("expr") == nil, let grad = step.value("grad"), grad.isObject {
                return GradStep.changesGraph(try JSONObject(grad))
            }
            return step.value("get") == nil
        } ?? false
    }

    /// `{"steps", "reply"?}`.
    private static func run(
        _ object: inout JSONObject, _ graph: Graph, _ call: Call, _ response: inout ResponseWriter
    ) throws {
        let list = try object.require("steps")
        let steps = try list.list("a list of steps")
        guard steps.count <= call.limits.steps else {
            throw Problem.tooMuch("steps", steps.count, limit: call.limits.steps, at: list)
        }
        let reader = OperandReader(graph, call.text)
        let wanted = try object.takeUnlessNull("reply")?.list("a list of names")
        try object.finish()
        // A long batch is not for a loop, whatever its steps are.
        try call.expect(elements: steps.count * 256)
        func writeVariables(_ out: inout OutputBuffer, _ form: Representation.ArrayForm) throws {
            out.append("]")
            if let wanted {
                out.append(",\"variables\":")
                var (names, seen) = (reader, Set<String>())
                let variables = try wanted.map { try names.variable($0) }
                // A name that comes twice is written once.
                let distinct = variables.filter { seen.insert($0.node?.name ?? "").inserted }
                try out.append(list: distinct, "{", "}") { out, variable in
                    out.append(jsonString: variable.node?.name ?? "")
                    out.append(UInt8(ascii: ":"))
                    try out.append(variable: variable, form)
                }
            }
            out.append("}")
        }
        // The steps are done as they are written: what they answer in the minimal form is written beside.
        var minimal = OutputBuffer()
        func writeMinimal(_ out: inout OutputBuffer, _ form: Representation.ArrayForm) throws {
            out.append(minimal.unsent)
            try writeVariables(&out, form)
        }
        try call.json(&response, .ok, minimal: writeMinimal) { out, form in
            out.append("{\"results\":[")
            if call.keepsReply { minimal.append("{\"results\":[") }
            var isFirst = true
            for value in steps {
                call.stopwatch.enter(.parse)
                var step = try JSONObject(value, "a step, which is an object")
                let isGet = step.value("get") != nil
                let reply = try value.locating { try perform(&step, graph, call) }
                call.stopwatch.enter(.encode)
                // With `reply` only what was asked for is written.
                guard wanted == nil || isGet else { continue }
                if !isFirst { out.append(UInt8(ascii: ",")) }
                try reply.write(&out, form)
                if call.keepsReply {
                    if !isFirst { minimal.append(UInt8(ascii: ",")) }
                    try reply.write(&minimal, .none)
                }
                isFirst = false
            }
            try writeVariables(&out, form)
        }
    }

    private static func perform(_ step: inout JSONObject, _ graph: Graph, _ call: Call) throws -> StepReply {
        if step.value("op") != nil { return try OpStep.perform(&step, graph, call) }
        if step.value("expr") != nil { return try EvalStep.perform(&step, graph, call) }
        if let name = step.take("variable") {
            let name = try OperandReader(graph, call.text).name(name)
            return try VariableEndpoints.bindLeaf(name, &step, graph, call)
        }
        for (key, kind) in nested {
            guard let value = step.take(key) else { continue }
            try step.finish()
            var object = try JSONObject(value)
            return try kind.perform(&object, graph, call)
        }
        for key in ["get", "delete"] {
            guard let value = step.take(key) else { continue }
            try step.finish()
            var reader = OperandReader(graph, call.text)
            let variable = try reader.variable(value)
            if key == "get" { return StepReply { try $0.append(variable: variable, $1) } }
            if let name = variable.node?.name { _ = graph.unbind(name) }
            return .empty()
        }
        // It names no kind of step: what it has is not known.
        try step.finish()
        throw JSONError(kind: .missingKey("op"), offset: step.offset)
    }

    /// The steps that are an object under their name.
    private static let nested: [(String, any Step.Type)] = [
        ("backward", BackwardStep.self), ("cleargrad", CleargradStep.self), ("zerograd", ZerogradStep.self),
        ("grad", GradStep.self), ("unchain", UnchainStep.self), ("set_data", SetDataStep.self),
        ("set_grad", SetGradStep.self),
    ]
}

/// `{"variable", "value"}`: sets data in place; the value is whatever an op's input may be, its data copied.
struct SetDataStep: Step {
    private let target: ArrayTarget
    var elements: Int { target.variable.size }

    init(_ object: inout JSONObject, _ graph: Graph, _ call: Call) throws {
        target = try ArrayTarget(&object, graph, call)
    }

    func run(_ graph: Graph, _ call: Call) throws -> StepReply {
        guard let array = target.array else {
            throw JSONError(kind: .type(expected: "an array", actual: "null"), offset: target.value.offset)
        }
        try target.value.locating { try graph.setData(target.variable, array) }
        return .empty()
    }
}

/// `{"variable", "value"}`: sets the grad; null clears it.
struct SetGradStep: Step {
    private let target: ArrayTarget
    var elements: Int { target.variable.size }

    init(_ object: inout JSONObject, _ graph: Graph, _ call: Call) throws {
        target = try ArrayTarget(&object, graph, call)
    }

    func run(_ graph: Graph, _ call: Call) throws -> StepReply {
        try target.value.locating { try graph.setGradient(target.variable, target.array) }
        return .empty()
    }
}

/// A variable, and an array for it.
private struct ArrayTarget {
    let variable: Variable
    let value: JSONValue
    let array: NDArray?

    init(_ object: inout JSONObject, _ graph: Graph, _ call: Call) throws {
        var reader = OperandReader(graph, call.text)
        variable = try reader.variable(object.require("variable"))
        value = try object.require("value")
        array =
            switch try reader.operand(value, variable.dtype) {
            case .variable(let source): try source.array
            case .array(let array): array
            case .number(let number): try Variable(number: number, variable.dtype).array
            case .absent, .list: nil
            }
    }
}
