import Testing

@testable import Server

struct ParserCase: CustomTestStringConvertible, Sendable {
    let text: String
    let expected: Parsed
    var testDescription: String { String(text.debugDescription.prefix(100)) }

    init(_ text: String, _ expected: Parsed) {
        self.text = text
        self.expected = expected
    }
}

extension ParserCase {
    /// A request that is understood: `METHOD path[?query] body`.
    static func ok(_ text: String, _ summary: String) -> Self { Self(text, .request(summary)) }
    /// A request that is refused, after which the connection is closed.
    static func no(_ status: Int, _ text: String) -> Self { Self(text, .rejected(status, closes: true)) }
    /// A request that is refused, after which the connection may live on.
    static func refused(_ status: Int, _ text: String) -> Self { Self(text, .rejected(status, closes: false)) }
}

private let host = "Host: x\r\n\r\n"

struct ParserTests {
    static let requestLines: [ParserCase] = [
        .ok("GET / HTTP/1.1\r\n" + host, "GET / "),
        .ok("GET /a/b%20c?x=1&y HTTP/1.1\r\n" + host, "GET /a/b%20c?x=1&y "),
        .ok("GET /? HTTP/1.1\r\n" + host, "GET /? "),
        .ok("GET /?a?b/c={[|]} HTTP/1.1\r\n" + host, "GET /?a?b/c={[|]} "),
        .ok("GET //x HTTP/1.1\r\n" + host, "GET //x "),
        .ok("HEAD /h HTTP/1.1\r\n" + host, "HEAD /h "),
        .ok("PUT /h HTTP/1.1\r\n" + host, "PUT /h "),
        .ok("DELETE /h HTTP/1.1\r\n" + host, "DELETE /h "),
        .ok("PATCH /h HTTP/1.1\r\n" + host, "PATCH /h "),
        .ok("OPTIONS * HTTP/1.1\r\n" + host, "OPTIONS * "),
        .ok("OPTIONS /a HTTP/1.1\r\n" + host, "OPTIONS /a "),
        .ok("GET http://example.org:80/p?q HTTP/1.1\r\n" + host, "GET /p?q "),
        .ok("GET HTTPS://[::1]:8080 HTTP/1.1\r\n" + host, "GET / "),
        .ok("GET http://example.org?q HTTP/1.1\r\n" + host, "GET /?q "),
        .ok("OPTIONS http://example.org HTTP/1.1\r\n" + host, "OPTIONS * "),
        .ok("GET / HTTP/1.0\r\n\r\n", "GET / "),
        .ok("GET / HTTP/1.2\r\n" + host, "GET / "),
        .ok("GET / HTTP/1.9\r\n" + host, "GET / "),
        .no(400, "GET / HTTP/1.2\r\n\r\n"),
        .ok("\r\n\r\nGET / HTTP/1.1\r\n" + host, "GET / "),
        .ok("\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" + host, "GET / "),
        .no(400, "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" + host),
        .no(400, "\nGET / HTTP/1.1\r\n" + host),
        .no(400, "\rGET / HTTP/1.1\r\n" + host),
        .no(400, " GET / HTTP/1.1\r\n" + host),
        .no(400, "GET  / HTTP/1.1\r\n" + host),
        .no(400, "GET /  HTTP/1.1\r\n" + host),
        .no(400, "GET / HTTP/1.1 \r\n" + host),
        .no(400, "GET\t/ HTTP/1.1\r\n" + host),
        .no(400, "GET / HTTP/1.1\n" + host),
        .no(400, "GET / HTTP/1.1\r\r\n" + host),
        .no(400, "GET /\u{0} HTTP/1.1\r\n" + host),
        .no(400, "GET /\u{7F} HTTP/1.1\r\n" + host),
        .no(400, "GET /é HTTP/1.1\r\n" + host),
        .no(400, "GET /a#b HTTP/1.1\r\n" + host),
        .no(400, "GET /a\"b HTTP/1.1\r\n" + host),
        .no(400, "GET /a\\b HTTP/1.1\r\n" + host),
        .no(400, "GET /%2 HTTP/1.1\r\n" + host),
        .no(400, "GET /%zz HTTP/1.1\r\n" + host),
        .no(400, "GET /?%4 HTTP/1.1\r\n" + host),
        .no(400, "GET * HTTP/1.1\r\n" + host),
        .no(400, "GET a/b HTTP/1.1\r\n" + host),
        .no(400, "GET example.org:80 HTTP/1.1\r\n" + host),
        .no(400, "GET ftp://example.org/ HTTP/1.1\r\n" + host),
        .no(400, "GET http:///p HTTP/1.1\r\n" + host),
        .no(400, "GET http://u@example.org/p HTTP/1.1\r\n" + host),
        .no(400, "GET /\r\n" + host),
        .no(400, "GET\r\n" + host),
        .no(400, "GET / http/1.1\r\n" + host),
        .no(400, "GET / HTTP/11\r\n" + host),
        .no(400, "GET / HTTP/1\r\n" + host),
        .no(400, "GET / HTTP/01.1\r\n" + host),
        .no(400, "GET / HTTP/1,1\r\n" + host),
        .no(400, "GET / HTTPS/1.1\r\n" + host),
        .no(400, "GET / HTTP/ 1.1\r\n" + host),
        .no(400, "GET / HTTP/1.1x\r\n" + host),
        .no(400, "G@T / HTTP/1.1\r\n" + host),
        .no(400, "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}"),
        .no(505, "GET / HTTP/2.0\r\n" + host),
        .no(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        .no(505, "GET / HTTP/0.9\r\n" + host),
        .refused(501, "get / HTTP/1.1\r\n" + host),
        .refused(501, "BREW / HTTP/1.1\r\n" + host),
        .refused(501, "TRACE / HTTP/1.1\r\n" + host),
        .no(501, "CONNECT example.org:443 HTTP/1.1\r\n" + host),
        .no(501, "BREW / HTTP/1.1\r\nContent-Length: 3\r\n" + host + "abc"),
        ParserCase("", .needMore),
        ParserCase("\r", .needMore),
        ParserCase("GET / HT", .needMore),
        ParserCase("GET / HTTP/1.1\r\nHost: x\r\n", .needMore),
        ParserCase("GET / HTTP/1.1\r\nHost: x\r\n\r", .needMore),
    ]

    static let fields: [ParserCase] = [
        .ok("GET / HTTP/1.1\r\nhOsT:\t x \t\r\n\r\n", "GET / "),
        .ok("GET / HTTP/1.1\r\nHost: x\r\nX:\r\n\r\n", "GET / "),
        .ok("GET / HTTP/1.1\r\nHost: x\r\nX: \u{E9}\r\n\r\n", "GET / "),
        .ok("GET / HTTP/1.1\r\nHost: 127.0.0.1:65535\r\n\r\n", "GET / "),
        .ok("GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n", "GET / "),
        .ok("GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\n\r\n", "GET / "),
        .ok("GET / HTTP/1.1\r\nHost: x\r\nContent-Encoding: identity\r\n\r\n", "GET / "),
        .ok("GET / HTTP/1.0\r\nExpect: anything\r\n\r\n", "GET / "),
        .no(400, "GET / HTTP/1.1\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"),
        .no(400, "GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\n \r\nHost: x\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: a,b\r\nHost: c\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n"),
        .no(400, "GET http://a/ HTTP/1.1\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost : x\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\n Host: x\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n\tb\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: x\r\n: a\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: x\r\nX\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: x\r\nX(: a\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: x\r\nX\u{0}: a\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: x\r\nX: a\u{0}b\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: x\r\nX: a\u{1}b\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: x\r\nX: a\u{7F}b\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: x\r\nX: a\nY: b\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\r\n\r\n"),
        .no(400, "GET / HTTP/1.1\r\nHost: x\r\n\n"),
        .refused(400, "GET / HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\nContent-Type: a/c\r\n\r\n"),
        .no(400, "PUT / HTTP/1.0\r\nContent-Type: a/b\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\nab"),
        .refused(417, "GET / HTTP/1.1\r\nHost: x\r\nExpect: magic\r\n\r\n"),
        .no(417, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue, magic\r\n\r\nab"),
        .no(415, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Encoding: gzip\r\n\r\nab"),
    ]

    @Test("A request line is read to the letter of RFC 9112, however it is cut", arguments: requestLines, Cut.allCases)
    func requestLine(_ example: ParserCase, cut: Cut) { check(example, cut) }

    @Test("Header fields are read to the letter of RFC 9110, however they are cut", arguments: fields, Cut.allCases)
    func field(_ example: ParserCase, cut: Cut) { check(example, cut) }

    @Test("Fields are found by name, in order, with their values trimmed")
    func lookup() throws {
        var input = InputBuffer()
        input.append("GET http://real:1/ HTTP/1.1\r\nHost: x\r\nX-A:  1 \r\nx-b: 2\r\nX-a: 3\r\n\r\n".utf8)
        var parser = RequestParser(limits: Limits())
        let event = try parser.advance(in: &input)
        #expect(event == .request)
        let found = parser.request(in: input)
        let request = try #require(found)
        func text(_ bytes: UnsafeRawBufferPointer?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
        #expect(text(request.fields["x-a"]) == "1")
        #expect(text(request.fields["x-b"]) == "2")
        #expect(text(request.fields["x-c"]) == nil)
        #expect(text(request.authority) == "real:1")
        var all: [String] = []
        request.fields.forEach("x-a") { all.append(String(decoding: $0, as: UTF8.self)) }
        #expect(all == ["1", "3"])
        #expect(request.fields.map { text($0.name) } == ["host", "x-a", "x-b", "x-a"])
    }

    @Test("A 100 is asked for once, and only while nothing of the body has arrived")
    func expectContinue() throws {
        let head = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        var input = InputBuffer()
        var parser = RequestParser(limits: Limits())
        input.append(head.utf8)
        _ = try parser.advance(in: &input)
        let asked = parser.takeContinue()
        let again = parser.takeContinue()
        #expect(asked && !again)

        var other = RequestParser(limits: Limits())
        input.append("a".utf8)
        _ = try other.advance(in: &input)
        let unasked = other.takeContinue()
        #expect(!unasked)
    }
}

/// Checks one example in one cut. What is incomplete has no next request.
func check(_ example: ParserCase, _ cut: Cut, limits: Limits = Limits()) {
    if example.expected == .needMore, cut == .withNextRequest || cut == .byteByByteWithNextRequest { return }
    #expect(parse(example.text, cut, limits: limits) == example.expected)
}
