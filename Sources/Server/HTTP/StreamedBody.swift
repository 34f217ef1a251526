/// A long part of a body, which is written piece by piece as its client takes it in, so that never more than a piece of
/// it is in memory.
protocol StreamedPart {
    /// How long it is, in elements, say.
    var count: Int { get }
    /// How long it may be to be written at once all the same.
    var whole: Int { get }
    /// How many of these are written at once.
    var piece: Int { get }
    /// The bytes of the whole part; nil where only writing it tells.
    var byteCount: Int? { get }
    /// Appends the bytes of some of it.
    func write(_ range: Range<Int>, to body: inout OutputBuffer)
}

/// What is still to come of a body: in chunks (RFC 9112, 7.1) where its length is not known.
struct StreamedBody {
    /// The bytes of the body; nil: it is chunked.
    let byteCount: Int?
    private var parts: [any StreamedPart]
    /// How much of the first part is written.
    private var done = 0

    init(_ parts: [any StreamedPart]) {
        byteCount = parts.reduce(0) { sum, part in
            guard let sum, let count = part.byteCount else { return nil }
            return sum + count
        }
        // The next is the last.
        self.parts = parts.reversed()
    }

    /// Appends the next piece.
    /// - Returns: whether there are more.
    mutating func writePiece(to body: inout OutputBuffer) -> Bool {
        guard let part = parts.last else { return false }
        let range = done..<min(done + part.piece, part.count)
        done = range.upperBound
        if done == part.count {
            parts.removeLast()
            done = 0
        }
        guard byteCount == nil else {
            part.write(range, to: &body)
            return !parts.isEmpty
        }
        body.append("00000000\r\n")
        let start = body.end
        part.write(range, to: &body)
        // A chunk of no bytes would be the last.
        if body.end == start { body.truncate(to: start - 10) } else { end(chunkFrom: start, in: &body) }
        if parts.isEmpty { body.append("0\r\n\r\n") }
        return !parts.isEmpty
    }

    private func end(chunkFrom start: Int, in body: inout OutputBuffer) {
        body.patch(hexadecimal: body.end - start, endingAt: start - 2)
        body.append("\r\n")
    }
}

/// Bytes that were written already.
struct WrittenPart: StreamedPart {
    let bytes: [UInt8]
    var count: Int { bytes.count }
    var whole: Int { count }
    var piece: Int { 1 << 20 }
    var byteCount: Int? { bytes.count }
    func write(_ range: Range<Int>, to body: inout OutputBuffer) {
        bytes.withUnsafeBytes { body.append(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}
