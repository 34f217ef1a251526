import Dispatch
import Logging

/// Accepts connections on one socket and deals them out to the loops in turn.
///
/// Unchecked: everything but `port` is touched on `queue` alone, once `start` has been called.
final class Listener: @unchecked Sendable {
    /// The port that is listened on.
    let port: Int

    /// How many refused connections may stay open for a moment, so that their clients can read why.
    static let lingering = 32

    private let socket: Socket
    private let admission: Admission
    private let loops: [Loop]
    private let logger: Logger
    private let queue = DispatchQueue(label: "gradd.listener")
    private let source: any DispatchSourceRead
    private let closed = DispatchGroup()
    private var nextLoop = 0
    private var exhausted = false
    private var refused = 0
    private var stopped = false

    init(
        host: String, port: Int, loops: [Loop], admission: Admission, logger: Logger
    ) throws(ListenError) {
        socket = try Socket.listen(host: host, port: port)
        self.port = socket.port
        self.loops = loops
        self.admission = admission
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
            case .accepted(let connection, let address):
                exhausted = false
                guard let ticket = admission.admit(address) else {
                    refuse(connection)
                    continue
                }
                // While the server stops some loops may have ended.
                if !loops.contains(where: { _ in nextInTurn.give(connection, ticket) }) { connection.close() }
            case .wouldBlock:
                return
            case .lost:
                continue
            case .exhausted(let number):
                return rest(number)
            }
        }
    }

    private var nextInTurn: Loop {
        defer { nextLoop = (nextLoop + 1) % loops.count }
        return loops[nextLoop]
    }

    /// Tells a client that there is no place, whatever it was going to ask.
    private func refuse(_ connection: Socket) {
        var response = ResponseWriter()
        response.prepare(version: .http11, isHead: false, closes: true)
        Problem.overloaded("The service has as many connections as it takes, in all or from one address.")
            .write(to: &response)
        _ = connection.send(response.body.unsent)
        connection.shutdownWriting()
        @Sendable func end() {
            connection.discardReceived()
            connection.close()
        }
        guard refused < Listener.lingering else { return end() }
        refused += 1
        queue.asyncAfter(deadline: .now() + .seconds(1)) { [self] in
            refused -= 1
            end()
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
