extension RequestLine {
    /// Reads `method SP target SP version` (RFC 9112, 3), the bytes `range` of `message`.
    init(_ range: Range<Int>, in message: UnsafeRawBufferPointer, limits: Limits) throws(Rejection) {
        let line = message[range]
        guard let methodEnd = line.firstIndex(of: Grammar.space),
            let targetEnd = line[(methodEnd + 1)...].firstIndex(of: Grammar.space)
        else { throw Self.malformed(line) }
        methodToken = range.lowerBound..<methodEnd
        let token = UnsafeRawBufferPointer(rebasing: message[methodToken])
        guard Grammar.isToken(token) else { throw Self.malformed(line) }
        method = Method(token)

        let target = methodEnd + 1..<targetEnd
        guard target.count <= limits.target else { throw Rejection(.uriTooLong(limit: limits.target)) }
        version = try Self.version(UnsafeRawBufferPointer(rebasing: line[(targetEnd + 1)...]))
        try readTarget(target, in: message)
    }

    private static func malformed(_ line: Slice<UnsafeRawBufferPointer>) -> Rejection {
        let shown = Grammar.shown(UnsafeRawBufferPointer(rebasing: line))
        return Rejection(
            .badRequest("The request line must be a method, a target and a version, a space between; got \(shown)."))
    }

    /// Reads `HTTP/1.1` or `HTTP/1.0`. A later minor version is read as 1.1 (RFC 9110, 2.5), another major one is 505, and
    /// what is no version is 400.
    private static func version(_ bytes: UnsafeRawBufferPointer) throws(Rejection) -> Version {
        func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
        guard bytes.count == 8, Grammar.matches(UnsafeRawBufferPointer(rebasing: bytes[..<5]), "http/"),
            bytes[0] == 0x48, bytes[1] == 0x54, bytes[2] == 0x54, bytes[3] == 0x50,
            isDigit(bytes[5]), bytes[6] == 0x2E, isDigit(bytes[7])
        else { throw Rejection(.badRequest("Expected a version such as HTTP/1.1; got \(Grammar.shown(bytes)).")) }
        switch (bytes[5], bytes[7]) {
        case (0x31, 0x30): return .http10
        case (0x31, _): return .http11
        default: throw Rejection(.httpVersion(actual: Grammar.shown(bytes)))
        }
    }

    /// Reads a target in origin-form, absolute-form or asterisk-form (RFC 9112, 3.2).
    private mutating func readTarget(_ range: Range<Int>, in message: UnsafeRawBufferPointer) throws(Rejection) {
        let target = UnsafeRawBufferPointer(rebasing: message[range])
        func refuse(_ expected: String) -> Rejection {
            Rejection(.badRequest("The request target must be \(expected); got \(Grammar.shown(target))."))
        }
        guard !target.isEmpty, target.allSatisfy({ $0 > Grammar.space && $0 < 0x7F }) else {
            throw refuse("visible ASCII, all else percent-encoded")
        }
        // A method that is not known may have a target of its own form; it will be answered with 501.
        guard let method else { return }

        var start = range.lowerBound
        if target[0] == 0x2A, target.count == 1 {
            guard method == .options else { throw refuse("a path, for every method but OPTIONS") }
            path = range
            return
        }
        if target[0] != 0x2F {
            let schemes: [StaticString] = ["http://", "https://"]
            guard
                let scheme = schemes.first(where: {
                    Grammar.matches(UnsafeRawBufferPointer(rebasing: target.prefix($0.utf8CodeUnitCount)), $0)
                })
            else { throw refuse("a path that starts with \"/\", or a whole http URI") }
            let from = range.lowerBound + scheme.utf8CodeUnitCount
            start = message[from..<range.upperBound].firstIndex { $0 == 0x2F || $0 == 0x3F } ?? range.upperBound
            guard Grammar.isAuthority(UnsafeRawBufferPointer(rebasing: message[from..<start])) else {
                throw refuse("a URI with a valid host")
            }
            authority = from..<start
        }
        let mark = message[start..<range.upperBound].firstIndex(of: 0x3F)
        path = start..<(mark ?? range.upperBound)
        if let mark { query = mark + 1..<range.upperBound }
        if path.isEmpty { impliedPath = method == .options && query == nil ? "*" : "/" }

        guard Grammar.path.contains(all: UnsafeRawBufferPointer(rebasing: message[path])),
            Grammar.query.contains(all: UnsafeRawBufferPointer(rebasing: message[query ?? 0..<0])),
            Grammar.hasWholeEscapes(UnsafeRawBufferPointer(rebasing: message[path])),
            Grammar.hasWholeEscapes(UnsafeRawBufferPointer(rebasing: message[query ?? 0..<0]))
        else { throw refuse("a path and query with all other characters percent-encoded") }
    }

    /// Exactly one valid `Host` in HTTP/1.1, at most one in HTTP/1.0 (RFC 9112, 3.2).
    func checkHost(_ fields: Request.Fields) throws(Rejection) {
        let count = fields.count(of: "host")
        guard count == 1 || (count == 0 && version == .http10) else {
            throw Rejection(.badRequest("HTTP/1.1 requires exactly one Host field; got \(count)."))
        }
        if let host = fields["host"], !Grammar.isAuthority(host) {
            throw Rejection(.badRequest("Host must be a host name or address and a port; got \(Grammar.shown(host))."))
        }
    }
}

