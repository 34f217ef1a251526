import Dispatch

/// One client: its socket, its buffers, and where it stands.
///
///     state      waits for      becomes
///     reading    bytes          answering for each whole request; flushing when replies do not fit the socket
///     answering  its handler    reading; out of the poll set when detached
///     streaming  more of a body reading; out of the poll set
///     flushing   room to send   reading, or draining or closed after the last reply
///     draining   the end        closed at the end of input, or when its time or bytes are used up
///
/// Every step returns what the loop is to do with it. Replies of one turn go out in one send, and nothing is read while
/// any are unsent, so a client that does not read cannot make the server buffer without bound.
///
/// Unchecked, because it is owned by one thread at a time: its loop, or, while an exchange is detached, nobody but the
/// exchange, or, while a body is streamed, the thread that writes it; both give it back through the loop's lock.
final class Connection: ExchangeOwner, @unchecked Sendable {
    /// What a connection needs from its loop after a step; `reply`: to send what it has written, with others'.
    enum Next { case read, reply, write, detached, close }

    private enum State { case reading, answering, streaming, draining, closed }

    /// Replies to pipelined requests are sent when so many bytes of them are waiting.
    private static let highWater = 256 * 1024

    let socket: Socket
    /// The place in the loop's poll set, or among the parked; the loop's business.
    var slot = 0
    /// When the connection is late, on the clock of `Clock`.
    var deadline: Int64 = .max

    /// Whether it came when the server was stopping, which does not wait for it.
    let isGuest: Bool
    private var ticket: Admission.Ticket?
    let loop: Loop
    let limits: Limits
    private let exchange = Exchange()
    var input = InputBuffer()
    private var claim = MemoryClaim()
    var parser: RequestParser
    private var state = State.reading
    var wait = Wait.none
    /// Whether replies wait to be sent, and nothing else to be answered.
    private var isStarved = false
    /// Set with the last reply: the connection is closed once it is sent.
    private var closesAfterReplies = false
    /// Whether the client may still be sending, so that closing at once could destroy the reply on its way.
    private var drains = false
    private var drainedBytes = 0
    /// A request whose reply is still being written, once it is sent.
    private var streamed: Answer?
    /// Watches the socket while it is not polled; made when that is first wanted.
    private var watch: IdleWatch?

    init(_ socket: Socket, _ ticket: Admission.Ticket, loop: Loop, limits: Limits) {
        self.socket = socket
        self.ticket = ticket
        isGuest = loop.isStopping
        self.loop = loop
        self.limits = limits
        parser = RequestParser(limits: limits)
        exchange.belong(to: self)
    }

    /// Starts the clock of a connection just accepted.
    func open() {
        loop.witness.tally.accepted.add(1)
        arm(.idle)
    }

    /// Closes the socket and lets go of everything. The loop calls it, once, when the connection is in no poll set.
    /// - Parameter isLate: whether the loop has ended, and is told nothing any more.
    func close(isLate: Bool = false) {
        guard state != .closed else { return }
        state = .closed
        if !isLate {
            loop.witness.tally.closed.add(1)
            endStream()
        }
        if watch == nil { socket.close() } else { watch?.close() }
        exchange.close()
        ticket = nil
        claim.take(0, of: loop.handler)
    }

    /// Whether nothing is expected of the client soon.
    var isIdle: Bool {
        wait == .idle && state == .reading && loop.now - (deadline - limits.idleTimeout) >= limits.parkAfter
    }

    /// The connection is in no poll set any more: has the loop told when the client sends something.
    func park() {
        if watch == nil { watch = IdleWatch(socket) { [self] in loop.wake(self) } } else { watch?.park() }
    }

    /// The client has sent something, or gone.
    /// - Returns: whether the connection is still open.
    func unpark() -> Bool {
        watch?.hasWoken()
        return state != .closed
    }

    /// The socket is ready, or broken.
    func ready() -> Next {
        if state == .draining { return drain() }
        if exchange.response.body.count > 0 { return proceed() }
        let room = input.room(forMessageOf: parser.neededCount)
        guard !room.isEmpty, claim.take(input.capacity, of: loop.handler) else {
            return reject(.overloaded("The bodies that are received, and all arrays, take up all memory there is."))
        }
        switch socket.receive(into: room) {
        case .moved(let count):
            input.received(count)
            loop.witness.tally.received.add(count)
            return gather()
        case .wouldBlock:
            return .read
        case .ended, .failed:
            // Every whole request has been answered before this was read; one that was cut short is dropped.
            return .close
        }
    }

    /// The handler has given a detached exchange back; the connection is in the poll set again.
    func resume() -> Next {
        switch state {
        case .answering: settle()
        case .streaming:
            state = .reading
            if !exchange.response.hasMore { endStream() }
        default: return .close
        }
        return proceed()
    }

    /// The server is stopping: whether the connection can be closed at once, since nothing is owed to its client.
    func canStop() -> Bool { state == .reading && input.isEmpty && !owesReplies && !isGuest }

    private var owesReplies: Bool { exchange.response.body.count > 0 || exchange.response.hasMore }

    /// Has more of a body written: elsewhere, since a piece of a long one takes longer than a loop may.
    private func stream() -> Next {
        state = .streaming
        wait = .none
        DispatchQueue.global().async { [self] in
            exchange.response.writeMore()
            loop.give(self)
        }
        return .detached
    }

