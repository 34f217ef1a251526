import Dispatch
import Logging
import Testing

@testable import Server

/// How connections end: by errors, by time, and because the server stops.
@Suite(.serialized)
struct ClosingTests {
    private static let hasty: Limits = {
        var limits = Limits()
        limits.headTimeout = 200
        limits.bodyTimeout = 200
        limits.writeTimeout = 200
        limits.idleTimeout = 400
        limits.lingerTimeout = 200
        return limits
    }()

    @Test(
        "What breaks framing is answered with a problem, and the connection closed",
        arguments: [
            (400, "bad-request", "GET / HTTP/1.1\r\n\r\n"),
            (414, "uri-too-long", "GET /\(String(repeating: "a", count: 9000))"),
            (431, "header-fields-too-large", get("/", "X: \(String(repeating: "a", count: 33_000))\r\n")),
            (413, "content-too-large", "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\nabc"),
            (501, "not-implemented", "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\nabc"),
            (505, "http-version", "GET / HTTP/3.0\r\n\r\n"),
            (
                415, "unsupported-media-type",
                "PUT / HTTP/1.1\r\nHost: x\r\nContent-Encoding: br\r\nContent-Length: 9\r\n\r\n"
            ),
            (417, "expectation-failed", "PUT / HTTP/1.1\r\nHost: x\r\nExpect: x\r\nContent-Length: 9\r\n\r\n"),
        ])
    func framingError(status: Int, type: String, request: String) throws {
        try TestServer.run { server in
            let client = try server.client()
            client.write(get("/before") + request)
            #expect(try client.read().text == "/before")
            let reply = try client.read()
            #expect(reply.status == status)
            #expect(reply.text.hasPrefix("{\"type\":\"/problems/\(type)\",") && reply.text.hasSuffix("}\n"))
            #expect(reply.fields.contains("Content-Type: application/problem+json"))
            #expect(reply.fields.contains("Connection: close"))
            #expect(client.isClosed())
            #expect(server.probe.handled == 1)
        }
    }

    @Test("An unknown method without a body leaves the connection open")
    func unknownMethod() throws {
        try TestServer.run { server in
            let client = try server.client()
            client.write("BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n" + get("/after"))
            #expect(try client.read().status == 501)
            #expect(try client.read().text == "/after")
        }
    }

    @Test("The reply to a body that is too large can be read, though the client goes on sending")
    func lingering() throws {
        var limits = Limits()
        limits.body = 1000
        // As long as a busy machine takes.
        limits.lingerTimeout = 60_000
        try TestServer.run(limits: limits) { server in
            let client = try server.client()
            client.write("PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n")
            #expect(client.write([UInt8](repeating: 0x61, count: 20_000_000)) == 20_000_000)
            #expect(try client.read().status == 413)
        }
    }

    @Test("A head that does not arrive in time is 408, even if it trickles in")
    func lateHead() throws {
        try TestServer.run(limits: Self.hasty) { server in
            let client = try server.client()
            let start = Clock.milliseconds
            for byte in "GET / HTTP/1.1\r\nHost: x\r\nX: aaaaaaaaaaa".utf8 {
                client.write([byte])
                pause(20)
                if Clock.milliseconds - start > 400 { break }
            }
            #expect(try client.read().status == 408)
        }
    }

    @Test("A body that pauses too long is 408, and one that goes on is not")
    func lateBody() throws {
        try TestServer.run(limits: Self.hasty) { server in
            let client = try server.client()
            client.write("PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n")
            for byte in "abcdef".utf8 {
                pause(100)
                client.write([byte])
            }
            #expect(try client.read().text == "abcdef")
            client.write("PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc")
            #expect(try client.read().status == 408)
            #expect(client.isClosed())
        }
    }

    @Test("Idle connections, and clients that take no reply, are dropped without a word")
    func idleAndStuck() throws {
        try TestServer.run(limits: Self.hasty) { server in
            let idle = try server.client()
            let stuck = try Client(port: server.port, receiveBuffer: 4096)
            stuck.write(get("/big?30000000"))
            #expect(idle.isClosed())
            pause(400)
            #expect(throws: Client.Failure.self) { try stuck.read() }
        }
    }

    @Test("Stopping answers what is being asked, closes what is idle, and goes on listening until then")
    func graceful() throws {
        try TestServer.run { server in
            let idle = try server.client()
            idle.write(get("/a"))
            #expect(try idle.read().text == "/a")
            let busy = try server.client()
            busy.write(get("/before") + get("/gate") + get("/after"))
            #expect(try busy.read().text == "/before")
            let half = try server.client()
            half.write("PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab")
            pause(50)

            let stopped = DispatchSemaphore(value: 0)
            DispatchQueue.global().async {
                server.server.stop(within: 5000)
                stopped.signal()
            }
            #expect(idle.isClosed())
            // Until every loop knows of it.
            pause(100)
            let late = try server.client()
            late.write(get("/late"))
            #expect(try late.read().fields.contains("Connection: close"))
            half.write("cd")
            let last = try half.read()
            #expect(last.text == "abcd" && last.fields.contains("Connection: close"))
            server.probe.openGate()
            #expect(try busy.read().text == "/gate")
            #expect(stopped.wait(timeout: .now() + 5) == .success)
            #expect(throws: Client.Failure.self) { try server.client() }
        }
    }

    @Test("Stopping waits no longer than it was told, and an exchange that comes back later does no harm")
    func bounded() throws {
        try TestServer.run { server in
            let client = try server.client()
            client.write(get("/before") + get("/gate"))
            #expect(try client.read().text == "/before")
            let start = Clock.milliseconds
            server.server.stop(within: 100)
            #expect(Clock.milliseconds - start < 1500)
            server.probe.openGate()
            #expect(throws: Client.Failure.self) { try client.read() }
        }
    }

    @Test("A taken port and an unknown host are errors that say so")
    func listenErrors() throws {
        try TestServer.run { server in
            func start(_ host: String, _ port: Int) throws -> Int {
                let other = HTTPServer(
                    host: host, port: port, threads: 1, limits: Limits(), handler: Probe(),
                    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
                defer { other.stop() }
                return try other.start()
            }
            #expect(throws: ListenError.addressInUse(host: "127.0.0.1", port: server.port)) {
                try start("127.0.0.1", server.port)
            }
            #expect(throws: ListenError.addressNotAvailable(host: "192.0.2.1")) { try start("192.0.2.1", 0) }
            for host in ["localhost", "::1"] {
                let port = try start(host, 0)
                #expect(port > 0)
            }
        }
    }

    private func pause(_ milliseconds: Int) {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(milliseconds))
    }
}
