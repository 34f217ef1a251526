@testable import Server

/// What the parser made of some bytes.
enum Parsed: Equatable, CustomStringConvertible {
    case request(String)
    case rejected(Int, closes: Bool)
    case needMore

    var description: String {
        switch self {
        case .request(let text): "request \(text)"
        case .rejected(let status, let closes): "rejected \(status)\(closes ? ", closes" : "")"
        case .needMore: "need more"
        }
    }
}

/// How the bytes are given to the parser.
enum Cut: CaseIterable { case whole, byteByByte, withNextRequest, byteByByteWithNextRequest }

/// Text in the form `METHOD path[?query] body`, as tests compare it.
func summary(_ request: Request) -> String {
    func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }
    let query = request.query.map { "?" + text($0) } ?? ""
    return "\(request.method.token) \(text(request.path))\(query) \(text(request.body))"
}

/// Parses the first message of `text`; with a cut that appends another request, that one must parse as well.
func parse(_ text: String, _ cut: Cut = .whole, limits: Limits = Limits()) -> Parsed {
    var bytes = Array(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
    let next = Array("GET /next HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
    if cut == .withNextRequest || cut == .byteByByteWithNextRequest { bytes += next }
    var input = InputBuffer()
    var parser = RequestParser(limits: limits)
    let step = cut == .byteByByte || cut == .byteByByteWithNextRequest ? 1 : bytes.count
    var at = 0
    var first: Parsed?
    while at < bytes.count {
        let count = min(step, bytes.count - at)
        input.append(bytes[at..<at + count])
        at += count
        while true {
            do throws(Rejection) {
                guard case .request = try parser.advance(in: &input), let request = parser.request(in: input) else {
                    break
                }
                let parsed = Parsed.request(summary(request))
                input.consume(parser.messageCount)
                parser.reset()
                guard let first else {
                    first = parsed
                    if cut == .whole || cut == .byteByByte { return parsed }
                    continue
                }
                return parsed == .request("GET /next ") && input.isEmpty ? first : .needMore
            } catch {
                return first == nil ? .rejected(error.problem.status.code, closes: error.closes) : .needMore
            }
        }
    }
    return cut == .whole || cut == .byteByByte ? .needMore : first ?? .needMore
}
