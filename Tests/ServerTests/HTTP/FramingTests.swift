import Testing

@testable import Server

/// Every way known to make two readers disagree about where a request ends.
struct FramingTests {
    private static func put(_ fields: String, _ body: String = "") -> String {
        "PUT / HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\r\n\(body)"
    }
    private static func chunked(_ body: String) -> String { put("Transfer-Encoding: chunked", body) }

    static let lengths: [ParserCase] = [
        .ok(put("Content-Length: 0"), "PUT / "),
        .ok(put("Content-Length: 00"), "PUT / "),
        .ok(put("Content-Length:\t 2 \t", "ab"), "PUT / ab"),
        .ok(put("Content_Length: 9\r\nContent-Length: 2", "ab"), "PUT / ab"),
        .ok(put("Content-Length: 5", "hello"), "PUT / hello"),
        .ok(put("content-length:5", "hello"), "PUT / hello"),
        .ok(put("Content-Length: 005", "hello"), "PUT / hello"),
        .ok(put("Content-Length: 2", "\r\n"), "PUT / \r\n"),
        .ok("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab", "GET / ab"),
        .ok("PUT / HTTP/1.0\r\nContent-Length: 2\r\n\r\nab", "PUT / ab"),
        .no(400, put("Content-Length: 2\r\nContent-Length: 2", "ab")),
        .no(400, put("Content-Length: 2\r\nContent-Length: 3", "abc")),
        .no(400, put("Content-Length: 3\r\nContent-Length: 2", "abc")),
        .no(400, put("Content-Length: 2, 2", "ab")),
        .no(400, put("Content-Length: 2,", "ab")),
        .no(400, put("Content-Length:", "ab")),
        .no(400, put("Content-Length: +2", "ab")),
        .no(400, put("Content-Length: -2", "ab")),
        .no(400, put("Content-Length: 2.0", "ab")),
        .no(400, put("Content-Length: 0x2", "ab")),
        .no(400, put("Content-Length: 0o2", "ab")),
        .no(400, put("Content-Length: 1_0", "ab")),
        .no(400, put("Content-Length: -0")),
        .no(400, put("Content-Length: 2\u{0}", "ab")),
        .no(400, put("Content-Length: \u{0B}2", "ab")),
        .no(400, put("Content-Length: 2 2", "ab")),
        .no(400, put("Content-Length: two", "ab")),
        .no(400, put("Content-Length: 1e1", "ab")),
        .no(400, put("Content-Length: \u{B2}", "ab")),
        .no(400, put("Content-Length : 2", "ab")),
        .no(400, put("Content-Length\t: 2", "ab")),
        .no(400, put("Content-Length\u{0B}: 2", "ab")),
        .no(400, put("Content-Length:\r\n 2", "ab")),
        .no(413, put("Content-Length: 268435457")),
        .no(413, put("Content-Length: 9223372036854775807")),
        .no(413, put("Content-Length: 99999999999999999999")),
    ]

