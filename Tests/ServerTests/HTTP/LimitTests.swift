import Testing

@testable import Server

struct LimitTests {
    private static let limits: Limits = {
        var limits = Limits()
        limits.target = 100
        limits.head = 300
        limits.fields = 5
        limits.body = 20
        limits.chunkLine = 40
        limits.chunkExtensions = 60
        return limits
    }()

    private static func get(_ target: Int) -> String {
        "GET /" + String(repeating: "a", count: target - 1) + " HTTP/1.1\r\nHost: x\r\n\r\n"
    }
    private static func head(_ size: Int) -> String {
        let start = "GET / HTTP/1.1\r\nHost: x\r\nX: "
        return start + String(repeating: "a", count: size - start.utf8.count - 4) + "\r\n\r\n"
    }
    private static func fields(_ count: Int, before end: String = "\r\n") -> String {
        (0..<count).map { "X\($0): y\r\n" }.joined() + end
    }
    private static func chunked(_ body: String) -> String {
        "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    }

    static let cases: [ParserCase] = [
        .ok(get(100), "GET /" + String(repeating: "a", count: 99) + " "),
        .no(414, get(101)),
        .no(414, get(500)),
        .no(414, "GET /" + String(repeating: "a", count: 200)),
        .no(501, String(repeating: "A", count: 200)),
        .ok(head(300), "GET / "),
        .no(431, head(301)),
        .no(431, head(2000)),
        .no(431, "GET / HTTP/1.1\r\nHost: x\r\nX: " + String(repeating: "a", count: 400)),
        .ok("GET / HTTP/1.1\r\nHost: x\r\n" + fields(4), "GET / "),
        .no(431, "GET / HTTP/1.1\r\nHost: x\r\n" + fields(5)),
        .ok("PUT / HTTP/1.0\r\nContent-Length: 20\r\n\r\n0123456789abcdefghij", "PUT / 0123456789abcdefghij"),
        .no(413, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 21\r\n\r\n"),
        .ok(chunked("14\r\n01234567890123456789\r\n0\r\n\r\n"), "PUT / 01234567890123456789"),
        .no(413, chunked("15\r\n")),
        .no(413, chunked("a\r\n0123456789\r\nb\r\n")),
        .ok(chunked("1;" + String(repeating: "a", count: 36) + "\r\nx\r\n0\r\n\r\n"), "PUT / x"),
        .no(400, chunked("1;" + String(repeating: "a", count: 37) + "\r\nx\r\n0\r\n\r\n")),
        .no(400, chunked("1;" + String(repeating: "a", count: 100))),
        .no(400, chunked(String(repeating: "1;aaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n", count: 3))),
        .ok(chunked("0\r\n" + fields(5)), "PUT / "),
        .no(431, chunked("0\r\n" + fields(6))),
        .no(431, chunked("0\r\nX: " + String(repeating: "a", count: 400))),
    ]

    @Test("A limit holds to the byte, however the request is cut", arguments: cases, Cut.allCases)
    func limit(_ example: ParserCase, cut: Cut) { check(example, cut, limits: Self.limits) }

    @Test("A body in tiny chunks takes no more room than its bytes, and a large buffer is given back")
    func room() throws {
        var input = InputBuffer()
        var parser = RequestParser(limits: Limits())
        input.append(Self.chunked("").utf8)
        for _ in 0..<50_000 {
            input.append("0001\r\nx\r\n".utf8)
            _ = try parser.advance(in: &input)
        }
        let (count, capacity) = (input.count, input.capacity)
        #expect(count < 51_000 && capacity <= 64 * 1024)
    }

    @Test("A buffer grows with what arrived, not with what is announced, and shrinks when its message is used up")
    func growth() {
        var input = InputBuffer()
        let first = input.room(forMessageOf: 100_000_000).count
        #expect(first <= InputBuffer.initialCapacity)
        while input.count < 100_000_000 { input.received(input.room(forMessageOf: 100_000_000).count) }
        let (count, grown) = (input.count, input.capacity)
        #expect(count == 100_000_000 && grown == 100_000_000)
        input.consume(count)
        let shrunk = input.capacity
        #expect(shrunk == InputBuffer.initialCapacity)
    }
}
