import Engine

/// Applying ops.
enum OpEndpoints {
    static let all: [Endpoint] = [
        Endpoint(.post, Endpoint.graph + "/ops", .graph(creating: false)) { call, response in
            let graph = try call.requireGraph()
            try graph.transaction {
                var object = try call.object()
                let applied = try OpApplication(&object, graph, call.text)
                try object.finish()
                try call.expect(elements: applied.reader.elements)
                let results = try applied.apply(graph)
                switch results {
                case .one(let variable):
                    let location = call.variablePath(variable.node?.name ?? "")
                    try response.json(.created, location: location) { try $0.append(variable: variable) }
                default:
                    try response.json(.created) { out in
                        out.append("{\"outputs\":")
                        try out.append(results: results)
                        out.append("}")
                    }
                }
            }
        }
    ]
}

/// A request to apply an op: `{"op", "inputs", "args"?, "output"?}`.
struct OpApplication {
    let op: any AnyOp
    let operands: [Operand]
    let reader: OperandReader
    private let arguments: [String: Argument]
    private let inputsValue: JSONValue?
    private let argumentsValue: JSONValue?
    private let output: JSONValue?

    init(_ object: inout JSONObject, _ graph: Graph, _ text: JSONText) throws {
        let opValue = try object.require("op")
        let name = try opValue.string("the name of an op")
        guard let op = Catalog.op(name) else {
            throw Problem.unknownOp(name, pointer: text.pointer(to: opValue.offset))
        }
        self.op = op
        inputsValue = object.take("inputs")
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

    /// Applies the op and binds its results.
    func apply(_ graph: Graph) throws -> Results {
        let results = try reader.locating(argumentsValue, inputs: inputsValue?.offset) {
            try op.apply(operands, arguments)
        }
        return try bind(results, output, graph)
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
