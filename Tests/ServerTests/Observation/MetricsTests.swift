import Foundation
import TestSupport
import Testing

@testable import Server

/// What the service tells of itself at `/metrics`. Each test has a service of its own, so that nobody else is counted.
@Suite("Metrics")
struct MetricsTests {
    private static let graph = "/v1/sessions/{session}/graphs/{graph}"

    /// Runs `body` inside a service that nobody else asks, with a bench in it.
    private func serve(_ arguments: [String] = [], _ body: (OverHTTP.Bench) throws -> Void) throws {
        let service = try RunningService.start(arguments)
        defer { service.stop() }
        try RunningService.$current.withValue(service) { try body(OverHTTP.Bench()) }
    }

    @Test("The page is in Prometheus' text format, and describes all that it shows")
    func format() throws {
        try serve { bench in
            try bench.buildArticle()
            _ = try bench.client.get(#"/v1/"quo\ted"/%0A"#)
            let reply = try bench.client.get("/metrics")
            #expect(reply.status == 200)
            #expect(reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(reply.headers["cache-control"] == "no-store")
            let page = try Exposition(reply.text)
            #expect(page[#"gradd_build_info{version="\#(Gradd.version)"}"#] == 1)
            #if os(Linux)
                let resident = try #require(page["process_resident_memory_bytes"])
                let virtual = try #require(page["process_virtual_memory_bytes"])
                #expect(resident > 1e6 && virtual > resident)
                #expect((6..<60).contains(try #require(page["process_open_fds"])))
            #endif
            let start = try #require(page["process_start_time_seconds"])
            #expect(abs(start - Date().timeIntervalSince1970) < 60)
            // Of everything that the documents for operators name it says something, and they name it all.
            let document = try String(contentsOf: projectFolder.appending(path: "docs/operations.md"), encoding: .utf8)
            let named = Set(document.matches(of: #/`((?:gradd|process)_[a-z_]+)/#).map { String($0.1) })
            #expect(named == Set(page.kinds.keys))
        }
    }

    @Test("Who watches may ask for text/plain; who takes none is 406; it takes no query")
    func negotiation() throws {
        try serve { bench in
            let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1"
            for accept in ["text/plain", "text/*", "*/*", prometheus] {
                try bench.client.get("/metrics", headers: ["Accept: \(accept)"]).expect(200)
            }
            let problem = try bench.client.get("/metrics", headers: ["Accept: application/json"])
                .expectProblem(406, "not-acceptable")
            #expect(problem["expected"]?.string == "text/plain")
            try bench.client.get("/metrics?pretty").expectProblem(400, "bad-request")
        }
    }

    @Test("Every request is counted once, by its route's template, its method and its status")
    func requests() throws {
        try serve(["--threads", "3"]) { bench in
            try bench.buildArticle()
            let client = bench.client
            for _ in 0..<20 { try client.get("/health").expect(200) }
            // Other connections, which other threads serve.
            for _ in 0..<7 { try #require(RunningService.current).client().get("/health").expect(200) }
            _ = try client.send("HEAD", "/health")
            try client.get("/nowhere/at/all").expect(404)
            try bench.op("{").expect(400)
            try client.send("PATCH", "\(bench.graph)/ops").expect(405)
            try client.send("OPTIONS", "\(bench.graph)/ops").expectNoContent()
            try client.get("\(bench.graph)/variables/0").expect(400)
            try client.get("/health", headers: ["Host: example.org"]).expect(421)
            let raw = try Client(port: Int(#require(RunningService.current).port))
            raw.write("BREW /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try raw.read().status == 501)
            raw.write("\u{1}\r\n\r\n")
            #expect(try raw.read().status == 400)
            let page = try client.metrics()
            let graph = Self.graph
            #expect(page.requests("/health", "GET", 200) == 27)
            #expect(page.requests("/health", "HEAD", 200) == 1)
            #expect(page.requests("\(graph)/variables/{variable}", "PUT", 201) == 2)
            #expect(page.requests("\(graph)/variables/{variable}", "GET", 400) == 1)
            #expect(page.requests("\(graph)/ops", "POST", 201) == 4)
            #expect(page.requests("\(graph)/ops", "POST", 400) == 1)
            #expect(page.requests("\(graph)/ops", "PATCH", 405) == 1)
            #expect(page.requests("\(graph)/ops", "OPTIONS", 204) == 1)
            #expect(page.requests("", "GET", 404) == 1)
            #expect(page.requests("", "GET", 421) == 1)
            #expect(page.requests("", "", 501) == 1)
            #expect(page.requests("", "", 400) == 1)
            #expect(page[#"gradd_request_duration_seconds_count{route="/health"}"#] == 28)
            let total = page.samples.filter { $0.key.hasPrefix("gradd_requests_total{") }.values.reduce(0, +)
            #expect(total == 42)
            // It is counted itself, the next time.
            #expect(try client.metrics().requests("/metrics", "GET", 200) == 1)
        }
    }

    @Test("No name that a request brings is shown")
    func names() throws {
        try serve { bench in
            for name in ["secret", "graphs", "x"] {
                try bench.client.put("/v1/sessions/\(name)/graphs/secret/variables/secret", #"{"data": 1}"#).expect(201)
            }
            _ = try bench.client.get("/secret?secret")
            #expect(try !bench.client.get("/metrics").text.contains("secret"))
        }
    }

    @Test("What is held is told: sessions, nodes, bytes and their limit")
    func held() throws {
        try serve(["--max-memory", "1000000"]) { bench in
            let before = try bench.client.metrics()
            #expect(before["gradd_sessions"] == 0 && before["gradd_nodes"] == 0 && before["gradd_array_bytes"] == 0)
            try bench.buildArticle()
            let session = try bench.client.get("/v1/sessions/\(bench.session)").json
            let page = try bench.client.metrics()
            #expect(page["gradd_sessions"] == 1)
            #expect(page["gradd_nodes"] == session["nodes"]?.number)
            #expect(page["gradd_array_bytes"] == session["bytes"]?.number)
            #expect(page["gradd_array_bytes_limit"] == 1_000_000)
            try bench.client.delete("/v1/sessions/\(bench.session)").expectNoContent()
            let after = try bench.client.metrics()
            #expect(after["gradd_sessions"] == 0 && after["gradd_nodes"] == 0 && after["gradd_array_bytes"] == 0)
        }
    }

    @Test("Connections and bytes are counted")
    func connections() throws {
        try serve { bench in
            let port = try Int(#require(RunningService.current).port)
            let before = try bench.client.metrics()
            #expect(before["gradd_connections"] == 1 && before["gradd_connections_total"] == 1)
            let others = try (0..<3).map { _ in try Client(port: port) }
            var sent = 0
            for other in others {
                sent += other.write(Array("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
                #expect(try other.read().status == 200)
            }
            let during = try bench.client.metrics()
            #expect(during["gradd_connections"] == 4 && during["gradd_connections_total"] == 4)
            let received = (during["gradd_received_bytes_total"] ?? 0) - (before["gradd_received_bytes_total"] ?? 0)
            #expect(received > Double(sent) && received < Double(sent) + 400)
            let moved = (during["gradd_sent_bytes_total"] ?? 0) - (before["gradd_sent_bytes_total"] ?? 0)
            #expect(moved > 3 * 150 && moved < 100_000)
            for other in others { other.close() }
            try wait { try bench.client.metrics()["gradd_connections"] == 1 }
            #expect(try bench.client.metrics()["gradd_connections_total"] == 4)
        }
    }

    @Test("Requests that are being answered, and that wait for their session, are told")
    func inFlight() throws {
        try serve { bench in
            try bench.bindMatrix()
            // (It counts itself.)
            #expect(try bench.client.metrics()["gradd_requests_in_flight"] == 1)
            let long = try bench.startLong()
            try wait { try bench.client.metrics()["gradd_requests_in_flight"] == 2 }
            let (service, path) = (try #require(RunningService.current), "\(bench.graph)/variables/row/data")
            let second = Background { try service.client().get(path) }
            try wait {
                let page = try bench.client.metrics()
                return page["gradd_requests_waiting"] == 1 && page["gradd_requests_in_flight"] == 3
            }
            #expect(try long.reply().status == 200 && second.reply().status == 200)
            let page = try bench.client.metrics()
            #expect(page["gradd_requests_waiting"] == 0 && page["gradd_requests_in_flight"] == 1)
            let sum = page[#"gradd_request_duration_seconds_sum{route="\#(Self.graph)/grad"}"#]
            #expect((sum ?? 0) > 0.05, "a long request takes long")
        }
    }

    @Test("The parser of Prometheus' Python client takes the page", .enabled(if: hasPythonClient))
    func pythonClient() throws {
        try serve { bench in
            try bench.buildArticle()
            let (process, input) = (Process(), Pipe())
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["python3", projectFolder.appending(path: "Tests/read_metrics.py").path]
            process.standardInput = input
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            input.fileHandleForWriting.write(Data(try bench.client.get("/metrics").text.utf8))
            try input.fileHandleForWriting.close()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
        }
    }

    private static let hasPythonClient = {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", "import prometheus_client"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    /// Waits until something holds, for ten seconds at most.
    private func wait(at place: SourceLocation = #_sourceLocation, until holds: () throws -> Bool) throws {
        for _ in 0..<1000 {
            if try holds() { return }
            Thread.sleep(forTimeInterval: 0.01)
        }
        Issue.record("It did not come to hold.", sourceLocation: place)
    }
}

/// Counting, without a server.
struct TallyTests {
    private func answer(_ route: Int, _ status: Int, nanoseconds: Int64) -> Answer {
        Answer(route: route, method: .get, status: status, bytes: 0, began: 100, ended: 100 + nanoseconds)
    }

    @Test("Every answer is in the bucket of its duration, the bounds included")
    func buckets() {
        #expect(RouteTally.bounds.first == 10_000 && RouteTally.bounds.last == 30_000_000_000)
        for (index, bound) in RouteTally.bounds.enumerated() {
            for (duration, bucket) in [(bound - 1, index), (bound, index), (bound + 1, index + 1)] {
                var tally = RouteTally()
                tally.count(answer(0, 200, nanoseconds: duration))
                #expect(tally.buckets[bucket] == 1 && tally.count == 1 && tally.nanoseconds == duration)
            }
        }
        var tally = RouteTally()
        tally.count(answer(0, 200, nanoseconds: -5))
        #expect(tally.buckets[0] == 1 && tally.nanoseconds == 0, "a clock that goes back")
    }

    @Test("What several loops count is summed, while they count")
    func sum() async {
        let observer = Observer(routes: ["", "/a", "/b"])
        await withTaskGroup(of: Void.self) { group in
            for loop in 0..<4 {
                group.addTask {
                    let witness = observer.witness()
                    for number in 0..<10_000 {
                        witness.saw(answer(number % 3, loop < 2 ? 200 : 404, nanoseconds: 1000))
                        witness.tally.received.add(2)
                    }
                }
            }
            group.addTask { for _ in 0..<100 { _ = observer.total } }
        }
        let total = observer.total
        #expect(total.received == 80_000)
        #expect(total.routes.map(\.count) == [13_336, 13_332, 13_332])
        for route in total.routes {
            #expect(route.kinds.count == 2 && route.kinds[0].count == route.kinds[1].count)
        }
    }
}
