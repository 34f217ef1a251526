import Dispatch
import Logging
import Synchronization

@testable import Server

/// A server on a free port with a handler for each thing a test may want; stopped at the end of `run`.
struct TestServer {
    let server: HTTPServer
    let port: Int
    let probe: Probe

    static func run(
        threads: Int = 2, limits: Limits = Limits(), _ body: (TestServer) throws -> Void
    ) throws {
        let probe = Probe()
        let server = HTTPServer(
            host: "127.0.0.1", port: 0, threads: threads, limits: limits, handler: probe,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let port = try server.start()
        defer { server.stop(within: 2000) }
        try body(TestServer(server: server, port: port, probe: probe))
    }

    func client() throws -> Client { try Client(port: port) }
}

/// Answers `/echo` with the body, `/big?n` with n bytes, `/later` from another queue, `/gate` from another queue once the
/// gate is opened, `/nothing` not at all, and anything else with its path.
final class Probe: RequestHandler {
    private let gate = DispatchSemaphore(value: 0)
    private let count = Mutex(0)

    /// How many requests have been handled.
    var handled: Int { count.withLock { $0 } }

    func openGate() { gate.signal() }

    func handle(_ exchange: Exchange) -> Disposition {
        count.withLock { $0 += 1 }
        let request = exchange.request
        switch String(decoding: request.path, as: UTF8.self) {
        case "/echo":
            answer(exchange, request.body)
        case "/big":
            let size = request.query.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
            exchange.response.begin(.ok, contentType: "application/octet-stream")
            exchange.response.beginBody()
            exchange.response.body.reserve(size).initializeMemory(as: UInt8.self, repeating: 0x61, count: size)
            exchange.response.body.advance(size)
            exchange.response.end()
        case "/later":
            exchange.prepareToDetach()
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(50)) {
                self.answer(exchange, exchange.request.path)
                exchange.finish()
            }
            return .detached
        case "/at-once":
            DispatchQueue.global().async {
                self.answer(exchange, exchange.request.path)
                exchange.finish()
            }
            return .detached
        case "/gate":
            exchange.prepareToDetach()
            DispatchQueue.global().async {
                self.gate.wait()
                self.answer(exchange, exchange.request.path)
                exchange.finish()
            }
            return .detached
        case "/nothing":
            break
        default:
            answer(exchange, request.path)
        }
        return .answered
    }

    private func answer(_ exchange: Exchange, _ body: UnsafeRawBufferPointer) {
        exchange.response.begin(.ok, contentType: "application/octet-stream")
        exchange.response.beginBody()
        exchange.response.body.append(body)
        exchange.response.end()
    }
}

/// A request with no body.
func get(_ target: String, _ fields: String = "") -> String { "GET \(target) HTTP/1.1\r\nHost: x\r\n\(fields)\r\n" }
