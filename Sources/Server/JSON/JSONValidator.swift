/// The strict reading of a whole text (RFC 8259). Only requests that fail take this way: it tells what is no JSON from
/// what is JSON of the wrong kind.
struct JSONValidator {
    private let text: JSONText
    private var p = 0

    private init(_ text: JSONText) { self.text = text }

    /// - Throws: `JSONError` at the first byte that cannot be.
    static func validate(_ text: JSONText) throws(JSONError) {
        var validator = JSONValidator(text)
        try validator.run()
    }

    private mutating func run() throws(JSONError) {
        if text[0] == 0xEF, text[1] == 0xBB, text[2] == 0xBF { throw .syntax("no byte order mark", at: 0) }
        /// Whether each open container is an object.
        var open: [Bool] = []
        while true {
            // A value is due.
            skipSpace()
            switch text[p] {
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                let isObject = text[p] == UInt8(ascii: "{")
                guard open.count < text.depthLimit else {
                    throw JSONError(kind: .tooDeep(limit: text.depthLimit), offset: p)
                }
                p += 1
                skipSpace()
                if text[p] == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    p += 1
                } else {
                    open.append(isObject)
                    if isObject { try key() }
                    continue
                }
            case UInt8(ascii: "\""): try string()
            case UInt8(ascii: "t"): try word("true")
            case UInt8(ascii: "f"): try word("false")
            case UInt8(ascii: "n"): try word("null")
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
            default: throw .syntax("a value", at: p)
            }
            // A value has ended.
            while true {
                skipSpace()
                guard let isObject = open.last else {
                    guard p == text.count else { throw .syntax("the end of the body", at: p) }
                    return
                }
                if text[p] == UInt8(ascii: ",") {
                    p += 1
                    if isObject {
                        skipSpace()
                        try key()
                    }
                    break
                }
                guard text[p] == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    throw .syntax(isObject ? "a comma or }" : "a comma or ]", at: p)
                }
                p += 1
                open.removeLast()
            }
        }
    }

    private mutating func skipSpace() { p = text.skipWhiteSpace(p) }

    private mutating func key() throws(JSONError) {
        guard text[p] == UInt8(ascii: "\"") else { throw .syntax("a key in quotes", at: p) }
        try string()
        skipSpace()
        guard text[p] == UInt8(ascii: ":") else { throw .syntax("a colon", at: p) }
        p += 1
    }

    private mutating func string() throws(JSONError) {
        let end = try text.skipString(p)
        // Decoding looks at escapes and UTF-8.
        do throws(JSONError) { _ = try JSONValue(JSONText(text.slice(p..<end))).string() } catch {
            throw JSONError(kind: error.kind, offset: p + error.offset)
        }
        p = end
    }

    private mutating func word(_ word: StaticString) throws(JSONError) {
        for i in 0..<word.utf8CodeUnitCount where text[p + i] != word.utf8Start[i] {
            throw .syntax("a value", at: p)
        }
        p += word.utf8CodeUnitCount
    }

    private mutating func number() throws(JSONError) {
        guard let base = text.buffer.baseAddress else { throw .syntax("a number", at: p) }
        var value = 0.0
        let end = NumberReader.read(base + p, base + text.count, into: &value)
        guard end.status == .ok else { throw .syntax("a number", at: end.next - base) }
        p = end.next - base
    }
}
