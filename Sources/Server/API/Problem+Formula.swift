import Engine

extension Problem {
    /// - Parameter pointer: the formula's place in the body.
    init(_ error: FormulaError, pointer: String) {
        let (line, column) = (error.place.line, error.place.column)
        let place = "At line \(line), column \(column) of the formula"
        switch error.kind {
        case .syntax:
            let (expected, actual) = (error.expected ?? "something else", error.actual ?? "this")
            self.init(
                "/problems/invalid-formula", "Invalid formula", .badRequest,
                "\(place) there was expected: \(expected). There came: \(actual).")
        case .badName(let name): self = .badName(name)
        case .unknownOp(let name): self = .unknownOp(name, pointer: pointer)
        case .unknownVariable(let name, let near, let isOp):
            self = .unknownName(name, "variable", near: near, pointer: pointer)
            if isOp { detail += " The op of that name is called: \(name)(…)." }
        case .unknownArgument(let name, let op, let known):
            self = .unknownArgument(name, of: op, known: known)
        case .application(let error): self.init(error)
        }
        expected = error.expected ?? expected ?? Problem.expectation(error.kind)
        actual = error.actual ?? actual
        (self.pointer, self.line, self.column) = (pointer, line, column)
        if type != "/problems/invalid-formula" { detail = "\(place): \(detail)" }
    }

    /// What is expected where no name is near.
    private static func expectation(_ kind: FormulaError.Kind) -> String {
        switch kind {
        case .unknownOp: "the name of an op"
        case .unknownVariable(let name, _, let isOp): isOp ? "\(name)(…)" : "the name of a variable"
        case .application(let error): error.op.flatMap { Catalog.op($0)?.signature } ?? "what the op takes"
        default: "something else"
        }
    }
}