    static let codings: [ParserCase] = [
        .ok(chunked("0\r\n\r\n"), "PUT / "),
        .ok(put("transfer-encoding: Chunked", "0\r\n\r\n"), "PUT / "),
        .ok(put("Transfer-Encoding:\tchunked ", "0\r\n\r\n"), "PUT / "),
        .ok(put("Transfer_Encoding: gzip\r\nContent-Length: 2", "ab"), "PUT / ab"),
        .no(400, put("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n")),
        .no(400, put("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
        .no(400, put("Content-Length: 5\r\nTransfer-Encoding: identity", "hello")),
        .no(400, "PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        .no(400, put("Transfer-Encoding: identity")),
        .no(501, put("Transfer-Encoding: gzip, chunked", "0\r\n\r\n")),
        .no(400, put("Transfer-Encoding: chunked, chunked", "0\r\n\r\n")),
        .no(400, put("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
        .no(400, put("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n")),
        .no(501, put("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
        .no(400, put("Transfer-Encoding: \"chunked\"", "0\r\n\r\n")),
        .no(400, put("Transfer-Encoding: xchunked", "0\r\n\r\n")),
        .no(400, put("Transfer-Encoding: chunked;q=1", "0\r\n\r\n")),
        .no(400, put("Transfer-Encoding:", "0\r\n\r\n")),
        .no(501, put("Transfer-Encoding: ,chunked", "0\r\n\r\n")),
        .no(400, put("Transfer-Encoding: gzip", "0\r\n\r\n")),
        .no(400, put("Transfer-Encoding: chunked, gzip", "0\r\n\r\n")),
        .no(400, put("Transfer-Encoding: chunked, gzip, chunked", "0\r\n\r\n")),
        .no(400, put("Transfer-Encoding: chunked,", "0\r\n\r\n")),
        .no(400, put("Transfer-Encoding: chunked chunked", "0\r\n\r\n")),
        .no(400, put("Transfer-Encoding: chunked\u{0}", "0\r\n\r\n")),
        .no(400, put("Transfer-Encoding : chunked", "0\r\n\r\n")),
        .no(400, put("Transfer-Encoding:\u{0B}chunked", "0\r\n\r\n")),
        .no(400, put("Transfer-Encoding\n: chunked", "0\r\n\r\n")),
        .no(400, put(" Transfer-Encoding: chunked", "0\r\n\r\n")),
        .no(400, put("X: y\r\n Transfer-Encoding: chunked", "0\r\n\r\n")),
        .no(400, put("Connection: close, \u{22}a", "")),
    ]

    static let chunks: [ParserCase] = [
        .ok(chunked("5\r\nhello\r\n0\r\n\r\n"), "PUT / hello"),
        .ok(chunked("1\r\nh\r\n4\r\nello\r\n0\r\n\r\n"), "PUT / hello"),
        .ok(chunked("A\r\n0123456789\r\n00\r\n\r\n"), "PUT / 0123456789"),
        .ok(chunked("000000000000002\r\n\r\n\r\n0\r\n\r\n"), "PUT / \r\n"),
        .ok(chunked("2;a\r\nab\r\n0;b=c\r\n\r\n"), "PUT / ab"),
        .ok(chunked("2 ; a = \"x;\\\"y\" ;b\r\nab\r\n0\r\n\r\n"), "PUT / ab"),
        .ok(chunked("2\r\nab\r\n0\r\nX: y\r\nContent-Type: z\r\n\r\n"), "PUT / ab"),
        .no(400, chunked("\r\n")),
        .no(400, chunked("g\r\n")),
        .no(400, chunked("0x5\r\nhello\r\n0\r\n\r\n")),
        .no(400, chunked("-5\r\nhello\r\n0\r\n\r\n")),
        .no(400, chunked("+5\r\nhello\r\n0\r\n\r\n")),
        .no(400, chunked("1_0\r\n0123456789abcdef\r\n0\r\n\r\n")),
        .no(400, chunked(" 5\r\nhello\r\n0\r\n\r\n")),
        .no(400, chunked("5 \r\nhello\r\n0\r\n\r\n")),
        .no(400, chunked("5\nhello\r\n0\r\n\r\n")),
        .no(400, chunked("5\r\nhello\n0\r\n\r\n")),
        .no(400, chunked("5\r\nhello0\r\n\r\n")),
        .no(400, chunked("4\r\nhello\r\n0\r\n\r\n")),
        .no(400, chunked("6\r\nhello\r\n0\r\n\r\n")),
        .no(400, chunked("5\rhello\r\n0\r\n\r\n")),
        .no(400, chunked("5;\r\nhello\r\n0\r\n\r\n")),
        .no(400, chunked("5;a=\r\nhello\r\n0\r\n\r\n")),
        .no(400, chunked("5;a[=b\r\nhello\r\n0\r\n\r\n")),
        .no(400, chunked("5;\u{0}a\r\nhello\r\n0\r\n\r\n")),
        .no(400, chunked("5;a\rb\r\nhello\r\n0\r\n\r\n")),
        .no(400, chunked("5;a b\r\nhello\r\n0\r\n\r\n")),
        .no(400, chunked("5;a \r\nhello\r\n0\r\n\r\n")),
        .no(400, chunked("5;a=\"b\r\nhello\r\n0\r\n\r\n")),
        .no(400, chunked("5;a=\"b\\\r\nhello\r\n0\r\n\r\n")),
        .no(400, chunked("5;a\nhello\r\n0\r\n\r\n")),
        .no(400, chunked("0000000000000002\r\nab\r\n0\r\n\r\n")),
        .no(400, chunked("FFFFFFFFFFFFFFFF5\r\nhello\r\n0\r\n\r\n")),
        .no(413, chunked("FFFFFFFFFFFFFFF\r\n")),
        .no(413, chunked("10000001\r\n")),
        .no(400, chunked("0\r\nContent-Length: 7\r\n\r\n")),
        .no(400, chunked("0\r\nX: y\r\ntransfer-Encoding: chunked\r\n\r\n")),
        .no(400, chunked("0\r\nHost: x\r\n\r\n")),
        .no(400, chunked("0\r\nX : y\r\n\r\n")),
        .no(400, chunked("0\r\n X: y\r\n\r\n")),
        .no(400, chunked("0\r\nX\r\n\r\n")),
        .no(400, chunked("0\n\r\n")),
        .no(400, chunked("0\r\n\n")),
        ParserCase(chunked("5\r\nhello\r\n0\r\n"), .needMore),
        ParserCase(chunked("5\r\nhel"), .needMore),
    ]

    @Test("Content-Length is one decimal number, or the connection closes", arguments: lengths, Cut.allCases)
    func length(_ example: ParserCase, cut: Cut) { check(example, cut) }

    @Test("Transfer-Encoding is chunked, alone and in HTTP/1.1", arguments: codings, Cut.allCases)
    func coding(_ example: ParserCase, cut: Cut) { check(example, cut) }

    @Test("Chunks are put together in place, and broken ones refused", arguments: chunks, Cut.allCases)
    func chunk(_ example: ParserCase, cut: Cut) { check(example, cut) }

    @Test(
        "A connection lives on as RFC 9112, 9.3 says",
        arguments: [
            ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
            ("HTTP/1.1", "Connection: x, CLOSE\r\n", false), ("HTTP/1.1", "Connection: keep-alive\r\n", true),
            ("HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n", false), ("HTTP/1.0", "", false),
            ("HTTP/1.0", "Connection: Keep-Alive\r\n", true), ("HTTP/1.0", "Connection: keep-alive, close\r\n", false),
        ])
    func persistence(version: String, fields: String, keeps: Bool) throws {
        var input = InputBuffer()
        input.append("GET / \(version)\r\nHost: x\r\n\(fields)\r\n".utf8)
        var parser = RequestParser(limits: Limits())
        let event = try parser.advance(in: &input)
        #expect(event == .request)
        let framing = parser.framing
        #expect(framing.keepsAlive == keeps)
    }
}
