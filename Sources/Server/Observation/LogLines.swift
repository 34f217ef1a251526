/// The form of a line in the log.
enum LogFormat: String, CaseIterable, Sendable { case text, json }

/// Lines of the log: time, level, message, fields.
///
/// Nothing in a line can look like another line, or another field: text is quoted unless it is plain, and every byte
/// outside printable ASCII is escaped, as in JSON.
struct LogLines: ~Copyable {
    let format: LogFormat
    private(set) var text = OutputBuffer()
    /// How many there are.
    private(set) var count = 0
    private var time = Timestamp()

    init(_ format: LogFormat) { self.format = format }

    /// Begins a line; `level` is a word of plain text.
    mutating func begin(_ level: String, _ message: String, at wall: Int64 = Clock.wall) {
        switch format {
        case .text:
            time.append(to: &text, wall)
            text.append(" ")
            text.append(level)
            text.append(" ")
            value(message)
        case .json:
            text.append("{\"time\":\"")
            time.append(to: &text, wall)
            text.append("\",\"level\":\"")
            text.append(level)
            text.append("\",\"message\":")
            value(message)
        }
    }

    mutating func field(_ name: String, _ text: String) {
        key(name)
        value(text)
    }

    mutating func field(_ name: String, _ number: Int) {
        key(name)
        text.append(decimal: number)
    }

    /// A time, in milliseconds to the microsecond.
    mutating func field(_ name: String, nanoseconds: Int64) {
        key(name)
        let micro = Int(nanoseconds / 1000)
        text.append(decimal: micro / 1000)
        text.append(".")
        text.append(padded: micro % 1000, width: 3)
    }

    /// An identifier, which is plain.
    mutating func field(_ name: String, _ identifier: Identifier) {
        key(name)
        if format == .json { text.append("\"") }
        text.append(identifier)
        if format == .json { text.append("\"") }
    }

    /// A plain word.
    mutating func field(_ name: String, word: StaticString) {
        key(name)
        if format == .json { text.append("\"") }
        text.append(word)
        if format == .json { text.append("\"") }
    }

    /// A field as it stands in a line, to be put into many.
    static func written(_ format: LogFormat, _ name: String, _ value: String) -> [UInt8] {
        var lines = LogLines(format)
        lines.field(name, value)
        return Array(lines.text.unsent)
    }

    mutating func append(written field: [UInt8]) { field.withUnsafeBytes { text.append($0) } }

    mutating func end() {
        text.append(format == .json ? "}\n" : "\n" as StaticString)
        count += 1
    }

    mutating func removeAll() {
        text.truncate(to: text.start)
        text.consume(0)
        count = 0
    }

    private mutating func key(_ name: String) {
        switch format {
        case .text:
            text.append(" ")
            text.append(name)
            text.append("=")
        case .json:
            text.append(",\"")
            text.append(name)
            text.append("\":")
        }
    }

    private mutating func value(_ string: String) {
        let isBare = format == .text && !string.isEmpty && string.utf8.allSatisfy(LogLines.plain.contains)
        if isBare { return text.append(string) }
        text.append("\"")
        text.append(escaped: string)
        text.append("\"")
    }

    private static let plain = Grammar.Set("-._:/{}0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
}

extension OutputBuffer {
    /// Appends `text` as what stands between the quotes of a JSON string, in printable ASCII.
    fileprivate mutating func append(escaped text: String) {
        for unit in text.utf16 {
            switch unit {
            case 0x22, 0x5C:
                append("\\")
                append(UInt8(truncatingIfNeeded: unit))
            case 0x20...0x7E: append(UInt8(truncatingIfNeeded: unit))
            default:
                append("\\u")
                let digits = String(unit, radix: 16)
                append(String(repeating: "0", count: 4 - digits.count) + digits)
            }
        }
    }

    /// Appends a number that is not negative with zeros in front.
    fileprivate mutating func append(padded number: Int, width: Int) {
        let target: UnsafeMutablePointer<UInt8> = reserve(width)
        var rest = number
        for place in stride(from: width - 1, through: 0, by: -1) {
            target[place] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
            rest /= 10
        }
        advance(width)
    }
}

/// A time of day in UTC, `2026-11-24T18:42:00.123Z` (RFC 3339), its seconds written anew once a second.
private struct Timestamp: ~Copyable {
    private var second = Int.min
    private var text = OutputBuffer()

    mutating func append(to out: inout OutputBuffer, _ wall: Int64) {
        let now = Int(wall / 1_000_000_000)
        if now != second {
            second = now
            write()
        }
        out.append(text.unsent)
        out.append(".")
        out.append(padded: Int(wall / 1_000_000 % 1000), width: 3)
        out.append("Z")
    }

    private mutating func write() {
        let (day, clock) = (second / 86_400, second % 86_400)
        let date = HTTPDate.civil(day)
        text.truncate(to: text.start)
        text.append(padded: date.year, width: 4)
        for (mark, number) in [
            ("-", date.month), ("-", date.day), ("T", clock / 3600), (":", clock / 60 % 60), (":", clock % 60),
        ] as [(StaticString, Int)] {
            text.append(mark)
            text.append(padded: number, width: 2)
        }
    }
}
