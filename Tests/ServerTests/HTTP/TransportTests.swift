import Dispatch
import Testing

@testable import Server

@Suite(.serialized)
struct TransportTests {
    @Test("A connection serves one request after another")
    func keepAlive() throws {
        try TestServer.run { server in
            let client = try server.client()
            for i in 0..<10 {
                client.write(get("/\(i)"))
                #expect(try client.read().text == "/\(i)")
            }
        }
    }

    @Test("Fifty requests in one write are answered in order")
    func pipelining() throws {
        try TestServer.run { server in
            let client = try server.client()
            client.write((0..<50).map { get("/\($0)") }.joined())
            for i in 0..<50 { #expect(try client.read().text == "/\(i)") }
        }
    }

    @Test("A request that arrives a byte at a time is answered")
    func byteByByte() throws {
        try TestServer.run { server in
            let client = try server.client()
            for byte in "PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc".utf8 { client.write([byte]) }
            #expect(try client.read().text == "abc")
        }
    }

    @Test("A chunked upload is put together")
    func chunked() throws {
        try TestServer.run { server in
            let client = try server.client()
            client.write("PUT /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            var expected: [UInt8] = []
            for i in 1...300 {
                let chunk = [UInt8](repeating: UInt8(i & 255), count: i * 7)
                client.write(Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + Array("\r\n".utf8))
                expected += chunk
            }
            client.write("0\r\nX: y\r\n\r\n" + get("/after"))
            #expect(try client.read().body == expected)
            #expect(try client.read().text == "/after")
        }
    }

    @Test("Twenty megabytes are echoed, and the connection goes on")
    func bigEcho() throws {
        try TestServer.run { server in
            let client = try server.client()
            let body = [UInt8](unsafeUninitializedCapacity: 20_000_000) { buffer, count in
                for i in 0..<20_000_000 { buffer.initializeElement(at: i, to: UInt8(truncatingIfNeeded: i &* 31 >> 3)) }
                count = 20_000_000
            }
            client.write("PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.count)\r\n\r\n")
            #expect(client.write(body) == body.count)
            let reply = try client.read()
            #expect(reply.body == body)
            client.write(get("/after"))
            #expect(try client.read().text == "/after")
        }
    }

    @Test("A client that does not read holds back nobody but itself")
    func slowReader() throws {
        try TestServer.run(threads: 1) { server in
            let slow = try Client(port: server.port, receiveBuffer: 4096)
            slow.write(get("/big?30000000") + get("/after"))
            let other = try server.client()
            for _ in 0..<5 {
                other.write(get("/other"))
                #expect(try other.read().text == "/other")
            }
            #expect(server.probe.handled == 6, "nothing is read while a reply is waiting")
            #expect(try slow.read().body.count == 30_000_000)
            #expect(try slow.read().text == "/after")
        }
    }

    @Test("Pipelined requests wait for a detached one, and earlier replies do not")
    func detached() throws {
        try TestServer.run(threads: 1) { server in
            let client = try server.client()
            client.write(get("/before") + get("/gate") + get("/after") + get("/later") + get("/at-once") + get("/end"))
            #expect(try client.read().text == "/before")
            let other = try server.client()
            other.write(get("/other"))
            #expect(try other.read().text == "/other")
            #expect(server.probe.handled == 3)
            server.probe.openGate()
            for path in ["/gate", "/after", "/later", "/at-once", "/end"] {
                #expect(try client.read().text == path)
            }
        }
    }

    @Test("Many detached exchanges come back to their loops")
    func manyDetached() throws {
        try TestServer.run { server in
            let clients = try (0..<20).map { _ in try server.client() }
            for round in 0..<50 {
                for client in clients { client.write(get("/at-once") + get("/\(round)")) }
                for client in clients {
                    #expect(try client.read().text == "/at-once")
                    #expect(try client.read().text == "/\(round)")
                }
            }
        }
    }

    @Test("A client may go away while its exchange is detached")
    func goneWhileDetached() throws {
        try TestServer.run(threads: 1) { server in
            for _ in 0..<5 {
                let client = try server.client()
                client.write(get("/before") + get("/gate") + get("/after"))
                #expect(try client.read().text == "/before")
                client.close()
                server.probe.openGate()
            }
            let other = try server.client()
            other.write(get("/other"))
            #expect(try other.read().text == "/other")
        }
    }

    @Test("A handler that writes no whole response makes a 500")
    func unanswered() throws {
        try TestServer.run { server in
            let client = try server.client()
            client.write(get("/nothing") + get("/after"))
            #expect(try client.read().status == 500)
            #expect(try client.read().text == "/after")
        }
    }

    @Test("Connection: close is honoured and said")
    func connectionClose() throws {
        try TestServer.run { server in
            let client = try server.client()
            client.write(get("/a", "Connection: close\r\n"))
            let reply = try client.read()
            #expect(reply.text == "/a" && reply.fields.contains("Connection: close"))
            #expect(client.isClosed())
        }
    }

    @Test("HTTP/1.0 closes, unless it is asked not to")
    func http10() throws {
        try TestServer.run { server in
            let client = try server.client()
            client.write("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(try client.read().fields.contains("Connection: keep-alive"))
            client.write("GET /b HTTP/1.0\r\n\r\n")
            #expect(try client.read().fields.contains("Connection: close"))
            #expect(client.isClosed())
        }
    }

    @Test("HEAD is answered with the length and no body")
    func head() throws {
        try TestServer.run { server in
            let client = try server.client()
            client.write("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n" + get("/after"))
            #expect(try client.read(hasBody: false).fields.contains("Content-Length:            4"))
            #expect(try client.read().text == "/after")
        }
    }

    @Test("A client that has shut down its side still gets all its answers")
    func halfClose() throws {
        try TestServer.run { server in
            let client = try server.client()
            client.write(get("/a") + get("/later") + get("/b"))
            client.shutdownWriting()
            for path in ["/a", "/later", "/b"] { #expect(try client.read().text == path) }
            #expect(client.isClosed())
        }
    }

    @Test("A 100 is sent when the body waits for it, and not when it has come")
    func expectContinue() throws {
        try TestServer.run { server in
            let client = try server.client()
            let head = "PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
            client.write(get("/before") + head)
            #expect(try client.read().text == "/before")
            #expect(try client.read().status == 100)
            client.write("ab")
            #expect(try client.read().text == "ab")
            client.write(head + "cd")
            #expect(try client.read().text == "cd")
        }
    }

    @Test("Five hundred idle connections hinder nobody")
    func idle() throws {
        try TestServer.run { server in
            let clients = try (0..<500).map { _ in try server.client() }
            for client in clients {
                client.write(get("/x"))
                #expect(try client.read().text == "/x")
            }
        }
    }
}
