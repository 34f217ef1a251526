/// Why the engine refused something: it says what was expected, what came, and what to do.
public struct EngineError: Error, Sendable {
    /// What sort of refusal it is.
    public enum Kind: Sendable {
        /// Shapes that do not fit.
        case shape
        /// A dtype that the function does not take, or two that differ.
        case dtype
        /// An argument or index that is out of range or impossible.
        case argument
        /// An argument of the wrong JSON type.
        case argumentType
        /// An argument or input that the function does not have.
        case unknownArgument
        /// `backward` has no gradient to start from, or the variable takes none.
        case gradient
        /// A size beyond what is allowed.
        case size
        /// The account's limit of bytes or nodes is used up.
        case quota
        /// The time that the account allows is used up.
        case time
        /// A fault of ours: state that cannot be.
        case fault
    }
    /// Where in the call the fault lies.
    public enum Place: Hashable, Sendable {
        case input(Int)
        /// The inputs together.
        case inputs
        /// A gradient that was given for an output, or for an input.
        case gradOutput(Int)
        case gradInput(Int)
        case argument(String)
    }

    /// The sort of refusal.
    public var kind: Kind
    /// The fault and the way out, in a sentence.
    public var detail: String
    /// What would have been taken.
    public var expected: String?
    /// What came.
    public var actual: String?
    /// Where in the call it lies, where that is known.
    public var place: Place?
    /// The op that the caller named.
    public var op: String?

    /// A refusal; the op is filled in by whoever applies it.
    public init(
        _ kind: Kind, _ detail: String, expected: String? = nil, actual: String? = nil, at place: Place? = nil
    ) {
        self.kind = kind
        self.detail = detail
        self.expected = expected
        self.actual = actual
        self.place = place
    }

    static func fault(_ detail: String) -> EngineError { EngineError(.fault, detail) }
}

/// A shape as people read it: `(2, 3)`, `(2,)`, `()`.
public func describe(_ shape: [Int]) -> String {
    shape.count == 1 ? "(\(shape[0]),)" : "(" + shape.map(String.init).joined(separator: ", ") + ")"
}
