import Engine

/// Applying ops.
enum OpEndpoints {
    static let all: [Endpoint] = [.step("ops", OpStep.self)]
}

/// `{"op", "inputs", "args"?, "output"?}`: applies an op and binds its results.
struct OpStep: Step {
    private let op: any AnyOp
    private let operands: [Operand]
    private let reader: OperandReader
    private let arguments: [String: Argument]
    private let inputsValue: JSONValue?
    private let argumentsValue: JSONValue?
    private let output: JSONValue?
    private let offset: Int

    var elements: Int { reader.elements }

    init(_ object: inout JSONObject, _ graph: Graph, _ call: Call) throws {
        let text = call.text
        let opValue = try object.require("op")
        let name = try opValue.string("the name of an op")
        guard let op = Catalog.op(name) else {
            throw Problem.unknownOp(name, pointer: text.pointer(to: opValue.offset))
        }
        self.op = op
        inputsValue = object.take("inputs")
        offset = object.offset
        argumentsValue = object.takeUnlessNull("args")
        output = object.takeUnlessNull("output")
        var reader = OperandReader(graph, text)
        operands = try inputsValue.map { try reader.inputs($0, of: op) } ?? []
        self.reader = reader
        var arguments: [String: Argument] = [:]
        if let argumentsValue {
            let known = op.parameters.filter { $0.array == nil }.map(\.name)
            var object = try JSONObject(argumentsValue)
            for name in object.names {
                guard known.contains(name) else {
                    var problem = Problem.unknownArgument(name, of: op.name, known: known)
                    problem.pointer = text.pointer(to: argumentsValue.offset) + "/" + JSONText.escape(name)
                    throw problem
                }
                arguments[name] = try object.take(name)?.argument()
            }
        }
        self.arguments = arguments
    }

    func run(_ graph: Graph, _ call: Call) throws -> StepReply {
        guard inputsValue != nil || op.arrayParameters.isEmpty else {
            throw JSONError(kind: .missingKey("inputs"), offset: offset)
        }
        let applied = try reader.locating(argumentsValue, inputs: inputsValue?.offset) {
            try graph.apply(op, operands, arguments)
        }
        if let output { try reader.refuseRepeated(output.strings, at: output) }
        let results = try bind(applied, output, graph)
        guard case .one(let variable) = results else {
            return StepReply(status: .created) { out, form in
                out.append("{\"outputs\":")
                try out.append(results: results, form)
                out.append("}")
            }
        }
        return StepReply(status: .created, location: call.variablePath(variable.node?.name ?? "")) {
            try $0.append(variable: variable, $1)
        }
    }

    private func bind(_ results: Results, _ names: JSONValue?, _ graph: Graph) throws -> Results {
        switch results {
        case .none: return .none
        case .one(let variable):
            let name = try names.map { try reader.name($0) }
            return .one(try graph.bind(name ?? graph.makeUpName(op.name), variable).variable)
        case .list(let items):
            let values = try names?.list("a list of names for the \(items.count) results")
            if let names, let values, values.count != items.count {
                var problem = Problem(
                    "/problems/argument", "Impossible argument", .unprocessableContent,
                    "\(op.name) has \(items.count) results here; output must name each of them.")
                (problem.expected, problem.actual) = ("\(items.count) names", "\(values.count)")
                problem.pointer = reader.text.pointer(to: names.offset)
                throw problem
            }
            return .list(try items.enumerated().map { try bind($1, values?[$0], graph) })
        }
    }
}

extension Problem {
    static func unknownOp(_ name: String, pointer: String) -> Problem {
        let near = Spelling.nearest(to: name, in: Catalog.ops.map(\.name))
        var problem = Problem(
            "/problems/unknown-op", "Unknown op", .unprocessableContent,
            "There is no op \(name)." + (near.map { " Did you mean \($0)?" } ?? "") + " GET /v1/ops lists all of them.")
        (problem.pointer, problem.actual, problem.expected) = (pointer, name, near)
        return problem
    }

    static func unknownArgument(_ name: String, of op: String, known: [String]) -> Problem {
        let near = Spelling.nearest(to: name, in: known)
        var problem = Problem(
            "/problems/bad-request", "Bad request", .badRequest,
            "\(op) has no argument \(name)." + (near.map { " Did you mean \($0)?" } ?? ""))
        (problem.op, problem.argument, problem.actual) = (op, name, name)
        problem.expected = known.isEmpty ? "no arguments" : known.joined(separator: ", ")
        return problem
    }
}
