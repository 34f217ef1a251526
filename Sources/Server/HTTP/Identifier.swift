/// What a request is known by in logs: its own id, or that of the trace that it belongs to.
enum Identifier {
    /// Made up here: sixteen hexadecimal digits.
    case made(UInt64)
    /// As the client sent it: a view, valid as long as its request.
    case given(UnsafeRawBufferPointer)
    /// The same, kept for longer.
    case kept([UInt8])

    /// The identifier in a form that outlives its request.
    var owned: Identifier {
        if case .given(let bytes) = self { .kept(Array(bytes)) } else { self }
    }

    var text: String {
        var out = OutputBuffer()
        out.append(self)
        return String(decoding: out.unsent, as: UTF8.self)
    }

    /// What `X-Request-Id` says, where it came once and is 1 to 128 of `A-Z a-z 0-9 . _ -`; else nil: what anybody may
    /// send must not be able to look like anything else in a log.
    static func request(_ fields: Request.Fields) -> Identifier? {
        guard let value = fields["x-request-id"], (1...128).contains(value.count), plain.contains(all: value),
            fields.count(of: "x-request-id") == 1
        else { return nil }
        return .given(value)
    }

    private static let plain = Grammar.Set("-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    /// The trace id of `traceparent` (W3C Trace Context, 3.2); nil where there is none, or none that is valid.
    static func trace(_ fields: Request.Fields) -> Identifier? {
        guard let value = fields["traceparent"], fields.count(of: "traceparent") == 1, value.count >= 55 else {
            return nil
        }
        func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: value[range]) }
        let (version, trace, parent, flags) = (part(0..<2), part(3..<35), part(36..<52), part(53..<55))
        let dash = UInt8(ascii: "-")
        guard value[2] == dash, value[35] == dash, value[52] == dash,
            [version, trace, parent, flags].allSatisfy(lowerHex.contains(all:)),
            // Version 0 ends here; later ones may go on behind a dash.
            Grammar.matches(version, "00") ? value.count == 55 : value.count == 55 || value[55] == dash,
            !Grammar.matches(version, "ff"), !isZero(trace), !isZero(parent)
        else { return nil }
        return .given(trace)
    }

    private static let lowerHex = Grammar.Set("0123456789abcdef")

    private static func isZero(_ digits: UnsafeRawBufferPointer) -> Bool {
        digits.allSatisfy { $0 == UInt8(ascii: "0") }
    }
}

extension OutputBuffer {
    mutating func append(_ identifier: Identifier) {
        switch identifier {
        case .given(let bytes): append(bytes)
        case .kept(let bytes): bytes.withUnsafeBytes { append($0) }
        case .made(let number):
            let target: UnsafeMutablePointer<UInt8> = reserve(16)
            for place in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: number >> UInt64(60 - 4 * place)) & 15
                target[place] = digit + (digit < 10 ? 0x30 : 0x57)
            }
            advance(16)
        }
    }
}
