/// What is wrong with a body, and at which byte.
struct JSONError: Error {
    enum Kind: Equatable {
        /// Not JSON; what was expected there.
        case syntax(expected: String)
        /// JSON, but not of the type asked for.
        case type(expected: String, actual: String)
        case duplicateKey(String)
        case unknownKey(String, known: [String])
        case missingKey(String)
        /// Lists within each other beyond the limit.
        case tooDeep(limit: Int)
        /// A value that cannot be what it stands for: a ragged list, a bad name.
        case value(String, expected: String, actual: String)
        /// A well-formed value that is impossible: an integer out of its dtype's range.
        case impossible(String, expected: String, actual: String)
    }

    var kind: Kind
    /// Bytes from the start of the body.
    var offset: Int

    static func syntax(_ expected: String, at offset: Int) -> JSONError {
        JSONError(kind: .syntax(expected: expected), offset: offset)
    }
}
