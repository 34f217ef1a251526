import Engine

/// A value within JSON text: where it stands. Decoding it by the type that is asked for is all that is ever done.
struct JSONValue {
    let text: JSONText
    let range: Range<Int>

    /// The one value of a body.
    init(_ text: JSONText) throws(JSONError) {
        let start = text.skipWhiteSpace(0)
        let end = try text.skipValue(start)
        let rest = text.skipWhiteSpace(end)
        guard rest == text.count else { throw .syntax("the end of the body", at: rest) }
        (self.text, range) = (text, start..<end)
    }

    private init(_ text: JSONText, _ range: Range<Int>) { (self.text, self.range) = (text, range) }

    var offset: Int { range.lowerBound }
    private var first: UInt8 { text[range.lowerBound] }

    var isNull: Bool { matches("null") }
    var isString: Bool { first == UInt8(ascii: "\"") }
    var isObject: Bool { first == UInt8(ascii: "{") }
    var isList: Bool { first == UInt8(ascii: "[") }
    var isNumber: Bool { first == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) }
    var isBool: Bool { matches("true") || matches("false") }

    /// Whether it is `true` or `false`, or a list whose first element is, however deep that stands.
    var beginsWithBool: Bool {
        var p = offset
        while text[p] == UInt8(ascii: "[") { p = text.skipWhiteSpace(p + 1) }
        return text[p] == UInt8(ascii: "t") || text[p] == UInt8(ascii: "f")
    }

    private func matches(_ word: StaticString) -> Bool {
        text.slice(range).elementsEqual(UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    /// What the value is, for an error.
    private var kind: String { text.kind(at: offset) }

    func typeError(_ expected: String) -> JSONError {
        // A word that is no JSON is told as such.
        guard isNull || isBool || isString || isObject || isList || isNumber else {
            return .syntax("a value", at: offset)
        }
        return JSONError(kind: .type(expected: expected, actual: kind), offset: offset)
    }

    // MARK: Simple values

    func string(_ expected: String = "a string") throws(JSONError) -> String {
        guard isString else { throw typeError(expected) }
        let inner = text.slice(range.lowerBound + 1..<range.upperBound - 1)
        if !inner.contains(UInt8(ascii: "\\")) {
            guard let string = String(validating: inner, as: UTF8.self) else {
                throw .syntax("valid UTF-8", at: offset)
            }
            return string
        }
        return try unescaped(inner)
    }

    private func unescaped(_ inner: UnsafeRawBufferPointer) throws(JSONError) -> String {
        var bytes: [UInt8] = []
        var p = 0
        func hex(_ at: Int) -> UInt32? {
            guard at + 4 <= inner.count else { return nil }
            var value: UInt32 = 0
            for byte in inner[at..<at + 4] {
                guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
                value = value << 4 | UInt32(digit)
            }
            return value
        }
        while p < inner.count {
            guard inner[p] == UInt8(ascii: "\\") else {
                bytes.append(inner[p])
                p += 1
                continue
            }
            let start = offset + 1 + p
            let escape = p + 1 < inner.count ? inner[p + 1] : 0
            p += 2
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(escape)
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "f"): bytes.append(0x0C)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "u"):
                guard var code = hex(p) else { throw .syntax("four hexadecimal digits", at: start) }
                p += 4
                if code & 0xFC00 == 0xD800, p + 1 < inner.count, inner[p] == UInt8(ascii: "\\"),
                    inner[p + 1] == UInt8(ascii: "u"), let low = hex(p + 2), low & 0xFC00 == 0xDC00
                {
                    code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
                    p += 6
                }
                guard let scalar = UnicodeScalar(code) else { throw .syntax("a whole pair of surrogates", at: start) }
                bytes.append(contentsOf: String(Character(scalar)).utf8)
            default: throw .syntax("an escape that JSON has", at: start)
            }
        }
        guard let string = String(validating: bytes, as: UTF8.self) else { throw .syntax("valid UTF-8", at: offset) }
        return string
    }

    func bool() throws(JSONError) -> Bool {
        if matches("true") { return true }
        if matches("false") { return false }
        throw typeError("true or false")
    }

    /// A plain number: an integer where it is written as one and 64 bits hold it.
    func scalar(_ expected: String = "a number") throws(JSONError) -> Scalar {
        guard isNumber, let base = text.buffer.baseAddress else { throw typeError(expected) }
        let (start, end) = (base + range.lowerBound, base + range.upperBound)
        let isInteger = !text.slice(range).contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
        var integer: Int64 = 0
        if isInteger, NumberReader.read(start, end, into: &integer).status == .ok,
            text[offset] != UInt8(ascii: "-") || integer != 0
        {
            try check(end: NumberReader.read(start, end, into: &integer))
            return .int(integer)
        }
        var real = 0.0
        try check(end: NumberReader.read(start, end, into: &real))
        return .real(real)
    }

    private func check(end: NumberEnd) throws(JSONError) {
        guard let base = text.buffer.baseAddress, end.status == .ok, end.next - base == range.upperBound else {
            throw .syntax("a number", at: offset)
        }
    }

    func integer(_ expected: String = "an integer") throws(JSONError) -> Int {
        guard case .int(let value) = try scalar(expected), let integer = Int(exactly: value) else {
            throw typeError(expected)
        }
        return integer
    }

    // MARK: Lists and objects

    /// The values of a list.
    func list(_ expected: String = "a list") throws(JSONError) -> [JSONValue] {
        guard isList else { throw typeError(expected) }
        var values: [JSONValue] = []
        try forEachItem(closing: UInt8(ascii: "]")) { (start: Int) throws(JSONError) -> Int in
            let end = try text.skipValue(start)
            values.append(JSONValue(text, start..<end))
            return end
        }
        return values
    }

    /// All strings of lists within each other.
    var strings: [String] {
        if isString { return (try? string()).map { [$0] } ?? [] }
        return ((try? list()) ?? []).flatMap(\.strings)
    }

    /// The members of an object, in order. (A key that comes twice is refused by `JSONObject`.)
    func members(_ expected: String = "an object") throws(JSONError) -> [(key: JSONValue, value: JSONValue)] {
        guard isObject else { throw typeError(expected) }
        var members: [(key: JSONValue, value: JSONValue)] = []
        try forEachItem(closing: UInt8(ascii: "}")) { (start: Int) throws(JSONError) -> Int in
            guard text[start] == UInt8(ascii: "\"") else { throw .syntax("a key in quotes", at: start) }
            let key = JSONValue(text, start..<(try text.skipString(start)))
            let colon = text.skipWhiteSpace(key.range.upperBound)
            guard text[colon] == UInt8(ascii: ":") else { throw .syntax("a colon", at: colon) }
            let valueStart = text.skipWhiteSpace(colon + 1)
            let end = try text.skipValue(valueStart)
            members.append((key, JSONValue(text, valueStart..<end)))
            return end
        }
        return members
    }

    /// Calls `item` at the start of each item, which returns its end.
    private func forEachItem(closing: UInt8, _ item: (Int) throws(JSONError) -> Int) throws(JSONError) {
        var p = text.skipWhiteSpace(range.lowerBound + 1)
        if text[p] == closing { return try finish(p) }
        while true {
            p = text.skipWhiteSpace(try item(p))
            if text[p] == closing { return try finish(p) }
            guard text[p] == UInt8(ascii: ",") else {
                throw .syntax(closing == UInt8(ascii: "]") ? "a comma or ]" : "a comma or }", at: p)
            }
            p = text.skipWhiteSpace(p + 1)
        }
    }

    /// The bracket that closes must be the one that the skip found.
    private func finish(_ p: Int) throws(JSONError) {
        guard p + 1 == range.upperBound else { throw .syntax("brackets that match", at: p) }
    }

    /// As an argument of an op. Recursion is bounded by the depth that the skip allows.
    func argument() throws(JSONError) -> Argument {
        if isString { return .string(try string()) }
        if isNull { return .null }
        if isList {
            var items: [Argument] = []
            for item in try list() { items.append(try item.argument()) }
            return .list(items)
        }
        if isNumber {
            switch try scalar() {
            case .int(let value): return .int(value)
            case .real(let value): return .real(value)
            }
        }
        if isBool { return .bool(try bool()) }
        throw typeError("a value that an argument can be")
    }
}
