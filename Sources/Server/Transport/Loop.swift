import Dispatch
import Foundation
import Synchronization

/// A thread that serves the connections given to it: it waits until one can be read or written, and never for anything
/// else.
///
/// Unchecked: `mail` is guarded by its lock; everything else is touched by the loop's own thread alone, from `run` on.
final class Loop: @unchecked Sendable {
    /// What other threads give to the loop.
    private enum Gift {
        case accepted(Socket, Admission.Ticket)
        case returned(Connection)
        /// A parked connection whose client has sent something.
        case woken(Connection)
    }

    private struct Mail {
        var gifts: [Gift] = []
        /// Whether the loop waits, or is about to, without knowing of the gifts.
        var sleeps = false
        /// Until when, on `Clock`, running requests may be answered; nil while the server runs.
        var stopBy: Int64?
        var ended = false
    }

    /// How many replies wait for one another.
    private static let batch = 16

    /// How often a loop that was just busy looks before it sleeps.
    private static let looks = 40
    /// For how long it does not, in milliseconds, after it had to wait for its core.
    private static let calm: Int64 = 50

    let handler: any RequestHandler
    let limits: Limits
    let witness: Witness
    /// The time at the start of this turn, in nanoseconds of `Clock`.
    private(set) var time = Clock.nanoseconds
    /// The same in milliseconds.
    var now: Int64 { time / 1_000_000 }
    private(set) var isStopping = false

    private let mail = Mutex(Mail())
    private let pipe: WakePipe
    private var polled = PollSet()
    /// Beside the slots of `polled`; slot 0 is the pipe's.
    private var connections: [Connection?] = [nil]
    /// Connections that are idle, and watched elsewhere.
    private var parked: [Connection] = []
    private var gifts: [Gift] = []
    /// Connections whose replies are written, and sent together: a client that has several wakes once for them.
    private var replying: [Connection] = []
    private var detached = 0
    private var nextSweep: Int64 = 0
    /// Whether the last turn found a socket ready.
    private var hasServed = false
    /// Until when it sleeps at once.
    private var calmUntil: Int64 = 0

    init(handler: any RequestHandler, limits: Limits, witness: Witness) throws(ListenError) {
        self.handler = handler
        self.limits = limits
        self.witness = witness
        pipe = try WakePipe()
        polled.append(pipe.reader, .read)
    }

    /// Runs the loop on a thread of its own, and leaves `group` when it has ended.
    func start(name: String, in group: DispatchGroup) {
        group.enter()
        let thread = Thread {
            self.run()
            group.leave()
        }
        thread.name = name
        // Handlers run on it, and may recurse.
        thread.stackSize = 8 * 1024 * 1024
        thread.start()
    }

    /// Gives the loop a socket just accepted. From any thread.
    /// - Returns: false when the loop has ended.
    func give(_ socket: Socket, _ ticket: Admission.Ticket) -> Bool { deliver(.accepted(socket, ticket)) }

    /// Gives a connection that was detached back to its loop. From any thread.
    func give(_ connection: Connection) {
        // A loop that has ended touches its connections no more, so whoever comes late closes his.
        if !deliver(.returned(connection)) { connection.close(isLate: true) }
    }

    /// Tells the loop that the client of a parked connection has sent something. From any thread.
    func wake(_ connection: Connection) {
        // A loop that has ended has closed it.
        if !deliver(.woken(connection)) { _ = connection.unpark() }
    }

    /// Has the loop close idle connections, answer what is being asked until `deadline` on `Clock`, and end. Who connects
    /// until then is served, but does not keep it from ending.
    func stop(by deadline: Int64) {
        mail.withLock { $0.stopBy = deadline }
        pipe.wake()
    }

    /// False when the loop has ended.
    private func deliver(_ gift: Gift) -> Bool {
        let (taken, wakes) = mail.withLock { mail -> (Bool, Bool) in
            guard !mail.ended else { return (false, false) }
            mail.gifts.append(gift)
            defer { mail.sleeps = false }
            return (true, mail.sleeps)
        }
        if wakes { pipe.wake() }
        return taken
    }

    private func run() {
        while true {
            let stopBy = takeMail()
            time = Clock.nanoseconds
            let hasGifts = !gifts.isEmpty
            unwrapGifts()
            if let stopBy {
                isStopping = true
                closeIdle()
                let isOwed = detached > 0 || connections.contains { $0.map { !$0.isGuest } ?? false }
                if !isOwed || now >= stopBy { break }
            }
            let ready = lookAround() ?? polled.wait(hasGifts ? 0 : patience)
            time = Clock.nanoseconds
            hasServed = ready > 0
            serve(ready)
            if now >= nextSweep { sweep() }
            witness.endTurn()
        }
        end()
        witness.endTurn()
    }

