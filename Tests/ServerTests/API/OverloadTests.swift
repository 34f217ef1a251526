import Foundation
import TestSupport
import Testing

@testable import Server

extension OverHTTP {
    /// More than the service takes at once.
    @Suite(.serialized) struct OverloadTests {
        private static let health = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"

        @Test("One connection too many is 503 with Retry-After and closed, and the next has the place of one that went")
        func connections() throws {
            let service = try RunningService.start(["--max-connections", "4"])
            defer { service.stop() }
            let port = Int(service.port)
            var open = try (0..<4).map { _ in try Client(port: port) }
            for client in open {
                client.write(Self.health)
                #expect(try client.read().status == 200)
            }
            for number in 0..<100 {
                let refused = try Client(port: port)
                // Whether it asks or not.
                if number.isMultiple(of: 2) { refused.write(Self.health) }
                let reply = try refused.read()
                #expect(reply.status == 503 && reply.text.contains("/problems/overloaded"))
                #expect(reply.fields.contains("Retry-After: 1") && reply.fields.contains("Connection: close"))
                refused.close()
            }
            // Those that are open are served all the same.
            for client in open {
                client.write(Self.health)
                #expect(try client.read().status == 200)
            }
            open.removeLast().close()
            #expect(try becomesHealthy(port))
        }

