import Engine

/// A word of a formula.
struct FormulaToken {
    enum Kind {
        case name(String)
        case number(Scalar)
        case string(String)
        case symbol(FormulaSymbol)
        case newLine
        case end
        /// What cannot be read; the last of the tokens.
        case invalid(FormulaError)
    }

    let kind: Kind
    let place: Formula.Place

    /// As an error tells it.
    var description: String {
        switch kind {
        case .name(let name): name
        case .number(.int(let value)): "\(value)"
        case .number(.real(let value)): "\(value)"
        case .string: "a string"
        case .symbol(let symbol): symbol.rawValue
        case .newLine: "a new line"
        case .end, .invalid: "the end of the formula"
        }
    }
}

/// Operators, brackets and marks.
enum FormulaSymbol: String, CaseIterable {
    case plus = "+"
    case minus = "-"
    case star = "*"
    case slash = "/"
    case doubleSlash = "//"
    case at = "@"
    case doubleStar = "**"
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessEqual = "<="
    case greater = ">"
    case greaterEqual = ">="
    case assign = "="
    case open = "("
    case close = ")"
    case openList = "["
    case closeList = "]"
    case comma = ","
    case colon = ":"
    case semicolon = ";"
    case ellipsis = "..."

    /// The longest first, so that `**` is not read as two signs.
    static let longestFirst = allCases.map { (symbol: $0, bytes: Array($0.rawValue.utf8)) }
        .sorted { $0.bytes.count > $1.bytes.count }
}

/// Cuts a formula into words. New lines within brackets count for nothing, nor do comments.
struct FormulaLexer {
    let bytes: [UInt8]
    var at = 0
    private var line = 1
    private var lineStart = 0
    /// How many brackets are open.
    private var depth = 0

    /// All words, of which the last is `end`, or `invalid` where reading stopped.
    static func tokens(_ text: String) -> [FormulaToken] {
        var lexer = FormulaLexer(bytes: Array(text.utf8))
        var tokens: [FormulaToken] = []
        while true {
            let token = lexer.next()
            tokens.append(token)
            switch token.kind {
            case .end, .invalid: return tokens
            default: continue
            }
        }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// The byte at a distance from here; 0 behind the end.
    func peek(_ distance: Int = 0) -> UInt8 { at + distance < bytes.count ? bytes[at + distance] : 0 }

    /// The place of a byte of this line.
    func place(_ offset: Int) -> Formula.Place { Formula.Place(line: line, column: offset - lineStart + 1) }

    private mutating func next() -> FormulaToken {
        let isNewLine = skipWhiteSpace()
        let start = place(at)
        guard at < bytes.count else { return FormulaToken(kind: .end, place: start) }
        if isNewLine {
            endLine()
            return FormulaToken(kind: .newLine, place: start)
        }
        do throws(FormulaError) {
            return FormulaToken(kind: try word(), place: start)
        } catch {
            return FormulaToken(kind: .invalid(error), place: error.place)
        }
    }

    /// - Returns: whether it stopped at the end of a line that ends a statement.
    private mutating func skipWhiteSpace() -> Bool {
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), 0x0C: at += 1
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if depth == 0 { return true }
                endLine()
            case UInt8(ascii: "#"):
                while at < bytes.count, bytes[at] != UInt8(ascii: "\n"), bytes[at] != UInt8(ascii: "\r") { at += 1 }
            default: return false
            }
        }
        return false
    }

    private mutating func endLine() {
        at += peek() == UInt8(ascii: "\r") && peek(1) == UInt8(ascii: "\n") ? 2 : 1
        (line, lineStart) = (line + 1, at)
    }

    private mutating func word() throws(FormulaError) -> FormulaToken.Kind {
        let byte = peek()
        if FormulaLexer.isLetter(byte) {
            let start = at
            while FormulaLexer.isLetter(peek()) || FormulaLexer.isDigit(peek()) { at += 1 }
            return .name(String(decoding: bytes[start..<at], as: UTF8.self))
        }
        if FormulaLexer.isDigit(byte) || (byte == UInt8(ascii: ".") && FormulaLexer.isDigit(peek(1))) {
            return .number(try number())
        }
        if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") { return .string(try string()) }
        for (symbol, text) in FormulaSymbol.longestFirst where bytes[at...].starts(with: text) {
            at += text.count
            switch symbol {
            case .open, .openList: depth += 1
            case .close, .closeList: depth = max(depth - 1, 0)
            default: break
            }
            return .symbol(symbol)
        }
        throw .syntax("a name, a number, a string, an operator or a bracket", at: place(at), actual: character())
    }

    /// The character that stands here.
    func character() -> String {
        guard at < bytes.count else { return "the end of the formula" }
        switch bytes[at] {
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return "a new line"
        case 0..<0x20, 0x7F: return "a control character"
        default: return String(decoding: bytes[at...].prefix(16), as: UTF8.self).first.map(String.init) ?? ""
        }
    }

    static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