/// Where the name and the value of one field line lie.
struct FieldLine {
    let name: Range<Int>
    let value: Range<Int>

    /// Reads `name ":" OWS value OWS` (RFC 9112, 5), the bytes `range` of `message`, and puts the name in lower case.
    init(_ range: Range<Int>, in message: UnsafeMutableRawBufferPointer) throws(Rejection) {
        var colon = range.lowerBound
        while colon < range.upperBound, Grammar.token.contains(message[colon]) {
            message[colon] = Grammar.lowercased(message[colon])
            colon += 1
        }
        guard colon > range.lowerBound, colon < range.upperBound, message[colon] == 0x3A else {
            let line = Grammar.shown(UnsafeRawBufferPointer(rebasing: message[range]))
            throw Rejection(
                .badRequest("A header field must be a name, directly followed by a colon, and a value; got \(line)."))
        }
        name = range.lowerBound..<colon
        var lower = colon + 1
        var upper = range.upperBound
        while lower < upper, message[lower] == Grammar.space || message[lower] == Grammar.htab { lower += 1 }
        while upper > lower, message[upper - 1] == Grammar.space || message[upper - 1] == Grammar.htab { upper -= 1 }
        value = lower..<upper
        guard Grammar.isFieldValue(UnsafeRawBufferPointer(rebasing: message[value])) else {
            let line = Grammar.shown(UnsafeRawBufferPointer(rebasing: message[range]))
            throw Rejection(.badRequest("A header field's value must have no control characters; got \(line)."))
        }
    }
}

/// The line that starts a chunk (RFC 9112, 7.1).
struct ChunkLine {
    /// The size of the chunk; 0 for the last.
    let size: Int
    /// How many bytes the extensions take up; they are held to the grammar and ignored.
    let extensionCount: Int

    /// Most digits of a size: more could overflow, and nobody needs them.
    private static let maxDigits = 15

    /// Reads `1*HEXDIG *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] )`.
    init(_ line: UnsafeRawBufferPointer) throws(Rejection) {
        var at = 0
        var size = 0
        while at < line.count, Grammar.hex.contains(line[at]) {
            let digit = line[at]
            size = size << 4 | Int(digit <= 0x39 ? digit & 15 : (digit & 15) + 9)
            at += 1
            guard at <= Self.maxDigits else { throw Self.malformed(line) }
        }
        guard at > 0 else { throw Self.malformed(line) }
        self.size = size
        extensionCount = line.count - at

        func skipSpace() { while at < line.count, line[at] == Grammar.space || line[at] == Grammar.htab { at += 1 } }
        func skipToken() -> Bool {
            let start = at
            while at < line.count, Grammar.token.contains(line[at]) { at += 1 }
            return at > start
        }
        func skipQuoted() -> Bool {
            at += 1
            while at < line.count {
                switch line[at] {
                case 0x22:
                    at += 1
                    return true
                case 0x5C: at += 1
                default: break
                }
                guard at < line.count, Grammar.isFieldValue(UnsafeRawBufferPointer(rebasing: line[at...at])) else {
                    return false
                }
                at += 1
            }
            return false
        }
        while at < line.count {
            skipSpace()
            guard at < line.count, line[at] == 0x3B else { throw Self.malformed(line) }
            at += 1
            skipSpace()
            guard skipToken() else { throw Self.malformed(line) }
            let end = at
            skipSpace()
            guard at < line.count, line[at] == 0x3D else {
                // The space may belong to the next extension; at the end of the line it is an error.
                at = end
                continue
            }
            at += 1
            skipSpace()
            guard at < line.count, line[at] == 0x22 ? skipQuoted() : skipToken() else { throw Self.malformed(line) }
        }
    }

    private static func malformed(_ line: UnsafeRawBufferPointer) -> Rejection {
        Rejection(
            .badRequest(
                "A chunk must start with its size in at most \(maxDigits) hexadecimal digits, and CRLF; got \(Grammar.shown(line))."
            ))
    }
}

extension Problem {
    /// A carriage return or line feed that stands alone.
    static let bareLineEnd = badRequest("Every line of a head or chunk must end with CRLF; got a CR or LF alone.")

    static func unknownMethod(_ token: UnsafeRawBufferPointer) -> Problem {
        notImplemented(
            "The methods understood are GET, HEAD, POST, PUT, DELETE, OPTIONS and PATCH; got \(Grammar.shown(token)).")
    }

    static func chunkLineTooLong(_ limits: Limits) -> Problem {
        badRequest("The line that starts a chunk must not exceed \(limits.chunkLine) bytes, its extensions included.")
    }

    static func headTooLarge(_ limits: Limits) -> Problem {
        headerFieldsTooLarge("a head of at most \(limits.head) bytes")
    }

    static func tooManyFields(_ limits: Limits) -> Problem {
        headerFieldsTooLarge("at most \(limits.fields) header fields")
    }
}
