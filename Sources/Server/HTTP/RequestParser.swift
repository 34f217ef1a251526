#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Finds one request after another in what a connection has received (RFC 9112). It does no input or output and knows
/// no clock: it says that it needs more bytes, that a request is whole, or it throws a `Rejection`.
///
/// After `.request`, and after a rejection that does not close, the message takes up the first `messageCount` bytes
/// of the buffer; the caller drops them and calls `reset`. Names of fields are put in lower case, and chunks are put
/// together, in place; no byte is looked at twice, however the input is cut.
struct RequestParser: ~Copyable {
    enum Event { case needMore, request }

    private enum Phase {
        case requestLine, fields
        /// Waiting for a body that ends at this offset.
        case body(end: Int)
        case chunkLine
        /// Within a chunk, of which so many bytes are still to come.
        case chunk(left: Int)
        case chunkEnd, trailers
        case whole
    }

    let limits: Limits
    private var phase = Phase.requestLine
    // All offsets count from the first byte of the message.
    /// The first byte not yet taken in.
    private var cursor = 0
    /// Up to here there is no line feed behind `cursor`.
    private var scanned = 0
    private var emptyLines = 0
    private var bodyStart = 0
    private var bodyEnd = 0
    private var trailers = 0
    private var trailerBytes = 0
    private var extensionBytes = 0
    private var line = RequestLine()
    private var table = FieldTable()
    private(set) var framing = Framing()
    private var wantsContinue = false

    init(limits: Limits) { self.limits = limits }

    /// Whether the head is whole and the body is not.
    var isInBody: Bool {
        switch phase {
        case .requestLine, .fields, .whole: false
        default: true
        }
    }

    /// The method of the request in hand, as far as it is known.
    var method: Method? { line.method }

    /// Whether the request is known to be one whose response has no body.
    var isHead: Bool { line.method == .head }

    /// The version of the request in hand.
    var version: Version { line.version }

    /// The length of the message that was found whole.
    var messageCount: Int { cursor }

    /// The length of the message in hand if it is known, else 0.
    var neededCount: Int {
        if case .body(let end) = phase { end } else { 0 }
    }

    /// Whether a 100 is to be sent: true once for a request that asks for it and whose body has not begun to arrive.
    mutating func takeContinue() -> Bool {
        defer { wantsContinue = false }
        return wantsContinue
    }

    /// Makes ready for the message that starts at the buffer's first byte.
    mutating func reset() {
        phase = .requestLine
        cursor = 0
        scanned = 0
        emptyLines = 0
        bodyStart = 0
        bodyEnd = 0
        trailers = 0
        trailerBytes = 0
        extensionBytes = 0
        line = RequestLine()
        table.removeAll()
        framing = Framing()
        wantsContinue = false
    }

    /// The request that was found whole; valid as long as the buffer is not changed. Nil before that.
    func request(in input: borrowing InputBuffer) -> Request? {
        guard case .whole = phase, let method = line.method else { return nil }
        let message = UnsafeRawBufferPointer(input.bytes)
        return Request(
            line, method: method, fields: table.fields(in: message), body: bodyStart..<bodyEnd, in: message)
    }

