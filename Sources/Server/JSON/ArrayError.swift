/// What is wrong with an array in JSON text, and where.
struct ArrayError: Error, Equatable {
    enum Kind: Equatable {
        /// The text is not JSON at the offset.
        case invalidJSON
        /// The text ends within the array.
        case unexpectedEnd
        /// A value that is neither a list nor of the element's type: `null`, a string, an object, a boolean.
        case wrongType
        /// A number where `true` or `false` is expected.
        case notABoolean
        /// An integer that the element type does not hold.
        case outOfRange
        /// A number that is not integral, for an integer type.
        case fraction
        /// A list of another length than those beside it; `found` is nil where it has at least one element too many.
        case raggedLength(expected: Int, found: Int?)
        /// A list where elsewhere in the array there are numbers at this depth.
        case unexpectedList
        /// A number where elsewhere in the array there are lists at this depth.
        case expectedList
        /// More lists within each other than `ArrayReader.maximumDepth`.
        case tooDeep
        /// The sink did not give the memory asked for.
        case refused
    }

    var kind: Kind
    /// Bytes from the start of the text.
    var offset: Int
    /// The index of the offending value at each level of lists.
    var path: [Int]

    /// The path as a JSON Pointer (RFC 6901), relative to the array.
    var pointer: String { path.map { "/\($0)" }.joined() }
}
