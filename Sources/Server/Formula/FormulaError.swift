import Engine

/// What is wrong with a formula, and where.
struct FormulaError: Error {
    enum Kind {
        /// It cannot be read.
        case syntax
        /// A word that nothing can be called.
        case badName(String)
        case unknownOp(String)
        /// - near: a name that may have been meant; `isOp`: whether an op has the name.
        case unknownVariable(String, near: String?, isOp: Bool)
        case unknownArgument(String, op: String, known: [String])
        /// An application that the engine refused, or that no engine could do.
        case application(EngineError)
    }

    let kind: Kind
    let place: Formula.Place
    /// What was expected there, and what came.
    let expected: String?
    let actual: String?

    init(_ kind: Kind, at place: Formula.Place, expected: String? = nil, actual: String? = nil) {
        (self.kind, self.place, self.expected, self.actual) = (kind, place, expected, actual)
    }

    static func syntax(_ expected: String, at place: Formula.Place, actual: String) -> FormulaError {
        FormulaError(.syntax, at: place, expected: expected, actual: actual)
    }

    /// An application that makes no sense.
    static func impossible(
        _ detail: String, expected: String, actual: String, at place: Formula.Place, op: String? = nil
    ) -> FormulaError {
        var error = EngineError(.argument, detail, expected: expected, actual: actual)
        error.op = op
        return FormulaError(.application(error), at: place)
    }
}