    /// Takes in what has arrived since the last call.
    mutating func advance(in input: inout InputBuffer) throws(Rejection) -> Event {
        while true {
            let bytes = input.bytes
            switch phase {
            case .requestLine:
                guard try skipEmptyLines(in: &input) else { return .needMore }
                let bytes = input.bytes
                guard
                    let range = try nextLine(
                        in: bytes, limit: limits.target + Self.requestLineOverhead,
                        { limits in
                            let start = UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.requestLineOverhead))
                            return start.contains(Grammar.space)
                                ? .uriTooLong(limit: limits.target) : .unknownMethod(start)
                        })
                else { return .needMore }
                line = try RequestLine(range, in: UnsafeRawBufferPointer(bytes), limits: limits)
                phase = .fields
            case .fields:
                guard let range = try nextLine(in: bytes, limit: limits.head - cursor, Problem.headTooLarge) else {
                    return .needMore
                }
                if range.isEmpty {
                    try endHead(in: UnsafeRawBufferPointer(bytes))
                } else {
                    guard table.count < limits.fields else { throw Rejection(.tooManyFields(limits)) }
                    let field = try FieldLine(range, in: bytes)
                    table.append(name: field.name, value: field.value)
                }
            case .body(let end):
                guard bytes.count >= end else { return .needMore }
                cursor = end
                bodyEnd = end
                phase = .whole
            case .chunkLine, .chunk, .chunkEnd, .trailers:
                guard try advanceChunks(in: bytes) else {
                    closeGap(in: &input)
                    return .needMore
                }
            case .whole:
                return .request
            }
        }
    }

    /// The most that a request line adds to its target: a method, two spaces, a version and CRLF.
    private static let requestLineOverhead = 48

    /// Drops empty lines before a request line (RFC 9112, 2.2), and refuses at once what cannot be HTTP. False when
    /// more bytes are needed.
    private mutating func skipEmptyLines(in input: inout InputBuffer) throws(Rejection) -> Bool {
        while cursor == 0, let first = input.bytes.first {
            if Grammar.token.contains(first) { return true }
            guard first == Grammar.cr, emptyLines < limits.emptyLines else {
                throw Rejection(
                    .badRequest(
                        "A request must begin with a method; got \(Grammar.shown(UnsafeRawBufferPointer(input.bytes)))."
                    ))
            }
            guard input.count > 1 else { return false }
            guard input.bytes[1] == Grammar.lf else { throw Rejection(.bareLineEnd) }
            input.consume(2)
            scanned = 0
            emptyLines += 1
        }
        return !input.isEmpty
    }

    /// The next line without its CRLF, or nil when it has not arrived whole. A line that is longer than `limit` bytes,
    /// CRLF included, is refused with `tooLong`.
    private mutating func nextLine(
        in bytes: UnsafeMutableRawBufferPointer, limit: Int, _ tooLong: (Limits) -> Problem
    ) throws(Rejection) -> Range<Int>? {
        let upper = min(bytes.count, cursor + limit)
        guard scanned < upper, let base = bytes.baseAddress,
            let found = memchr(base + scanned, Int32(Grammar.lf), upper - scanned)
        else {
            guard bytes.count - cursor < limit else { throw Rejection(tooLong(limits)) }
            scanned = bytes.count
            return nil
        }
        let end = UnsafeRawPointer(found) - UnsafeRawPointer(base)
        guard end > cursor, bytes[end - 1] == Grammar.cr else { throw Rejection(.bareLineEnd) }
        let range = cursor..<end - 1
        cursor = end + 1
        scanned = cursor
        return range
    }

    /// Judges the whole head.
    private mutating func endHead(in bytes: UnsafeRawBufferPointer) throws(Rejection) {
        let fields = table.fields(in: bytes)
        try line.checkHost(fields)
        framing = try Framing.judge(line.version, fields, limits: limits)
        bodyStart = cursor
        bodyEnd = cursor
        switch framing.body {
        case .length(0): phase = .whole
        case .length(let length): phase = .body(end: cursor + length)
        case .chunked: phase = .chunkLine
        }
        if let refusal = refusal(fields, in: bytes) {
            // Without a body the next request's place is known, and the connection may live on; but what follows a CONNECT
            // may be meant for the tunnel.
            let isTunnel = Grammar.matches(UnsafeRawBufferPointer(rebasing: bytes[line.methodToken]), "connect")
            throw Rejection(refusal, closes: framing.body != .length(0) || isTunnel)
        }
        wantsContinue = framing.expectsContinue && framing.body != .length(0) && bytes.count == cursor
    }

    /// Why a well-framed request is refused before any handler sees it; nil when it is not.
    private func refusal(_ fields: Request.Fields, in bytes: UnsafeRawBufferPointer) -> Problem? {
        if line.method == nil {
            return .unknownMethod(UnsafeRawBufferPointer(rebasing: bytes[line.methodToken]))
        }
        // A body of two types is of neither (RFC 9110, 8.3).
        if fields.count(of: "content-type") > 1 { return .badRequest("Content-Type came twice; send it once.") }
        for (name, value) in fields {
            if line.version == .http11, Grammar.matches(name, "expect"), !Grammar.matches(value, "100-continue") {
                return .expectationFailed(actual: Grammar.shown(value))
            }
            if Grammar.matches(name, "content-encoding"), !value.isEmpty, !Grammar.matches(value, "identity") {
                return .contentEncoding(actual: Grammar.shown(value))
            }
        }
        return nil
    }
}

extension RequestParser {
    /// Takes in chunks and trailers (RFC 9112, 7.1) as far as they have arrived. False when more bytes are needed.
    private mutating func advanceChunks(in bytes: UnsafeMutableRawBufferPointer) throws(Rejection) -> Bool {
        switch phase {
        case .chunkLine:
            guard let range = try nextLine(in: bytes, limit: limits.chunkLine, Problem.chunkLineTooLong) else {
                return false
            }
            let chunk = try ChunkLine(UnsafeRawBufferPointer(rebasing: bytes[range]))
            extensionBytes += chunk.extensionCount
            guard extensionBytes <= limits.chunkExtensions else {
                throw Rejection(.badRequest("All chunk extensions together exceed \(limits.chunkExtensions) bytes."))
            }
            guard chunk.size <= limits.body - (bodyEnd - bodyStart) else {
                throw Rejection(.contentTooLarge(limit: limits.body, actual: "chunks that exceed it"))
            }
            phase = chunk.size == 0 ? .trailers : .chunk(left: chunk.size)
        case .chunk(let left):
            let count = min(left, bytes.count - cursor)
            guard count > 0, let base = bytes.baseAddress else { return false }
            if bodyEnd != cursor { memmove(base + bodyEnd, base + cursor, count) }
            bodyEnd += count
            cursor += count
            scanned = cursor
            phase = count == left ? .chunkEnd : .chunk(left: left - count)
        case .chunkEnd:
            let end = bytes[cursor...].prefix(2)
            guard end.elementsEqual([Grammar.cr, Grammar.lf].prefix(end.count)) else {
                throw Rejection(.badRequest("A chunk must end with CRLF after exactly the bytes its size announces."))
            }
            guard end.count == 2 else { return false }
            cursor += 2
            scanned = cursor
            phase = .chunkLine
        case .trailers:
            let before = cursor
            guard let range = try nextLine(in: bytes, limit: limits.head - trailerBytes, Problem.headTooLarge) else {
                return false
            }
            trailerBytes += cursor - before
            guard !range.isEmpty else {
                phase = .whole
                return true
            }
            // Trailers are held to the rules and dropped: nothing here may depend on them (RFC 9110, 6.5.1).
            trailers += 1
            guard trailers <= limits.fields else { throw Rejection(.tooManyFields(limits)) }
            let field = try FieldLine(range, in: bytes)
            try Framing.checkTrailer(UnsafeRawBufferPointer(rebasing: bytes[field.name]))
        case .requestLine, .fields, .body, .whole:
            break
        }
        return true
    }

    /// Moves what follows the decoded part of a body down to its end, so that many small chunks take no more room than
    /// their bytes.
    private mutating func closeGap(in input: inout InputBuffer) {
        let gap = cursor - bodyEnd
        input.remove(from: bodyEnd, to: cursor)
        cursor -= gap
        scanned -= gap
    }
}
