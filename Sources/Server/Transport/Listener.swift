import Dispatch
import Logging

/// Accepts connections on one socket and deals them out to the loops in turn.
///
/// Unchecked: everything but `port` is touched on `queue` alone, once `start` has been called.
final class Listener: @unchecked Sendable {
    /// The port that is listened on.
    let port: Int

    private let socket: Socket
    private let loops: [Loop]
    private let logger: Logger
    private let queue = DispatchQueue(label: "gradd.listener")
    private let source: any DispatchSourceRead
    private let closed = DispatchGroup()
    private var nextLoop = 0
    private var exhausted = false
    private var stopped = false

    init(host: String, port: Int, loops: [Loop], logger: Logger) throws(ListenError) {
        socket = try Socket.listen(host: host, port: port)
        self.port = socket.port
        self.loops = loops
        self.logger = logger
        source = DispatchSource.makeReadSource(fileDescriptor: socket.descriptor, queue: queue)
    }

    /// Starts accepting. Must be called once: a source released before it is active ends the process.
    func start() {
        // The source keeps the listener until it is cancelled, which lets go of its handlers.
        source.setEventHandler { [self] in acceptAll() }
        closed.enter()
        // Only here is it certain that the descriptor's number is no longer watched.
        source.setCancelHandler { [socket, closed] in
            socket.close()
            closed.leave()
        }
        source.activate()
    }

    /// Stops accepting; when it returns, the port is free and new connections are refused.
    func stop() {
        queue.sync {
            guard !stopped else { return }
            stopped = true
            source.cancel()
        }
        closed.wait()
    }

    private func acceptAll() {
        while !stopped {
            switch socket.accept() {
            case .accepted(let connection):
                exhausted = false
                loops[nextLoop].give(connection)
                nextLoop = (nextLoop + 1) % loops.count
            case .wouldBlock:
                return
            case .lost:
                continue
            case .exhausted(let number):
                return rest(number)
            }
        }
    }

    /// Out of descriptors the source would fire without end: it rests, and clients wait in the backlog. The queue serves
    /// nothing else, and a timer might need a descriptor of its own, so it simply sleeps.
    private func rest(_ number: Int32) {
        if !exhausted {
            logger.warning(
                "cannot accept connections for now; raise the limit of open files", metadata: ["errno": "\(number)"])
        }
        exhausted = true
        Socket.sleep(milliseconds: 100)
    }
}
