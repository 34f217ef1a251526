import Foundation
import Testing

@testable import Server

/// Connections that are idle are not polled, and nobody notices.
struct ParkingTests {
    private var limits: Limits {
        var limits = Limits()
        (limits.parkAfter, limits.polledConnections) = (1, 2)
        // The sweep comes every 250 ms.
        limits.lingerTimeout = 1000
        return limits
    }

    @Test("Parked connections are answered when they ask again, each time")
    func waking() throws {
        try TestServer.run(limits: limits) { server in
            let clients = try (0..<40).map { _ in try server.client() }
            for round in 0..<4 {
                for (number, client) in clients.enumerated() {
                    client.write(get("/\(round)/\(number)"))
                    #expect(try client.read().text == "/\(round)/\(number)")
                }
                Thread.sleep(forTimeInterval: 0.6)
            }
            // Half a request wakes one, and the rest of it is waited for.
            clients[7].write("GET /half HTTP/1.1\r\n")
            Thread.sleep(forTimeInterval: 0.6)
            clients[7].write("Host: x\r\n\r\n")
            #expect(try clients[7].read().text == "/half")
        }
    }

    @Test("A parked connection is closed when its client goes, and when it has been idle too long")
    func closing() throws {
        var limits = limits
        limits.idleTimeout = 1500
        try TestServer.run(limits: limits) { server in
            var clients = try (0..<20).map { _ in try server.client() }
            for client in clients {
                client.write(get("/"))
                #expect(try client.read().text == "/")
            }
            Thread.sleep(forTimeInterval: 0.6)
            clients.removeFirst(10)
            Thread.sleep(forTimeInterval: 1.6)
            for client in clients { #expect(client.isClosed()) }
            // Others are served on.
            let late = try server.client()
            late.write(get("/late"))
            #expect(try late.read().text == "/late")
        }
    }

    @Test("A server with parked connections stops at once")
    func stopping() throws {
        var start = ContinuousClock.now
        try TestServer.run(limits: limits) { server in
            let clients = try (0..<20).map { _ in try server.client() }
            for client in clients {
                client.write(get("/"))
                #expect(try client.read().text == "/")
            }
            Thread.sleep(forTimeInterval: 0.6)
            start = .now
            server.server.stop(within: 2000)
            for client in clients { #expect(client.isClosed()) }
        }
        #expect(ContinuousClock.now - start < .seconds(1.5))
    }
}
