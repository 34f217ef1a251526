/// JSON text, read where it stands. Nothing is built of it: a value is a range of bytes that its reader decodes.
///
/// The bytes belong to the request, which outlives every value read from it; all accesses lie within `count`.
struct JSONText {
    private let bytes: UnsafeBufferPointer<UInt8>
    /// How deep lists and objects may stand within each other.
    let depthLimit: Int

    init(_ bytes: UnsafeRawBufferPointer, depthLimit: Int = Limits().depth) {
        self.bytes = bytes.assumingMemoryBound(to: UInt8.self)
        self.depthLimit = depthLimit
    }

    var count: Int { bytes.count }
    var buffer: UnsafeBufferPointer<UInt8> { bytes }

    /// The byte at an offset; 0 behind the end.
    @inline(__always)
    subscript(_ offset: Int) -> UInt8 { offset < bytes.count ? bytes[offset] : 0 }

    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[range]))
    }

    @inline(__always)
    func skipWhiteSpace(_ start: Int) -> Int {
        var p = start
        while p < bytes.count {
            let byte = bytes[p]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { break }
            p += 1
        }
        return p
    }

    /// The end of the value that starts at an offset. Within lists and objects only brackets and strings are looked
    /// at; whoever decodes them looks at the rest.
    func skipValue(_ start: Int, depth: Int = 0) throws(JSONError) -> Int {
        switch self[start] {
        case UInt8(ascii: "\""): return try skipString(start)
        case UInt8(ascii: "["), UInt8(ascii: "{"): return try skipContainer(start, depth: depth)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"):
            var p = start + 1
            while p < bytes.count, JSONText.isWord(bytes[p]) { p += 1 }
            return p
        default: throw .syntax("a value", at: start)
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// The offset behind the quote that ends the string which starts at an offset.
    func skipString(_ start: Int) throws(JSONError) -> Int {
        var p = start + 1
        while p < bytes.count {
            switch bytes[p] {
            case UInt8(ascii: "\""): return p + 1
            case UInt8(ascii: "\\"): p += 2
            case 0..<0x20: throw .syntax("an escape for a control character", at: p)
            default: p += 1
            }
        }
        throw .syntax("the end of the string", at: bytes.count)
    }

    private func skipContainer(_ start: Int, depth outer: Int) throws(JSONError) -> Int {
        var p = start
        var depth = 0
        while p < bytes.count {
            p = nextBracketOrQuote(p)
            guard p < bytes.count else { break }
            switch bytes[p] {
            case UInt8(ascii: "\""): p = try skipString(p)
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if outer + depth > depthLimit {
                    throw JSONError(kind: .tooDeep(limit: depthLimit), offset: p)
                }
                p += 1
            default:
                depth -= 1
                p += 1
                if depth == 0 { return p }
            }
        }
        throw .syntax("the end of the list or object", at: bytes.count)
    }

    /// The next of `"[]{}`, 64 bytes at a look: most of a large body is numbers.
    @inline(__always)
    private func nextBracketOrQuote(_ start: Int) -> Int {
        guard let base = bytes.baseAddress else { return start }
        var p = start
        // No branch within a block, so that its loop becomes a few vector instructions; p + 64 is within the text.
        while p + 64 <= bytes.count {
            let block = base + p
            var found: UInt8 = 0
            for i in 0..<64 { found |= JSONText.bracketOrQuote(block[i]) }
            if found != 0 { break }
            p += 64
        }
        while p < bytes.count, JSONText.bracketOrQuote(bytes[p]) == 0 { p += 1 }
        return p
    }

    /// 1 for one of them, else 0. [ and { differ in one bit only, as do ] and }.
    @inline(__always)
    private static func bracketOrQuote(_ byte: UInt8) -> UInt8 {
        (byte == 0x22 ? 1 : 0) | (byte | 0x20 == 0x7B ? 1 : 0) | (byte | 0x20 == 0x7D ? 1 : 0)
    }

    /// A comma between two items of a list of numbers, or of lists of them, about its middle. In a text that is no
    /// regular array it may be any comma.
    func middleComma(of range: Range<Int>) -> Int? {
        var depth = 0
        var p = range.lowerBound
        while self[p] == UInt8(ascii: "[") {
            depth += 1
            p = skipWhiteSpace(p + 1)
        }
        // Behind an item of the outermost list stand as many brackets as it has levels.
        var closed = 0
        p = (range.lowerBound + range.upperBound) / 2
        while p < range.upperBound {
            switch self[p] {
            case UInt8(ascii: ","):
                if closed == depth - 1 { return p }
                closed = 0
            case UInt8(ascii: "]"): closed += 1
            case 0x20, 0x0A, 0x0D, 0x09: break
            default: closed = 0
            }
            p += 1
        }
        return nil
    }

    /// Whether the first byte is one that JSON can begin with.
    var beginsAsJSON: Bool {
        switch self[skipWhiteSpace(0)] {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "-"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
            true
        default: false
        }
    }

    /// What value begins at an offset, for an error.
    func kind(at offset: Int) -> String {
        switch self[offset] {
        case UInt8(ascii: "\""): "a string"
        case UInt8(ascii: "{"): "an object"
        case UInt8(ascii: "["): "a list"
        case UInt8(ascii: "n"): "null"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): "a boolean"
        default: "a number"
        }
    }

    /// Line and column of an offset, from 1; columns count bytes.
    func position(_ offset: Int) -> (line: Int, column: Int) {
        var (line, start) = (1, 0)
        for (i, byte) in bytes.prefix(offset).enumerated() where byte == 0x0A { (line, start) = (line + 1, i + 1) }
        return (line, min(offset, bytes.count) - start + 1)
    }
}
