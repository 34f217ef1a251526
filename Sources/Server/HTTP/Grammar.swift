/// The character classes of RFC 9110 and RFC 3986 that request heads are made of, and comparisons that heed no case.
enum Grammar {
    static let htab: UInt8 = 0x09
    static let lf: UInt8 = 0x0A
    static let cr: UInt8 = 0x0D
    static let space: UInt8 = 0x20

    /// A set of ASCII characters as 128 bits, so that a look-up touches no memory.
    struct Set: Sendable {
        private var low: UInt64 = 0
        private var high: UInt64 = 0

        init(_ characters: StaticString) {
            for i in 0..<characters.utf8CodeUnitCount {
                let byte = characters.utf8Start[i]
                if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte & 63) }
            }
        }

        @inline(__always)
        func contains(_ byte: UInt8) -> Bool {
            let half = byte < 64 ? low : high
            return byte < 128 && (half >> UInt64(byte & 63)) & 1 == 1
        }

        /// Whether all of `bytes` are in the set.
        func contains(all bytes: UnsafeRawBufferPointer) -> Bool {
            for byte in bytes where !contains(byte) { return false }
            return true
        }
    }

    /// tchar (RFC 9110, 5.6.2).
    static let token = Set("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    /// pchar and "/" (RFC 3986, 3.3), and the characters "[", "]" and "|", which browsers leave as they are.
    static let path = Set("/!$%&'()*+,-.:;=@_~[]|0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    /// The characters of a query (RFC 3986, 3.4), and those that browsers leave as they are.
    static let query = Set(
        "/?!$%&'()*+,-.:;=@_~[]|{}\\^`0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    /// The characters of a registered name, an IPv4 address (RFC 3986, 3.2.2).
    static let name = Set("!$%&'()*+,-.;=_~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    /// The characters between the brackets of an IP literal.
    static let literal = Set("!$&'()*+,-.:;=_~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    static let hex = Set("0123456789ABCDEFabcdef")

    /// Whether `bytes` is one token.
    static func isToken(_ bytes: UnsafeRawBufferPointer) -> Bool { !bytes.isEmpty && token.contains(all: bytes) }

    /// Whether `bytes` may stand in a field value: visible characters, spaces, tabs and obs-text (RFC 9110, 5.5).
    static func isFieldValue(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // No early exit, so that the loop is vectorised.
        var bad: UInt8 = 0
        for byte in bytes {
            bad |= (byte < 0x20 ? 1 : 0) & (byte != htab ? 1 : 0)
            bad |= byte == 0x7F ? 1 : 0
        }
        return bad == 0
    }

    /// Whether every "%" in `bytes` is followed by two hexadecimal digits.
    static func hasWholeEscapes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var i = 0
        while i < bytes.count {
            if bytes[i] == 0x25 {
                guard i + 2 < bytes.count, hex.contains(bytes[i + 1]), hex.contains(bytes[i + 2]) else { return false }
                i += 2
            }
            i += 1
        }
        return true
    }

    /// Whether `bytes` is `uri-host [ ":" port ]` with a host that is not empty (RFC 9110, 7.2).
    static func isAuthority(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var port = bytes.count
        if bytes.first == 0x5B {
            guard let close = bytes.firstIndex(of: 0x5D), close > 1 else { return false }
            guard literal.contains(all: UnsafeRawBufferPointer(rebasing: bytes[1..<close])) else { return false }
            port = close + 1
        } else {
            port = bytes.firstIndex(of: 0x3A) ?? bytes.count
            let host = UnsafeRawBufferPointer(rebasing: bytes[..<port])
            guard !host.isEmpty, name.contains(all: host), hasWholeEscapes(host) else { return false }
        }
        guard port < bytes.count else { return true }
        let digits = bytes[(port + 1)...]
        return bytes[port] == 0x3A && digits.count <= 5 && digits.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }

    /// `bytes` without spaces and tabs at either end.
    static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var lower = 0
        var upper = bytes.count
        while lower < upper, bytes[lower] == space || bytes[lower] == htab { lower += 1 }
        while upper > lower, bytes[upper - 1] == space || bytes[upper - 1] == htab { upper -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[lower..<upper])
    }

    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

    /// Whether `bytes` equals `text`, which is in lower case, whatever the case of its ASCII letters.
    static func matches(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        for i in 0..<bytes.count where lowercased(bytes[i]) != text.utf8Start[i] { return false }
        return true
    }

    /// `bytes` as it may be shown in a message: cut after 48 bytes, and with everything unprintable escaped.
    static func shown(_ bytes: UnsafeRawBufferPointer) -> String {
        var text = "\""
        for byte in bytes.prefix(48) {
            switch byte {
            case 0x22, 0x5C: text += "\\" + String(UnicodeScalar(byte))
            case 0x20...0x7E: text += String(UnicodeScalar(byte))
            default: text += (byte < 16 ? "\\x0" : "\\x") + String(byte, radix: 16)
            }
        }
        return text + (bytes.count > 48 ? "…\"" : "\"")
    }
}
