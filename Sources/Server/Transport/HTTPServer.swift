import Dispatch
import Logging
import Synchronization

/// An HTTP/1.1 server: a listener and a loop for each thread.
final class HTTPServer: Sendable {
    private enum State {
        case ready
        case running(Listener, [Loop])
        case stopped
    }

    private let host: String
    private let port: Int
    private let threads: Int
    private let limits: Limits
    private let trustedProxies: [PeerAddress]
    private let handler: any RequestHandler
    private let logger: Logger
    private let observer: Observer
    private let state = Mutex(State.ready)
    private let running = DispatchGroup()

    /// - Parameters:
    ///   - host: a name or address of this machine.
    ///   - port: 0 takes a free one.
    ///   - threads: the number of loops, at least 1.
    ///   - trustedProxies: addresses that may have any number of connections.
    ///   - observer: sees what the loops do.
    init(
        host: String, port: Int, threads: Int, limits: Limits, trustedProxies: [PeerAddress] = [],
        handler: any RequestHandler, logger: Logger, observer: Observer = Observer()
    ) {
        self.host = host
        self.port = port
        self.threads = max(1, threads)
        self.limits = limits
        self.trustedProxies = trustedProxies
        self.handler = handler
        self.logger = logger
        self.observer = observer
    }

    /// Starts to serve, and returns the port that is listened on. To be called once.
    func start() throws(ListenError) -> Int {
        var loops: [Loop] = []
        for _ in 0..<threads {
            loops.append(try Loop(handler: handler, limits: limits, witness: observer.witness()))
        }
        let listener = try Listener(
            host: host, port: port, loops: loops, admission: Admission(limits, trusted: trustedProxies),
            logger: logger)
        for (number, loop) in loops.enumerated() { loop.start(name: "gradd.loop.\(number)", in: running) }
        listener.start()
        state.withLock { $0 = .running(listener, loops) }
        return listener.port
    }

    /// Closes idle connections, lets running requests be answered for `milliseconds` at most, and returns when all loops
    /// have ended. Until then who connects is answered, so that one who asks learns that the service is ending. Later
    /// calls do nothing.
    @discardableResult
    func stop(within milliseconds: Int = 10_000) -> Bool {
        let previous = state.withLock { state in
            defer { state = .stopped }
            return state
        }
        guard case .running(let listener, let loops) = previous else { return true }
        let deadline = Clock.milliseconds + Int64(milliseconds)
        for loop in loops { loop.stop(by: deadline) }
        // A handler that waits, against its promise, must not keep the process from ending.
        defer { listener.stop() }
        return running.wait(timeout: .now() + .milliseconds(milliseconds + 1000)) == .success
    }
}
