import HTTPTypes

/// Writes one response straight into its connection's send buffer: `begin`, any number of `header`, `beginBody`, bytes
/// appended to `body`, `end`. Calls out of this order are defects of the caller, and make the reply a 500.
struct ResponseWriter: ~Copyable {
    private enum State { case idle, head, body, done }

    /// The send buffer. Append to it only between `beginBody` and `end`.
    var body = OutputBuffer()
    private var state = State.idle
    private var date = HTTPDate()
    /// The offset in the buffer at which this response starts.
    private var mark = 0
    /// The offset just behind the last digit of Content-Length; nil where the response has none.
    private var lengthEnd: Int?
    /// Where the fields start that this one response has.
    private var fieldsStart = 0
    private var bodyStart = 0
    private(set) var status = HTTPResponse.Status.ok
    private var omitsBody = false
    private var version = Version.http11
    /// Whether the connection is closed after this response; then it says so.
    private(set) var closes = false
    /// What of the body is to be written once what is written has been sent.
    private var later: StreamedBody?
    /// The bytes of the response that have been written.
    private(set) var byteCount = 0
    /// What the request is known by; the response tells it.
    private(set) var id: Identifier?
    /// Times the parts of the request, of which the response then tells.
    let stopwatch = Stopwatch()
    /// The offset in the buffer of the field that tells; nil where the response has none.
    private var timingStart: Int?
    /// What is kept in place of this response, where that is too long.
    var substitute: StoredResponse?
    /// The origin whose pages may read the response (the Fetch standard, 3.2.3).
    var readableBy: String?

    /// Makes ready for the response to one request.
    /// - Parameters:
    ///   - isHead: the request was HEAD: the body is counted, and left out.
    ///   - closes: the connection will be closed after the response.
    ///   - id: valid until the response is done.
    mutating func prepare(version: Version, isHead: Bool, closes: Bool, id: Identifier? = nil) {
        self.version = version
        self.id = id
        stopwatch.reset()
        omitsBody = isHead
        self.closes = closes
        readableBy = nil
        substitute = nil
        state = .idle
        mark = body.end
    }

    /// Starts the response with its status line and the fields every response has.
    ///
    /// 204 and 304 have neither Content-Length nor body (RFC 9110, 8.6 and 15.4.5); what is appended is left out.
    mutating func begin(_ status: HTTPResponse.Status, contentType: StaticString? = nil) {
        assert(state == .idle)
        self.status = status
        state = .head
        body.append("HTTP/1.1 ")
        body.append(decimal: status.code)
        body.append(Grammar.space)
        body.append(status.reasonPhrase)
        body.append("\r\nDate: ")
        date.append(to: &body)
        body.append("\r\nX-Content-Type-Options: nosniff\r\n")
        if status.code == 204 || status.code == 304 {
            lengthEnd = nil
        } else {
            body.append(ResponseWriter.contentLength)
            lengthEnd = body.end
            body.append("\r\n")
        }
        if let readableBy {
            header("Access-Control-Allow-Origin", readableBy)
            header("Vary", "Origin")
            header(
                "Access-Control-Expose-Headers",
                "ETag, Idempotency-Replayed, Location, Preference-Applied, Retry-After, Server-Timing, X-Request-Id")
        }
        if closes {
            body.append("Connection: close\r\n")
        } else if version == .http10 {
            body.append("Connection: keep-alive\r\n")
        }
        if let id {
            body.append("X-Request-Id: ")
            body.append(id)
            body.append("\r\n")
        }
        timingStart = stopwatch.isRunning ? body.end : nil
        if stopwatch.isRunning { body.append(Stopwatch.field) }
        fieldsStart = body.end
        if let contentType {
            body.append("Content-Type: ")
            body.append(contentType)
            body.append("\r\n")
        }
    }

    /// Adds a header field; `value` is UTF-8. Every control character in it becomes a space, so that no value can end
    /// its line (RFC 9110, 5.5).
    mutating func header(_ name: StaticString, _ value: String) {
        var value = value
        value.withUTF8 { header(name, UnsafeRawBufferPointer($0)) }
    }

