/// How a request is delimited, and whether its connection lives on after it (RFC 9112, 6 and 9.3).
struct Framing: Equatable {
    enum Body: Equatable {
        /// A body of so many bytes; 0 when there is none.
        case length(Int)
        case chunked
    }

    var body = Body.length(0)
    /// Whether the client wants the connection to stay open.
    var keepsAlive = false
    /// Whether the client waits for a 100 before it sends the body (RFC 9110, 10.1.1).
    var expectsContinue = false

    /// Judges every header field that says where a message ends. Whatever leaves room for doubt is refused, since two
    /// readers that disagree about it can be made to see different requests.
    ///
    /// Throws a rejection after which the connection must be closed.
    static func judge(_ version: Version, _ fields: Request.Fields, limits: Limits) throws(Rejection) -> Framing {
        var framing = Framing()
        var length: Int?
        var codings = TransferCodings()
        var closes = false
        var keeps = false

        for (name, value) in fields {
            switch name.count {
            case 10 where Grammar.matches(name, "connection"):
                try readConnection(value, closes: &closes, keeps: &keeps)
            case 14 where Grammar.matches(name, "content-length"):
                guard length == nil else { throw Rejection(.badRequest("Content-Length came twice; send it once.")) }
                length = try contentLength(value, limit: limits.body)
            case 17 where Grammar.matches(name, "transfer-encoding"):
                codings.append(value)
            case 6 where version == .http11 && Grammar.matches(name, "expect"):
                if Grammar.matches(value, "100-continue") { framing.expectsContinue = true }
            default:
                break
            }
        }

        if codings.count > 0 {
            guard version == .http11 else {
                throw Rejection(
                    .badRequest("Transfer-Encoding has no meaning in HTTP/1.0; send Content-Length, or use HTTP/1.1."))
            }
            guard length == nil else {
                throw Rejection(
                    .badRequest("Content-Length and Transfer-Encoding came in one request; send only one of them."))
            }
            try codings.check()
            framing.body = .chunked
        } else if let length {
            guard length <= limits.body else {
                throw Rejection(.contentTooLarge(limit: limits.body, actual: "\(length) bytes announced"))
            }
            framing.body = .length(length)
        }
        framing.keepsAlive = !closes && (version == .http11 || keeps)
        return framing
    }

    /// Refuses a trailer that would frame or route its message, had it come in the head (RFC 9110, 6.5.1).
    static func checkTrailer(_ name: UnsafeRawBufferPointer) throws(Rejection) {
        let barred: [StaticString] = ["content-length", "host", "transfer-encoding"]
        guard !barred.contains(where: { Grammar.matches(name, $0) }) else {
            throw Rejection(.badRequest("\(Grammar.shown(name)) must not come behind the body; send it in the head."))
        }
    }

    /// Reads one `Connection` field, a list of tokens (RFC 9110, 7.6.1).
    private static func readConnection(
        _ value: UnsafeRawBufferPointer, closes: inout Bool, keeps: inout Bool
    ) throws(Rejection) {
        for part in value.split(separator: 0x2C) {
            let option = Grammar.trimmed(UnsafeRawBufferPointer(rebasing: part))
            if Grammar.matches(option, "close") {
                closes = true
            } else if Grammar.matches(option, "keep-alive") {
                keeps = true
            } else if !option.isEmpty && !Grammar.isToken(option) {
                throw Rejection(.badRequest("Connection must be a list of tokens; got \(Grammar.shown(value))."))
            }
        }
    }

    /// The value of one `Content-Length` field: digits alone (RFC 9112, 6.3). A number too large to count is 413.
    private static func contentLength(_ value: UnsafeRawBufferPointer, limit: Int) throws(Rejection) -> Int {
        guard !value.isEmpty, value.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            throw Rejection(
                .badRequest("Content-Length must be one decimal number of bytes; got \(Grammar.shown(value))."))
        }
        var length = 0
        for digit in value {
            let (tens, over) = length.multipliedReportingOverflow(by: 10)
            let (sum, carried) = tens.addingReportingOverflow(Int(digit &- 0x30))
            guard !over, !carried else {
                throw Rejection(.contentTooLarge(limit: limit, actual: "Content-Length \(Grammar.shown(value))"))
            }
            length = sum
        }
        return length
    }
}

/// The `Transfer-Encoding` fields of a message, which are one list (RFC 9112, 6.1).
private struct TransferCodings {
    private(set) var count = 0
    private var chunkedCount = 0
    private var endsChunked = false

    mutating func append(_ value: UnsafeRawBufferPointer) {
        for part in value.split(separator: 0x2C, omittingEmptySubsequences: false) {
            endsChunked = Grammar.matches(Grammar.trimmed(UnsafeRawBufferPointer(rebasing: part)), "chunked")
            chunkedCount += endsChunked ? 1 : 0
            count += 1
        }
    }

    /// Throws unless the list is "chunked" alone. A body that does not end with its chunks has no end that can be known
    /// (RFC 9112, 6.3).
    func check() throws(Rejection) {
        guard endsChunked, chunkedCount == 1 else {
            throw Rejection(
                .badRequest("Transfer-Encoding must end with \"chunked\", which must come once; send it alone."))
        }
        guard count == 1 else {
            throw Rejection(.notImplemented("The only Transfer-Encoding understood is \"chunked\", alone."))
        }
    }
}
