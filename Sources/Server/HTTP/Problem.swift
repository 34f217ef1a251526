import HTTPTypes

/// An error as the client sees it: a problem document (RFC 9457), `application/problem+json`.
///
/// `detail` says what was expected, what came and what to do.
struct Problem: Error, Equatable {
    /// The problem's type, a URI reference under `/problems/`.
    var type: String
    /// What all problems of this type have in common.
    var title: String
    var status: HTTPResponse.Status
    var detail: String
    /// The place in the request's body, a JSON pointer (RFC 6901).
    var pointer: String?
    /// The op that refused.
    var op: String?
    /// The argument that was refused.
    var argument: String?
    var expected: String?
    var actual: String?
    /// The place in a text, counted from 1; columns are bytes.
    var line: Int?
    var column: Int?
    /// The value of `Allow`, which a 405 must have (RFC 9110, 15.5.6); a header field, not a member.
    var allow: String?
    /// The value of `WWW-Authenticate`, which a 401 must have (RFC 9110, 15.5.2); a header field, not a member.
    var challenge: String?
    /// Seconds until a retry makes sense; the header field `Retry-After`, not a member.
    var retryAfter: Int?

    init(_ type: String, _ title: String, _ status: HTTPResponse.Status, _ detail: String) {
        self.type = type
        self.title = title
        self.status = status
        self.detail = detail
    }

    /// Replaces whatever was written of `response` by this problem, and ends it.
    func write(to response: inout ResponseWriter) {
        response.restart()
        response.begin(status, contentType: "application/problem+json")
        if let allow { response.header("Allow", allow) }
        if let challenge { response.header("WWW-Authenticate", challenge) }
        if let retryAfter { response.header("Retry-After", String(retryAfter)) }
        // RFC 9110, 15.5.16: says which codings would have been taken.
        if status == .unsupportedMediaType { response.header("Accept-Encoding", "identity") }
        response.beginBody()
        write(json: &response.body)
        response.end()
    }

    /// Appends the document, one line of JSON.
    func write(json out: inout OutputBuffer) {
        out.append("{\"type\":")
        out.append(jsonString: type)
        out.append(",\"title\":")
        out.append(jsonString: title)
        out.append(",\"status\":")
        out.append(decimal: status.code)
        out.append(",\"detail\":")
        out.append(jsonString: detail)
        func member(_ name: StaticString, _ value: String?) {
            guard let value else { return }
            out.append(name)
            out.append(jsonString: value)
        }
        func member(_ name: StaticString, _ value: Int?) {
            guard let value else { return }
            out.append(name)
            out.append(decimal: value)
        }
        member(",\"pointer\":", pointer)
        member(",\"op\":", op)
        member(",\"argument\":", argument)
        member(",\"expected\":", expected)
        member(",\"actual\":", actual)
        member(",\"line\":", line)
        member(",\"column\":", column)
        out.append("}\n")
    }
}

/// A request refused before any handler saw it.
struct Rejection: Error, Equatable {
    var problem: Problem
    /// Whether the place where the next request starts is no longer known.
    var closes = true

    init(_ problem: Problem, closes: Bool = true) {
        self.problem = problem
        self.closes = closes
    }
}

extension OutputBuffer {
    /// Appends `text` as a JSON string (RFC 8259, 7), its non-ASCII characters unescaped.
    mutating func append(jsonString text: String) {
        var text = text
        append(UInt8(ascii: "\""))
        text.withUTF8 { bytes in
            var plain = 0
            for at in 0..<bytes.count {
                let byte = bytes[at]
                guard byte < 0x20 || byte == 0x22 || byte == 0x5C else { continue }
                append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[plain..<at]))
                plain = at + 1
                switch byte {
                case 0x22: append("\\\"")
                case 0x5C: append("\\\\")
                case 0x0A: append("\\n")
                case 0x0D: append("\\r")
                case 0x09: append("\\t")
                default:
                    append("\\u00")
                    append(byte < 16 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
                    append((byte & 15) < 10 ? 0x30 + (byte & 15) : 0x57 + (byte & 15))
                }
            }
            append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[plain...]))
        }
        append(UInt8(ascii: "\""))
    }
}