    /// Adds a header field; every control character in `value` becomes a space.
    mutating func header(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        assert(state == .head)
        body.append(name)
        body.append(": ")
        for byte in value {
            body.append((byte < 0x20 && byte != Grammar.htab) || byte == 0x7F ? Grammar.space : byte)
        }
        body.append("\r\n")
    }

    /// The field is as wide as that which takes its place: spaces before a value count for nothing (RFC 9110, 5.5).
    private static let contentLength: StaticString = "Content-Length:            0"
    private static let chunked = "Transfer-Encoding:   chunked"

    /// Ends the head.
    /// - Parameter streams: whether long parts of the body may be written later, as the client takes them in.
    mutating func beginBody(streams: Bool = false) {
        assert(state == .head)
        body.append("\r\n")
        bodyStart = body.end
        // HTTP/1.0 knows no chunks.
        body.streams = streams && version == .http11
        state = .body
    }

    /// Ends the response, and says how long its body is.
    mutating func end() {
        if state == .head { beginBody() }
        assert(state == .body)
        stopwatch.stop()
        if let timingStart { stopwatch.write(to: &body, at: timingStart, isWhole: !body.hasStreamed) }
        if let lengthEnd {
            if body.hasStreamed {
                stream(lengthEnd)
            } else {
                body.patch(decimal: body.end - bodyStart, endingAt: lengthEnd)
            }
            if omitsBody { body.truncate(to: bodyStart) }
        } else {
            body.truncate(to: bodyStart)
        }
        byteCount = body.end - mark
        state = .done
    }

    private mutating func stream(_ lengthEnd: Int) {
        let streamed = StreamedBody(body.takeParts(from: bodyStart))
        if let count = streamed.byteCount {
            body.patch(decimal: count, endingAt: lengthEnd)
        } else {
            body.overwrite(at: lengthEnd - ResponseWriter.chunked.utf8.count, ResponseWriter.chunked)
        }
        if !omitsBody { later = streamed }
    }

    /// Whether more of the body is to be written once what is written has been sent.
    var hasMore: Bool { later != nil }

    /// Writes the next piece of the body; several where they are small.
    mutating func writeMore() {
        let start = body.end
        while later != nil, body.end - start < ResponseWriter.leastPiece {
            if later?.writePiece(to: &body) != true { later = nil }
        }
        byteCount += body.end - start
    }

    /// So many bytes are worth going to another thread for.
    private static let leastPiece = 1 << 16

    /// Throws away what was written of this response, so that another can be written instead.
    mutating func restart() {
        if state != .idle { body.truncate(to: mark) }
        later = nil
        substitute = nil
        stopwatch.reset()
        state = .idle
    }

    /// The whole response that has been written, to be kept.
    var stored: StoredResponse {
        if let substitute { return substitute }
        func bytes(_ range: Range<Int>) -> [UInt8] {
            Array(body.unsent[range.lowerBound - body.start..<range.upperBound - body.start])
        }
        return StoredResponse(
            status: status, fields: bytes(fieldsStart..<bodyStart - 2), body: bytes(bodyStart..<body.end))
    }

    /// Writes a response that was kept.
    mutating func replay(_ stored: StoredResponse) {
        begin(stored.status)
        stored.fields.withUnsafeBytes { body.append($0) }
        header("Idempotency-Replayed", "true")
        beginBody()
        stored.body.withUnsafeBytes { body.append($0) }
        end()
    }

    /// Whether a whole response has been written.
    var isDone: Bool { state == .done }

    /// Has the connection closed after this response. Has no effect on one that has begun.
    mutating func close() {
        if state == .idle { closes = true }
    }

    /// Appends an interim response (RFC 9110, 15.2.1).
    mutating func writeContinue() {
        body.append("HTTP/1.1 100 Continue\r\n\r\n")
        mark = body.end
    }

    /// The bytes of earlier responses that are still to be sent, in front of this one.
    var earlier: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: body.unsent.prefix(mark - body.start)) }

    /// Takes off the first `count` bytes of the buffer, which have been sent.
    mutating func sent(_ count: Int) {
        body.consume(count)
        if body.end == 0 { mark = 0 }
    }
}