    /// Looks some more times before the loop goes to sleep: a client on this machine gets to send its next requests
    /// meanwhile, more are found at once, and fewer sleeps and wakes are paid for, which cost more than a small request.
    /// Not where somebody else works on its core, and takes a whole slice of it each time.
    /// - Returns: the ready sockets; nil where there is none yet.
    private func lookAround() -> Int? {
        guard hasServed, detached == 0, now >= calmUntil else { return nil }
        let start = Clock.milliseconds
        for _ in 0..<Loop.looks {
            Socket.yield()
            let ready = polled.wait(0)
            // All looks together take some 20 µs where nobody else wants the core.
            if Clock.milliseconds > start + 1 { calmUntil = start + Loop.calm }
            if ready > 0 { return ready }
            if calmUntil > now { return nil }
        }
        return nil
    }

    /// How long to wait for a socket, in milliseconds: until the next sweep, or for ever when there is nothing to sweep.
    private var patience: Int32 {
        guard polled.count > 1 || !parked.isEmpty || isStopping else { return -1 }
        return Int32(clamping: max(0, min(nextSweep, now + limits.sweepInterval) - now))
    }

    /// Takes what was given since the last turn, and tells givers whether they must wake the loop.
    private func takeMail() -> Int64? {
        mail.withLock { mail in
            swap(&mail.gifts, &gifts)
            mail.sleeps = gifts.isEmpty
            return mail.stopBy
        }
    }

    private func unwrapGifts() {
        for gift in gifts {
            switch gift {
            case .accepted(let socket, let ticket):
                let connection = Connection(socket, ticket, loop: self, limits: limits)
                add(connection)
                connection.open()
            case .returned(let connection):
                detached -= 1
                add(connection)
                perform(connection.resume(), on: connection)
            case .woken(let connection):
                guard connection.unpark() else { continue }
                unlistParked(connection)
                add(connection)
                perform(connection.ready(), on: connection)
            }
        }
        gifts.removeAll(keepingCapacity: true)
        sendReplies()
    }

    private func serve(_ ready: Int) {
        var left = ready
        // Downwards, since a slot that is removed is filled by the last, which has been seen by then.
        var slot = polled.count - 1
        while left > 0 && slot > 0 {
            if polled.isReady(slot) {
                left -= 1
                if let connection = connections[slot] { perform(connection.ready(), on: connection) }
                if replying.count >= Loop.batch { sendReplies() }
            }
            slot -= 1
        }
        if left > 0 { pipe.drain() }
        sendReplies()
    }

    private func sendReplies() {
        for connection in replying { perform(connection.proceed(), on: connection) }
        replying.removeAll(keepingCapacity: true)
    }

    private func perform(_ next: Connection.Next, on connection: Connection) {
        switch next {
        case .read: polled.set(connection.slot, .read)
        case .reply: replying.append(connection)
        case .write: polled.set(connection.slot, .write)
        case .detached:
            detached += 1
            remove(connection)
        case .close:
            remove(connection)
            connection.close()
        }
    }

    private func add(_ connection: Connection) {
        connection.slot = polled.count
        polled.append(connection.socket, .read)
        connections.append(connection)
    }

    private func remove(_ connection: Connection) {
        let slot = connection.slot
        polled.remove(slot)
        let last = connections.removeLast()
        if slot < connections.count {
            connections[slot] = last
            last?.slot = slot
        }
    }

    /// Looks for connections that are late. One look serves all timeouts, so that no request pays for a timer.
    private func sweep() {
        nextSweep = now + limits.sweepInterval
        for slot in stride(from: connections.count - 1, to: 0, by: -1) {
            guard let connection = connections[slot] else { continue }
            if connection.deadline <= now {
                perform(connection.late(), on: connection)
            } else if polled.count > limits.polledConnections, connection.isIdle {
                park(connection)
            }
        }
        for connection in parked where connection.deadline <= now {
            unlistParked(connection)
            connection.close()
        }
    }

    // MARK: Parking

    private func park(_ connection: Connection) {
        remove(connection)
        connection.slot = parked.count
        parked.append(connection)
        connection.park()
    }

    private func unlistParked(_ connection: Connection) {
        let last = parked.removeLast()
        if last !== connection {
            parked[connection.slot] = last
            last.slot = connection.slot
        }
    }

    private func closeIdle() {
        for slot in stride(from: connections.count - 1, to: 0, by: -1) {
            guard let connection = connections[slot], connection.canStop() else { continue }
            perform(.close, on: connection)
        }
        closeParked()
    }

    private func closeParked() {
        for connection in parked { connection.close() }
        parked = []
    }

    private func end() {
        // Before others are told that it has ended: who wakes one then is alone with it.
        closeParked()
        let late = mail.withLock { mail in
            mail.ended = true
            defer { mail.gifts = [] }
            return mail.gifts
        }
        for gift in late {
            switch gift {
            case .accepted(let socket, _): socket.close()
            case .returned(let connection): connection.close()
            case .woken(let connection): _ = connection.unpark()
            }
        }
        for connection in connections { connection?.close() }
        connections = [nil]
        // The pipe stays open until the loop is released: a giver may be about to wake it.
    }

    deinit { pipe.close() }
}
