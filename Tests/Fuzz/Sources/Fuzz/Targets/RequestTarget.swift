import Dispatch
import Logging

/// A connection's bytes, each request of them answered by the whole service, in memory.
enum RequestTarget {
    /// Stands for the connection: has the request's thread wait for a detached exchange.
    ///
    /// Unchecked: a semaphore is all it has.
    private final class Waiter: ExchangeOwner, @unchecked Sendable {
        let isBack = DispatchSemaphore(value: 0)
        func sendEarlierResponses() {}
        func takeBack() { isBack.signal() }
    }

    private static let limits: Limits = {
        var limits = Limits()
        limits.body = 1 << 16
        return limits
    }()

    static func run(_ bytes: UnsafeRawBufferPointer) {
        guard let owners = try? Owners(keys: nil, .none, byteLimit: 1 << 24) else {
            preconditionFailure("no keys are read, and yet it throws")
        }
        let api = API(
            logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }, owners: owners,
            browsers: BrowserRules(isLoopback: true, allowedHosts: ["x"], allowedOrigins: []), metrics: Metrics())
        let waiter = Waiter()
        let exchange = Exchange()
        exchange.belong(to: waiter)
        defer { exchange.close() }
        var input = InputBuffer()
        var parser = RequestParser(limits: limits)
        input.append(bytes)
        while true {
            do throws(Rejection) {
                guard case .request = try parser.advance(in: &input), let request = parser.request(in: input) else {
                    return
                }
                exchange.begin(request, closes: !parser.framing.keepsAlive, id: .made(0), at: 0)
                if api.handle(exchange) == .detached { waiter.isBack.wait() }
            } catch {
                exchange.response.prepare(version: parser.version, isHead: parser.isHead, closes: error.closes)
                error.problem.write(to: &exchange.response)
                if error.closes { return check(exchange) }
            }
            check(exchange)
            input.consume(parser.messageCount)
            parser.reset()
        }
    }

    /// Every request has one whole answer, and none is a defect of the service.
    private static func check(_ exchange: Exchange) {
        precondition(exchange.response.isDone, "no whole answer")
        let start = String(decoding: exchange.response.body.unsent.prefix(12), as: UTF8.self)
        precondition(start.hasPrefix("HTTP/1.1 ") && start != "HTTP/1.1 500", start)
        while exchange.response.hasMore {
            exchange.response.writeMore()
            exchange.response.sent(exchange.response.body.count)
        }
        exchange.response.sent(exchange.response.body.count)
    }
}