    func takeBack() { loop.give(self) }

    func sendEarlierResponses() {
        let earlier = exchange.response.earlier
        guard !earlier.isEmpty, case .moved(let count) = socket.send(earlier) else { return }
        loop.witness.tally.sent.add(count)
        exchange.response.sent(count)
    }

    /// Answers what has arrived, and leaves the sending to `proceed`.
    private func gather() -> Next {
        switch answer() {
        case .needMore where !owesReplies:
            armForInput()
            return .read
        case .needMore: isStarved = true
        case .full: break
        case .detached: return .detached
        }
        return .reply
    }

    /// Sends the answers and answers what has arrived, in turn, until one of the two must wait.
    func proceed() -> Next {
        var starved = isStarved
        isStarved = false
        while true {
            switch flush() {
            case .done: break
            case .blocked: return .write
            case .broken: return .close
            }
            if exchange.response.hasMore { return stream() }
            if closesAfterReplies { return finishReplies() }
            if starved {
                armForInput()
                return .read
            }
            switch answer() {
            case .needMore: starved = true
            case .full: break
            case .detached: return .detached
            }
        }
    }

    private enum Answered { case needMore, full, detached }

    /// Answers every whole request in the buffer.
    private func answer() -> Answered {
        while !closesAfterReplies {
            do throws(Rejection) {
                guard case .request = try parser.advance(in: &input), let request = parser.request(in: input) else {
                    if parser.takeContinue() { exchange.response.writeContinue() }
                    return .needMore
                }
                exchange.begin(
                    request, closes: !parser.framing.keepsAlive || loop.isStopping, id: loop.witness.id(of: request),
                    at: loop.time)
            } catch {
                refuse(error)
                continue
            }
            state = .answering
            loop.witness.tally.inFlight.add(1)
            guard loop.handler.handle(exchange) == .answered else {
                wait = .none
                return .detached
            }
            settle()
            if exchange.response.body.count > Self.highWater || exchange.response.hasMore { return .full }
        }
        return .full
    }

    /// The response to the request in hand has been written: makes room for the next.
    private func settle() {
        if !exchange.response.isDone { Problem.unanswered.write(to: &exchange.response) }
        closesAfterReplies = exchange.response.closes
        report()
        nextMessage()
        state = .reading
    }

    /// Tells of the reply that was written; of one that is not yet whole when it is.
    private func report() {
        var answer = Answer(exchange, trace: loop.witness.trace(of: exchange.request))
        if exchange.response.hasMore {
            answer.keep()
            streamed = answer
        } else {
            loop.witness.saw(answer)
            loop.witness.tally.inFlight.add(-1)
        }
    }

    /// Tells of the reply that was written in pieces, as far as it came.
    private func endStream() {
        guard var answer = streamed else { return }
        streamed = nil
        (answer.bytes, answer.ended) = (exchange.response.byteCount, Clock.nanoseconds)
        loop.witness.saw(answer)
        loop.witness.tally.inFlight.add(-1)
    }

    private func nextMessage() {
        input.consume(parser.messageCount)
        claim.take(input.capacity, of: loop.handler)
        parser.reset()
        wait = .none
        drains = !input.isEmpty
    }

    /// Answers a request that no handler sees.
    private func refuse(_ rejection: Rejection) {
        let closes = rejection.closes || !parser.framing.keepsAlive || loop.isStopping
        exchange.response.prepare(
            version: parser.version, isHead: parser.isHead, closes: closes, id: loop.witness.makeID())
        rejection.problem.write(to: &exchange.response)
        loop.witness.saw(Answer(exchange.response, method: parser.method, began: loop.time))
        closesAfterReplies = closes
        if !rejection.closes {
            nextMessage()
        } else {
            drains = true
        }
    }

    func reject(_ problem: Problem) -> Next {
        refuse(Rejection(problem))
        return proceed()
    }

    private enum Flushed { case done, blocked, broken }

    /// Sends what is written, as far as the socket takes it.
    private func flush() -> Flushed {
        while exchange.response.body.count > 0 {
            switch socket.send(exchange.response.body.unsent) {
            case .moved(let count):
                exchange.response.sent(count)
                loop.witness.tally.sent.add(count)
                wait = .none
            case .wouldBlock, .ended:
                if wait != .write { arm(.write) }
                return .blocked
            case .failed:
                return .broken
            }
        }
        return .done
    }

    /// All replies are sent, and the connection is to be closed.
    private func finishReplies() -> Next {
        guard drains else { return .close }
        state = .draining
        socket.shutdownWriting()
        arm(.drain)
        return .read
    }

    /// Reads on and throws away (RFC 9112, 9.6): closing with unread bytes would reset the connection, and the client
    /// might lose the reply.
    private func drain() -> Next {
        if !input.isEmpty {
            input.consume(input.count)
            claim.take(input.capacity, of: loop.handler)
        }
        switch socket.receive(into: input.room(forMessageOf: 0)) {
        case .moved(let count):
            drainedBytes += count
            return drainedBytes > limits.lingerBytes ? .close : .read
        case .wouldBlock: return .read
        case .ended, .failed: return .close
        }
    }
}