        @Test(
            "With hardly any files it goes on, and takes connections again",
            arguments: [[], ["--max-connections", "1000"]])
        func files(_ arguments: [String]) throws {
            let service = try RunningService.start(arguments + ["--threads", "2"], ulimit: "-n 64")
            defer { #expect(service.stop() == 0) }
            let port = Int(service.port)
            let first = try Client(port: port)
            first.write(Self.health)
            #expect(try first.read().status == 200)
            let clients = try (0..<200).map { _ in try Client(port: port) }
            Thread.sleep(forTimeInterval: 0.3)
            first.write(Self.health)
            #expect(try first.read().status == 200)
            for client in clients { client.close() }
            #expect(try becomesHealthy(port))
        }

        @Test("The limit of open files is raised as far as it goes")
        func raised() throws {
            let service = try RunningService.start(ulimit: "-Sn 40")
            defer { service.stop() }
            let clients = try (0..<100).map { _ in try Client(port: Int(service.port)) }
            for client in clients {
                client.write(Self.health)
                #expect(try client.read().status == 200)
            }
        }

        @Test("One request too many that would wait is 503 at once, and makes nothing")
        func waiting() throws {
            let service = try RunningService.start(["--max-waiting", "2"])
            defer { service.stop() }
            try RunningService.$current.withValue(service) {
                let bench = try Bench()
                try bench.bindMatrix()
                let path = "\(bench.graph)/variables"
                let work = try bench.startLong()
                bench.waitUntilBusy()
                let others = (0..<2).map { number in
                    Background { try service.client().put("\(path)/w\(number)", #"{"data": 1}"#) }
                }
                Thread.sleep(forTimeInterval: 0.1)
                let start = ContinuousClock.now
                let refused = try service.client().put("\(path)/late", #"{"data": 1}"#)
                try refused.expectProblem(503, "overloaded")
                #expect(refused.headers["retry-after"] == "1")
                // One with a long body too, that would make a session.
                let long = #"{"data": [\#(String(repeating: "1,", count: 50_000))1]}"#
                try service.client().put("/v1/sessions/new/graphs/g/variables/x", long).expectProblem(503, "overloaded")
                #expect(ContinuousClock.now - start < .seconds(2))
                // It was refused because others wait, not because they are done.
                #expect(!work.isDone)
                try service.client().get("/health").expect(200)
                #expect(try work.reply().status == 200)
                for other in others { #expect(try other.reply().status == 201) }
                try bench.client.get("\(path)/late").expectProblem(404, "not-found")
                try bench.client.get("/v1/sessions/new").expectProblem(404, "not-found")
                try bench.client.put("\(path)/late", #"{"data": 1}"#).expect(201)
            }
        }

        /// Whether a new connection is answered within some seconds.
        private func becomesHealthy(_ port: Int) throws -> Bool {
            for _ in 0..<100 {
                if let client = try? Client(port: port) {
                    client.write(Self.health)
                    if try client.read().status == 200 { return true }
                }
                Thread.sleep(forTimeInterval: 0.05)
            }
            return false
        }
    }

    /// From start to end.
    @Suite(.serialized) struct LifecycleTests {
        @Test("It is ready while it serves")
        func ready() throws {
            let client = try #require(RunningService.current).client()
            try client.get("/ready").expect(200, #"{"status":"ready"}"#)
            try client.post("/ready").expectProblem(405, "method-not-allowed")
        }

        @Test("While it ends, what runs is answered, probes are, and all else is 503; its status is 0")
        func ending() throws {
            let service = try RunningService.start(["--shutdown-timeout", "60"])
            let bench = try RunningService.$current.withValue(service) { try Bench() }
            try bench.bindMatrix()
            // On one connection a long request, and others behind it.
            let client = try Client(port: Int(service.port))
            let body = #"{"outputs": ["p"], "inputs": ["row"]}"#
            client.write(
                "POST \(bench.graph)/grad HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                    + "GET \(bench.graph) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            bench.waitUntilBusy()
            service.send(signal: SIGTERM)
            Thread.sleep(forTimeInterval: 0.05)
            for path in ["/ready", bench.graph] {
                let reply = try service.client().get(path)
                try reply.expectProblem(503, "unavailable")
                #expect(reply.headers["connection"] == "close" && reply.headers["retry-after"] == "1")
            }
            try service.client().get("/health").expect(200)
            // Silent ones do not hold it up.
            let silent = try Client(port: Int(service.port))
            #expect(try client.read().status == 200)
            #expect(service.end() == 0)
            #expect(silent.isClosed())
            #expect(throws: (any Error).self) { try service.client().get("/health") }
        }

        @Test("A second signal ends it at once", arguments: [SIGTERM, SIGINT])
        func twice(_ signal: Int32) throws {
            let service = try RunningService.start(["--shutdown-timeout", "60"])
            let bench = try RunningService.$current.withValue(service) { try Bench() }
            try bench.bindMatrix()
            let work = try RunningService.$current.withValue(service) { try bench.startLong() }
            bench.waitUntilBusy()
            service.send(signal: SIGTERM)
            Thread.sleep(forTimeInterval: 0.05)
            service.send(signal: signal)
            #expect(service.end() == 1)
            #expect(throws: (any Error).self) { try work.reply() }
        }

        @Test("What still runs after --shutdown-timeout is not waited for")
        func bounded() throws {
            let service = try RunningService.start(["--shutdown-timeout", "0"])
            let bench = try RunningService.$current.withValue(service) { try Bench() }
            try bench.bindMatrix()
            let work = try RunningService.$current.withValue(service) { try bench.startLong() }
            bench.waitUntilBusy()
            let start = ContinuousClock.now
            #expect(service.stop() == 0)
            #expect(ContinuousClock.now - start < .seconds(3))
            #expect(throws: (any Error).self) { try work.reply() }
        }
    }
}

/// Who may connect, without sockets.
struct AdmissionTests {
    @Test("Connections are counted for each address, but for loopback and trusted proxies")
    func counted() throws {
        var limits = Limits()
        (limits.connections, limits.connectionsPerAddress) = (10, 2)
        let admission = Admission(limits, trusted: [try #require(PeerAddress("10.0.0.9"))])
        for text in ["10.0.0.1", "2001:db8::1"] {
            let address = try #require(PeerAddress(text))
            var tickets = (0..<2).compactMap { _ in admission.admit(address) }
            #expect(tickets.count == 2 && admission.admit(address) == nil, "\(text)")
            tickets.removeLast()
            #expect(admission.admit(address) != nil)
        }
        for text in ["127.0.0.1", "::1", "::ffff:127.0.0.2", "10.0.0.9", "::ffff:10.0.0.9"] {
            let address = try #require(PeerAddress(text))
            let tickets = (0..<11).compactMap { _ in admission.admit(address) }
            #expect(tickets.count == 10, "\(text)")
        }
    }

    @Test("A network of IPv6 counts as one address")
    func networks() throws {
        var limits = Limits()
        limits.connectionsPerAddress = 1
        let admission = Admission(limits, trusted: [])
        let ticket = admission.admit(PeerAddress("2001:db8::1"))
        #expect(ticket != nil)
        #expect(admission.admit(PeerAddress("2001:db8::ffff:2")) == nil)
        #expect(admission.admit(PeerAddress("2001:db8:0:1::1")) != nil)
    }

    @Test("What is no address is none", arguments: ["", "localhost", "10.0.0", "10.0.0.256", "::g", "127.0.0.1:80"])
    func none(_ text: String) { #expect(PeerAddress(text) == nil) }
}
