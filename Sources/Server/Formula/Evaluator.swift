import Engine

/// Applies a formula to a graph, op by op, as requests would.
struct FormulaEvaluator {
    /// What a formula gave.
    struct Outcome {
        /// The names that it assigned, in the order of their first assignment.
        var assigned: [String] = []
        /// The last statement's value, where that is a bare expression.
        var result: FormulaValue?
    }

    private let formula: Formula
    private let graph: Graph
    /// Told how many elements have been touched so far, before each op; it may stop the evaluation.
    private let spend: (Int) throws -> Void
    private var work = 0
    /// Of each node that is evaluated and not used yet.
    private var values: [FormulaValue]
    private var outcome = Outcome()
    private var assigned = Set<String>()

    /// What an op costs however small its arrays are, in elements.
    private static let opWork = 128

    /// Applies a formula. To be called in a transaction of the graph.
    /// - Throws: `FormulaError`, and what `spend` throws.
    static func evaluate(
        _ formula: Formula, on graph: Graph, spend: (Int) throws -> Void = { _ in }
    ) throws -> Outcome {
        try withoutActuallyEscaping(spend) { spend in
            var evaluator = FormulaEvaluator(formula, graph, spend)
            for statement in formula.statements { try evaluator.run(statement) }
            return evaluator.outcome
        }
    }

    private init(_ formula: Formula, _ graph: Graph, _ spend: @escaping (Int) throws -> Void) {
        (self.formula, self.graph, self.spend) = (formula, graph, spend)
        values = Array(repeating: .none, count: formula.nodes.count)
    }

    private mutating func run(_ statement: Formula.Statement) throws {
        for id in statement.nodes { values[id] = try evaluate(formula.nodes[id]) }
        guard let last = statement.nodes.last else { return }
        let value = take(last)
        guard let target = statement.target else {
            outcome.result = value
            return
        }
        // All values before any name is bound, so that `x, y = y, x` works.
        var bindings: [(name: String, variable: Variable)] = []
        try assign(value, to: target, at: formula.nodes[last].start, &bindings)
        for (name, variable) in bindings {
            try graph.bind(name, variable)
            if assigned.insert(name).inserted { outcome.assigned.append(name) }
        }
    }

    /// A node's value, which nobody else asks for.
    private mutating func take(_ id: Formula.ID) -> FormulaValue {
        defer { values[id] = .none }
        return values[id]
    }

    private mutating func given(_ id: Formula.ID) -> CallBinding.Given {
        let node = formula.nodes[id]
        var items: [Formula.Place] = []
        if case .sequence(let ids, _) = node.kind { items = ids.map { formula.nodes[$0].start } }
        return CallBinding.Given(value: take(id), place: node.start, items: items)
    }

    // MARK: Nodes

    private mutating func evaluate(_ node: Formula.Node) throws -> FormulaValue {
        switch node.kind {
        case .number(let number): return .number(number)
        case .string(let text): return .string(text)
        case .bool(let bool): return .bool(bool)
        case .none: return .none
        case .name(let name):
            guard let variable = graph.variable(name) else { throw unknown(name, at: node.place) }
            return .variable(variable, isNamed: true)
        case .positive(let id):
            let operand = given(id)
            switch operand.value {
            case .number, .variable: return operand.value
            default:
                throw FormulaError.impossible(
                    "+ is for arrays and numbers.", expected: "an array or a number", actual: operand.value.kind,
                    at: operand.place)
            }
        case .negative(let id):
            let operand = given(id)
            if let number = operand.value.plainNumber { return .number(number.negated) }
            return try apply("neg", [operand], at: node.place)
        case .binary(let sign, let left, let right):
            let operands = [given(left), given(right)]
            if let a = operands[0].value.plainNumber, let b = operands[1].value.plainNumber,
                let folded = Scalar.folded(sign, a, b)
            {
                return folded
            }
            return try apply(sign.op, operands, at: node.place)
        case .sequence(let ids, _): return .list(ids.map { take($0) })
        case .call(let name, let arguments):
            var positional: [CallBinding.Given] = []
            var keywords: [(name: String, place: Formula.Place, given: CallBinding.Given)] = []
            for argument in arguments {
                let value = given(argument.value)
                if let keyword = argument.keyword {
                    keywords.append((keyword, argument.place, value))
                } else {
                    positional.append(value)
                }
            }
            return try apply(name, positional, keywords, at: node.place)
        case .index(let id, let items):
            let operand = given(id)
            // Of a list of numbers one integer takes a number, all else is for the array that it stands for.
            if case .list(let list) = operand.value, isInteger(items) || !operand.value.isPlainList {
                return try element(of: list, items, at: node.place)
            }
            let slices = CallBinding.Given(value: .list(try items.map { try sliceItem($0) }), place: node.place)
            return try apply("get_item", [operand], [("slices", node.place, slices)], at: node.place)
        }
    }

