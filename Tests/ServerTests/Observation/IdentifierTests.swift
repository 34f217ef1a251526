import Foundation
import TestSupport
import Testing

@testable import Server

extension OverHTTP {
    /// `X-Request-Id`, in and out.
    @Suite struct RequestIdTests {
        private func id(_ reply: Reply) -> String { reply.headers["x-request-id"] ?? "" }

        @Test("Every reply has an id, and no two that were made up are the same")
        func always() throws {
            let bench = try Bench()
            try bench.buildArticle()
            let tag = try bench.client.get(bench.graph).headers["etag"] ?? ""
            var replies = try [
                bench.client.get("/health"), bench.client.get("/nowhere"), bench.client.get("/metrics"),
                bench.client.send("PATCH", "/health"), bench.client.send("OPTIONS", "/health"),
                bench.client.send("HEAD", "/health"), bench.op("{"), bench.client.get("/v1/sessions/nobody"),
                bench.client.get(bench.graph, headers: ["If-None-Match: \(tag)"]),
                bench.client.delete("\(bench.graph)/variables/z"), bench.client.send("BREW", "/health"),
                bench.client.get("/health", headers: ["Host: example.org"]),
                bench.client.get("/v1/ops"),
            ]
            #expect(replies.map(\.status) == [200, 404, 200, 405, 204, 200, 400, 404, 304, 204, 501, 421, 200])
            for _ in 0..<50 {
                replies.append(try bench.client.get("/health"))
                replies.append(try #require(RunningService.current).client().get("/health"))
            }
            for reply in replies { #expect(id(reply).wholeMatch(of: #/[0-9a-f]{16}/#) != nil, "\(id(reply))") }
            #expect(Set(replies.map(id)).count == replies.count)
            // What is refused before it is a request.
            let raw = try Client(port: Int(#require(RunningService.current).port))
            raw.write("GET / HTTP/1.1\r\nX-Request-Id: mine\r\nbroken\r\n\r\n")
            let refused = try raw.read()
            #expect(refused.status == 400)
            #expect(refused.fields.count { $0.wholeMatch(of: #/X-Request-Id: [0-9a-f]{16}/#) != nil } == 1)
        }

        @Test(
            "An id that is plain comes back",
            arguments: [
                "a", "0", "A-b_c.9", "f47ac10b-58cc-4372-a567-0e02b2c3d479", String(repeating: "x", count: 128),
            ])
        func given(_ given: String) throws {
            let bench = try Bench()
            for (method, path) in [("GET", "/health"), ("GET", "/nowhere"), ("PUT", "\(bench.graph)/variables/x")] {
                let reply = try bench.client.send(
                    method, path, Data(#"{"data": 1}"#.utf8), headers: ["x-request-ID:   \(given)  "])
                #expect(id(reply) == given, "\(path)")
            }
        }

        @Test(
            "Any other is replaced",
            arguments: ["a b", "a/b", "é", "a\"", "<b>", "a,b", "a;b=c", String(repeating: "x", count: 129)])
        func replaced(_ given: String) throws {
            let client = try #require(RunningService.current).client()
            let reply = try client.get("/health", headers: ["X-Request-Id: \(given)"])
            #expect(reply.status == 200)
            #expect(id(reply).wholeMatch(of: #/[0-9a-f]{16}/#) != nil, "\(id(reply))")
        }

        @Test("One that is empty, or comes twice, is replaced")
        func twice() throws {
            let client = try #require(RunningService.current).client()
            for headers in [["X-Request-Id;"], ["X-Request-Id: a", "X-Request-Id: b"]] {
                let reply = try client.get("/health", headers: headers)
                #expect(id(reply).wholeMatch(of: #/[0-9a-f]{16}/#) != nil, "\(id(reply))")
            }
        }

        @Test("A replayed reply carries the id of the request that asked again, and no times")
        func replays() throws {
            let bench = try Bench()
            func put(_ id: String) throws -> Reply {
                try bench.client.send(
                    "PUT", "\(bench.graph)/variables/x", Data(#"{"data": 1}"#.utf8),
                    headers: ["Idempotency-Key: k", "X-Request-Id: \(id)"])
            }
            let (first, second) = try (put("first"), put("second"))
            #expect(first.status == 201 && second.status == 201 && second.headers["idempotency-replayed"] == "true")
            #expect(id(first) == "first" && id(second) == "second")
            #expect(first.headers["server-timing"] != nil && second.headers["server-timing"] == nil)
            #expect(first.text == second.text && first.headers["etag"] == second.headers["etag"])
        }
    }
}

/// `traceparent`, as W3C's Trace Context has it.
struct TraceTests {
    private struct Unread: Error {}
    private static let id = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "00f067aa0ba902b7"

    private func trace(_ lines: [String]) throws -> String? {
        var input = InputBuffer()
        var parser = RequestParser(limits: Limits())
        input.append(Array("GET / HTTP/1.1\r\nHost: x\r\n\(lines.map { $0 + "\r\n" }.joined())\r\n".utf8)[...])
        guard case .request = try parser.advance(in: &input), let request = parser.request(in: input) else {
            throw Unread()
        }
        return Identifier.trace(request.fields)?.text
    }

    private static let valid = [
        "00-\(id)-\(parent)-01", "00-\(id)-\(parent)-ff", "cc-\(id)-\(parent)-00",
        "cc-\(id)-\(parent)-00-what-comes-later",
    ]
    private static let invalid = [
        "", "00", "00-\(id)-\(parent)", "00-\(id)-\(parent)-0", "00-\(id)-\(parent)-01-more", "00-\(id)-\(parent)-01x",
        "cc-\(id)-\(parent)-01x", "ff-\(id)-\(parent)-01", "0-\(id)-\(parent)-011",
        "00-\(id.uppercased())-\(parent)-01", "00-\(id)-\(parent)-0G", "00_\(id)-\(parent)-01",
        "00-\(id)_\(parent)-01", "00-\(id)-\(parent)_01", "0A-\(id)-\(parent)-01",
        "00-\(String(repeating: "0", count: 32))-\(parent)-01", "00-\(id)-\(String(repeating: "0", count: 16))-01",
    ]

    @Test("A valid one gives its trace id", arguments: valid)
    func isTaken(_ value: String) throws { #expect(try trace(["TraceParent: \(value)"]) == Self.id) }

    @Test("Any other is as if it were not there", arguments: invalid)
    func isLeft(_ value: String) throws { #expect(try trace(["traceparent: \(value)"]) == nil) }

    @Test("Two are none")
    func twice() throws {
        let line = "traceparent: 00-\(Self.id)-\(Self.parent)-01"
        #expect(try trace([line]) != nil && trace([line, line]) == nil && trace([]) == nil)
    }
}
