/// Where the elements of an array that is read go.
protocol ElementSink: ~Copyable {
    /// Returns memory of at least `bytes` bytes, aligned for any element, that starts with the first `keeping` bytes of
    /// what was returned before and stays valid until the next call; nil refuses.
    mutating func grow(toBytes bytes: Int, keeping: Int) -> UnsafeMutableRawPointer?
    /// The most elements that it takes: no more are asked for in advance.
    var limit: Int { get }
}

extension ElementSink where Self: ~Copyable {
    var limit: Int { .max }
}

/// What was read; the elements are in the sink, row after row.
struct ArrayText: Equatable {
    var shape: [Int]
    var count: Int
    /// The offset of the first byte after the array.
    var end: Int
}

/// Reads nested JSON lists of numbers or booleans, in one pass and without recursion.
///
/// A single value is an array of no dimensions; `[]` has the shape `[0]` and `[[],[]]` has `[2, 0]`. White space is
/// allowed where JSON allows it. For floating types "NaN", "Infinity" and "-Infinity" are read as well.
struct ArrayReader<Element: JSONElement, Sink: ElementSink & ~Copyable> {
    static var maximumDepth: Int { 32 }

    /// Reads the array that starts at `offset`, after white space at most.
    static func read(
        _ text: UnsafeBufferPointer<UInt8>, from offset: Int = 0, as type: Element.Type, into sink: inout Sink
    ) throws(ArrayError) -> ArrayText {
        guard let base = text.baseAddress, offset >= 0, offset <= text.count else {
            throw ArrayError(kind: .unexpectedEnd, offset: 0, path: [])
        }
        // `text` outlives this call and nothing below reads outside of `base ..< base + text.count`.
        var reader = ArrayReader(base: base, p: base + offset, end: base + text.count)
        try reader.readAll(&sink)
        return ArrayText(shape: reader.shape, count: reader.count, end: reader.p - base)
    }

    /// Reads items of a list, with the commas between them, that end where the range ends: a part of an array whose
    /// brackets stand elsewhere. The shape's first length is how many items there are.
    static func readItems(
        _ text: UnsafeBufferPointer<UInt8>, in range: Range<Int>, as type: Element.Type, into sink: inout Sink
    ) throws(ArrayError) -> ArrayText {
        guard let base = text.baseAddress, range.lowerBound >= 0, range.upperBound <= text.count else {
            throw ArrayError(kind: .unexpectedEnd, offset: 0, path: [])
        }
        // Nothing is read outside of `range`, which lies in `text`.
        var reader = ArrayReader(base: base, p: base + range.lowerBound, end: base + range.upperBound)
        reader.isPart = true
        reader.shape = [-1]
        reader.indices = [0]
        try reader.readAll(&sink)
        return ArrayText(shape: reader.shape, count: reader.count, end: range.upperBound)
    }

    let powers = PowersOfTen.shared
    let base: UnsafePointer<UInt8>
    var p: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>

    /// The lengths of the lists at each level, -1 until the first of them is complete.
    var shape: [Int] = []
    /// For each list that is open, how many of its values are complete.
    var indices: [Int] = []
    /// The depth of the elements, once one was read, or one list was empty.
    var rank = -1

    var elements: UnsafeMutablePointer<Element>?
    var count = 0
    var capacity = 0
    /// Whether the outermost list is closed by the end of the text.
    var isPart = false

    init(base: UnsafePointer<UInt8>, p: UnsafePointer<UInt8>, end: UnsafePointer<UInt8>) {
        self.base = base
        self.p = p
        self.end = end
    }

    mutating func readAll(_ sink: inout Sink) throws(ArrayError) {
        repeat {
            // A value is due.
            skipWhiteSpace()
            guard p < end else { throw error(.unexpectedEnd) }
            if p.pointee == UInt8(ascii: "[") {
                try openList()
                skipWhiteSpace()
                guard p < end else { throw error(.unexpectedEnd) }
                guard p.pointee == UInt8(ascii: "]") else { continue }
                if rank < 0 { rank = indices.count }
            } else if indices.isEmpty {
                try readScalar(&sink)
                return
            } else {
                try readRow(&sink)
            }
            try closeLists()
        } while !indices.isEmpty
    }

    mutating func openList() throws(ArrayError) {
        let depth = indices.count
        if depth == rank { throw error(.unexpectedList) }
        if depth == Self.maximumDepth { throw error(.tooDeep) }
        try checkLength()
        if depth == shape.count { shape.append(-1) }
        indices.append(0)
        p += 1
    }

    /// Refuses a value that the list it is in is too short for.
    func checkLength() throws(ArrayError) {
        guard let index = indices.last else { return }
        let length = shape[indices.count &- 1]
        if index == length { throw error(.raggedLength(expected: length, found: nil)) }
    }

    /// Closes the list whose "]" is next, and those around it that end with it; stops where a value is due.
    mutating func closeLists() throws(ArrayError) {
        while let length = indices.last {
            skipWhiteSpace()
            let level = indices.count &- 1
            if isPart, level == 0, p == end {
                shape[0] = length
                indices.removeLast()
                return
            }
            guard p < end else { throw error(.unexpectedEnd) }
            if p.pointee == UInt8(ascii: ",") {
                p += 1
                return
            }
            guard p.pointee == UInt8(ascii: "]") else { throw error(.invalidJSON) }
            if shape[level] < 0 {
                shape[level] = length
            } else if shape[level] != length {
                let expected = shape[level]
                indices.removeLast()
                throw error(.raggedLength(expected: expected, found: length))
            }
            p += 1
            indices.removeLast()
            if level > 0 { indices[level &- 1] &+= 1 }
        }
    }
}