    private func unknown(_ name: String, at place: Formula.Place) -> FormulaError {
        let near = Spelling.nearest(to: name, in: graph)
        return FormulaError(
            .unknownVariable(name, near: near, isOp: Catalog.op(name) != nil), at: place, expected: near, actual: name)
    }

    private mutating func apply(
        _ name: String, _ positional: [CallBinding.Given],
        _ keywords: [(name: String, place: Formula.Place, given: CallBinding.Given)] = [], at place: Formula.Place
    ) throws -> FormulaValue {
        guard let op = Catalog.op(name) else { throw FormulaError(.unknownOp(name), at: place, actual: name) }
        let call = try CallBinding(op, positional: positional, keywords: keywords, at: place)
        work += call.elements + FormulaEvaluator.opWork
        try spend(work)
        do {
            let results = try call.apply(to: graph)
            work += results.flat.reduce(0) { $0 + $1.size }
            return try FormulaValue(results)
        } catch let error as EngineError {
            throw FormulaError(.application(error), at: place)
        }
    }

    // MARK: Indexes

    private func isInteger(_ items: [Formula.IndexItem]) -> Bool {
        guard items.count == 1, case .value(let id) = items[0], case .number(.int) = values[id] else { return false }
        return true
    }

    /// One of several values.
    private mutating func element(
        of list: [FormulaValue], _ items: [Formula.IndexItem], at place: Formula.Place
    ) throws -> FormulaValue {
        guard items.count == 1, case .value(let id) = items[0], case .number(.int(let index)) = take(id) else {
            throw FormulaError.impossible(
                "One of several values is taken by one integer.", expected: "an integer", actual: "another index",
                at: place)
        }
        let position = index < 0 ? index.addingReportingOverflow(Int64(list.count)).partialValue : index
        guard position >= 0, position < list.count else {
            throw FormulaError.impossible(
                "The index is out of range for \(list.count) values.",
                expected: list.isEmpty ? "no index" : "\(-list.count) to \(list.count - 1)", actual: "\(index)",
                at: formula.nodes[id].start)
        }
        return list[Int(position)]
    }

    /// An item of an index as `get_item` takes it.
    private mutating func sliceItem(_ item: Formula.IndexItem) throws -> FormulaValue {
        switch item {
        case .ellipsis: return .string("...")
        case .slice(let start, let stop, let step):
            var text = try bound(start) + ":" + bound(stop)
            if step != nil { text += ":" + (try bound(step)) }
            return .string(text)
        case .value(let id):
            let value = take(id)
            switch value {
            case .number(.int), .none: return value
            case .list where value.isPlainList: return value
            default:
                throw FormulaError.impossible(
                    "An index is made of integers, slices, ..., None, and lists of integers or booleans.",
                    expected: "an integer, start:stop:step, ..., None or a list", actual: value.kind,
                    at: formula.nodes[id].start, op: "get_item")
            }
        }
    }

    private mutating func bound(_ id: Formula.ID?) throws -> String {
        guard let id else { return "" }
        switch take(id) {
        case .none: return ""
        case .number(.int(let value)): return "\(value)"
        case let other:
            throw FormulaError.impossible(
                "The bounds of a slice are integers.", expected: "an integer", actual: other.kind,
                at: formula.nodes[id].start, op: "get_item")
        }
    }

    // MARK: Assignment

    /// Matches a value with what it is assigned to. It is as deep as the formula.
    private func assign(
        _ value: FormulaValue, to target: Formula.Target, at place: Formula.Place,
        _ bindings: inout [(name: String, variable: Variable)]
    ) throws {
        switch target {
        case .name(let name): bindings.append((name, try variable(value, at: place)))
        case .list(let targets, let targetPlace):
            guard case .list(let items) = value, items.count == targets.count else {
                let count = if case .list(let items) = value { "\(items.count) values" } else { value.kind }
                throw FormulaError.impossible(
                    "There must be as many values as names.", expected: "\(targets.count) values", actual: count,
                    at: targetPlace)
            }
            for (item, target) in zip(items, targets) { try assign(item, to: target, at: place, &bindings) }
        }
    }

    /// What a name is bound to: a result as it is, a named variable's identity, numbers as a new leaf.
    private func variable(_ value: FormulaValue, at place: Formula.Place) throws -> Variable {
        do {
            switch value {
            case .variable(let variable, isNamed: false): return variable
            case .variable(let variable, isNamed: true):
                guard let identity = try Catalog.op("identity")?.apply([.variable(variable)], [:]).results.flat.first
                else {
                    return variable
                }
                return identity
            case .number, .bool: break
            case .list where value.isPlainList: break
            default:
                throw FormulaError.impossible(
                    "A name stands for one array: give as many names as there are values, or take one by its index.",
                    expected: "an array, a number or a list of numbers", actual: value.kind, at: place)
            }
            let plain = try PlainArray(value)
            return try Variable(leaf: try plain.array(plain.isBool ? .bool : .float32))
        } catch let error as EngineError {
            throw FormulaError(.application(error), at: place)
        }
    }
}
