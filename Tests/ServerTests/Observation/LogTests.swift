import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Server

/// Lines on standard error.
@Suite("Logs")
struct LogTests {
    /// A service whose log is read.
    private struct Logged {
        let service: RunningService
        private let log = Pipe()
        private let text = Bytes(Data())

        init(_ arguments: [String]) throws {
            let text = text
            log.fileHandleForReading.readabilityHandler = { handle in text.append(handle.availableData) }
            service = try RunningService.start(arguments, log: log)
        }

        /// Ends it, and returns all lines.
        func end() -> [String] {
            #expect(service.stop() == 0)
            log.fileHandleForReading.readabilityHandler = nil
            try? log.fileHandleForWriting.close()
            text.append(log.fileHandleForReading.readDataToEndOfFile())
            return String(decoding: text.data, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    /// Bytes that come from another thread.
    private final class Bytes: Sendable {
        private let state: Mutex<Data>
        init(_ data: Data) { state = Mutex(data) }
        func append(_ data: Data) { state.withLock { $0 += data } }
        var data: Data { state.withLock { $0 } }
    }

    private static let time = #"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"#
    private static let ops = "/v1/sessions/{session}/graphs/{graph}/ops"

    /// Asks for this and that; the ids of the replies.
    private func ask(_ service: RunningService) throws -> [String] {
        let client = try service.client()
        let graph = "/v1/sessions/secret/graphs/secret"
        let trace = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let replies = try [
            client.put("\(graph)/variables/secret", #"{"data": 1}"#),
            client.send(
                "POST", "\(graph)/ops?arrays=none", Data(#"{"op": "exp", "inputs": ["secret"]}"#.utf8),
                headers: [trace, "X-Request-Id: mine-1", "Authorization: Bearer secret"]),
            client.post("\(graph)/ops", #"{"op": "secret"}"#),
            client.get("/secret?secret=secret"),
            client.send("HEAD", "/health"),
        ]
        return replies.map { $0.headers["x-request-id"] ?? "" }
    }

    @Test("With --access-log each request has a line, and nothing of the caller's own stands in it")
    func text() throws {
        let logged = try Logged(["--access-log"])
        let ids = try ask(logged.service)
        let lines = logged.end()
        let wanted = [
            "method=PUT route=/v1/sessions/{session}/graphs/{graph}/variables/{variable} status=201",
            "method=POST route=\(Self.ops) status=201", "method=POST route=\(Self.ops) status=422",
            #"method=GET route="" status=404"#, "method=HEAD route=/health status=200",
        ]
        try #require(lines.count == wanted.count, "\(lines)")
        for (index, (line, wanted)) in zip(lines, wanted).enumerated() {
            let form = try Regex(Self.time + #" info request id=(\S+) (.*) bytes=(\d+) ms=(\d+\.\d{3})( trace=\S+)?"#)
            let match = try #require(line.wholeMatch(of: form), "\(line)")
            #expect(match[1].substring.map(String.init) == ids[index])
            #expect(match[2].substring.map(String.init) == wanted)
            #expect((150..<1000).contains(Int(match[3].substring ?? "") ?? 0), "\(line)")
            #expect((match[5].substring == " trace=4bf92f3577b34da6a3ce929d0e0e4736") == (index == 1), "\(line)")
        }
        #expect(!lines.joined().contains("secret"))
    }

    @Test("--log-format json makes every line an object with the same fields")
    func json() throws {
        let logged = try Logged(["--access-log", "--log-format", "json", "--log-level", "info"])
        let ids = try ask(logged.service)
        let lines = try logged.end().map { try JSON(Data($0.utf8)) }
        for line in lines {
            #expect(line["time"]?.string?.wholeMatch(of: try Regex(Self.time)) != nil, "\(line)")
            #expect(line["level"]?.string == "info" && line["message"]?.string != nil, "\(line)")
        }
        let requests = lines.filter { $0["message"]?.string == "request" }
        #expect(lines.count == requests.count + 2, "that state is in memory, and that it ends")
        #expect(requests.map { $0["id"]?.string } == ids)
        #expect(requests.map { $0["status"]?.number } == [201, 201, 422, 404, 200])
        #expect(requests[1]["trace"]?.string == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(requests[1]["method"]?.string == "POST" && requests[1]["route"]?.string == Self.ops)
        #expect(requests[3]["route"]?.string == "")
        for request in requests {
            #expect((request["ms"]?.number ?? -1) >= 0 && (request["bytes"]?.number ?? 0) > 100, "\(request)")
        }
    }

    @Test("Without it no request has a line", arguments: [[], ["--access-log", "--no-access-log"]])
    func quiet(_ arguments: [String]) throws {
        let logged = try Logged(arguments + ["--log-level", "info"])
        _ = try ask(logged.service)
        let lines = logged.end()
        #expect(lines.count == 2, "\(lines)")
        let form = try Regex(Self.time + #" info "state is kept in memory[^"]*""#)
        #expect(lines.first?.wholeMatch(of: form) != nil, "\(lines)")
    }

    @Test("A reply that is sent in pieces has its line when it is sent, with all its bytes")
    func streamed() throws {
        let logged = try Logged(["--access-log"])
        let client = try logged.service.client()
        let graph = "/v1/sessions/s/graphs/g"
        try client.put("\(graph)/variables/x", #"{"data": 1}"#).expect(201)
        let op = #"{"op": "broadcast_to", "inputs": ["x"], "args": {"shape": [3000000]}, "output": "y"}"#
        try client.post("\(graph)/ops?arrays=none", op).expect(201)
        let reply = try client.get("\(graph)/variables/y/data")
        #expect(reply.headers["transfer-encoding"] == "chunked")
        // One that goes away in the middle.
        let raw = try Client(port: Int(logged.service.port), receiveBuffer: 4096)
        raw.write("GET \(graph)/variables/y/data HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: early\r\n\r\n")
        _ = try raw.read(hasBody: false)
        raw.close()
        Thread.sleep(forTimeInterval: 0.3)
        let inFlight = try client.metrics()["gradd_requests_in_flight"]
        #expect(inFlight == 1)
        let lines = logged.end().filter { $0.contains("/data ") }
        try #require(lines.count == 2, "\(lines)")
        let bytes = lines.compactMap { $0.firstMatch(of: #/bytes=(\d+)/#).flatMap { Int($0.1) } }
        #expect(lines[0].contains("id=\(reply.headers["x-request-id"] ?? "-") "))
        #expect(bytes[0] > reply.body.count && bytes[0] < reply.body.count + 2000)
        #expect(lines[1].contains("id=early ") && bytes[1] < bytes[0], "\(lines)")
    }

    @Test("When nobody reads the log, lines are dropped and counted, and nobody waits")
    func full() throws {
        let unread = Pipe()
        let service = try RunningService.start(["--access-log"], log: unread)
        defer { service.stop() }
        let client = try Client(port: Int(service.port))
        let batch = String(repeating: "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 100)
        for _ in 0..<300 {
            client.write(batch)
            for _ in 0..<100 { #expect(try client.read().status == 200) }
        }
        let dropped = try #require(try service.client().metrics()["gradd_log_lines_dropped_total"])
        #expect(dropped > 1000 && dropped < 30_000)
        let start = ContinuousClock.now
        #expect(service.stop() == 0)
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test("Nothing in a message or field can look like another line or field", arguments: LogFormat.allCases)
    func forging(_ format: LogFormat) throws {
        let evil = "a\n2026-11-24T18:42:00.123Z info b\r\0\u{1B}[2J\u{7F}\u{85}é😀\u{2028}\" x=\\\"1\" \\"
        var lines = LogLines(format)
        lines.begin("info", evil, at: 1_795_459_320_123_456_789)
        lines.field("plain", "/v1/{a}/b_c-d.e:9")
        lines.field("empty", "")
        lines.field("evil", evil)
        lines.end()
        let text = String(decoding: lines.text.unsent, as: UTF8.self)
        #expect(text.utf8.dropLast().allSatisfy { (0x20...0x7E).contains($0) } && text.hasSuffix("\n"), "\(text)")
        switch format {
        case .json:
            let line = try JSON(Data(text.utf8))
            #expect(line["time"]?.string == "2026-11-23T18:42:00.123Z")
            #expect(line["message"]?.string == evil && line["evil"]?.string == evil)
            #expect(line["plain"]?.string == "/v1/{a}/b_c-d.e:9" && line["empty"]?.string == "")
        case .text:
            let quoted = #""(?:[^"\\]|\\.)*""#
            let form = try Regex(
                #"2026-11-23T18:42:00\.123Z info (\#(quoted)) plain=/v1/\{a\}/b_c-d\.e:9 empty="" evil=(\#(quoted))\n"#)
            let match = try #require(text.wholeMatch(of: form), "\(text)")
            for index in 1...2 {
                #expect(try JSON(Data((match[index].substring ?? "").utf8)).string == evil)
            }
        }
    }

    @Test("The service's own lines carry their fields in order, one line each")
    func handler() throws {
        let pipe = Pipe()
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        var logger = Logger(label: "test") { _ in LineLogHandler(sink, .text) }
        logger.logLevel = .notice
        logger[metadataKey: "b"] = "2"
        logger.info("not this")
        logger.warning("two words", metadata: ["a": "x y", "c": "\n"])
        logger.error("one", metadata: ["b": "3"])
        sink.flush(within: 5)
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let lines = text.split(separator: "\n").map { $0.dropFirst(25) }
        #expect(lines == [#"warning "two words" a="x y" b=2 c="\u000a""#, "error one b=3"], "\(text)")
    }
}
