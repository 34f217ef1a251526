import Engine

extension FormulaLexer {
    /// A number as Python writes it: `1`, `1.5`, `.5`, `1.`, `1e-3`. An integer beyond 64 bits is read as a double.
    mutating func number() throws(FormulaError) -> Scalar {
        let start = at
        skipDigits()
        let isWhole = peek() != UInt8(ascii: ".") && peek() | 0x20 != UInt8(ascii: "e")
        if isWhole, peek(start - at) == UInt8(ascii: "0"),
            bytes[start..<at].contains(where: { $0 != UInt8(ascii: "0") })
        {
            throw .syntax(
                "a number without a leading 0", at: place(start),
                actual: String(decoding: bytes[start..<at].prefix(32), as: UTF8.self))
        }
        var isInteger = true
        if peek() == UInt8(ascii: ".") {
            isInteger = false
            at += 1
            skipDigits()
        }
        if peek() | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            at += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { at += 1 }
            guard FormulaLexer.isDigit(peek()) else {
                throw .syntax("the digits of an exponent", at: place(at), actual: character())
            }
            skipDigits()
        }
        guard !FormulaLexer.isLetter(peek()) else {
            throw .syntax("an operator or the end of the number", at: place(at), actual: character())
        }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .int(value) }
        guard let value = Double(text) else { throw .syntax("a number", at: place(start), actual: text) }
        return .real(value)
    }

    private mutating func skipDigits() {
        while FormulaLexer.isDigit(peek()) { at += 1 }
    }

    /// A string in single or double quotes, with Python's escapes.
    mutating func string() throws(FormulaError) -> String {
        let quote = peek()
        at += 1
        var text: [UInt8] = []
        while true {
            guard at < bytes.count, peek() != UInt8(ascii: "\n"), peek() != UInt8(ascii: "\r") else {
                throw .syntax("a closing \(Character(UnicodeScalar(quote)))", at: place(at), actual: character())
            }
            let byte = peek()
            if byte == quote {
                at += 1
                return String(decoding: text, as: UTF8.self)
            }
            if byte == UInt8(ascii: "\\") {
                text.append(contentsOf: try escape())
            } else {
                text.append(byte)
                at += 1
            }
        }
    }

    private mutating func escape() throws(FormulaError) -> [UInt8] {
        let start = at
        at += 2
        switch peek(-1) {
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): return [peek(-1)]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "a"): return [0x07]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "v"): return [0x0B]
        case UInt8(ascii: "x"): return try scalar(digits: 2, from: start)
        case UInt8(ascii: "u"): return try scalar(digits: 4, from: start)
        case UInt8(ascii: "U"): return try scalar(digits: 8, from: start)
        default:
            at = start + 1
            throw .syntax(
                #"an escape: \\ \' \" \n \r \t \xhh \uhhhh"#, at: place(start), actual: "\\" + character())
        }
    }

    /// The character of a code in hexadecimal digits.
    private mutating func scalar(digits count: Int, from start: Int) throws(FormulaError) -> [UInt8] {
        var code: UInt32 = 0
        for _ in 0..<count {
            guard let digit = Character(UnicodeScalar(peek())).hexDigitValue else {
                throw .syntax("\(count) hexadecimal digits", at: place(at), actual: character())
            }
            code = code << 4 | UInt32(digit)
            at += 1
        }
        guard let scalar = UnicodeScalar(code) else {
            throw .syntax("the code of a character", at: place(start), actual: String(code, radix: 16))
        }
        return Array(String(Character(scalar)).utf8)
    }
}
