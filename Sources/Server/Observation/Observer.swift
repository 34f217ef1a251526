import Synchronization

/// Sees what the loops do: each through a witness of its own, so that they do not wait for one another.
final class Observer: Sendable {
    /// The templates of the routes, by number; the first is that of requests that have none.
    let routes: [String]
    private let log: (sink: LogSink, format: LogFormat)?
    private let tallies = Mutex<[Tally]>([])

    /// - Parameter log: where a line for each answer goes; nil: nowhere.
    init(routes: [String] = [""], log: (sink: LogSink, format: LogFormat)? = nil) {
        (self.routes, self.log) = (routes, log)
    }

    /// A witness for one more loop.
    func witness() -> Witness {
        let tally = Tally(routes: routes.count)
        tallies.withLock { $0.append(tally) }
        guard let log else { return Witness(tally, log: nil) }
        return Witness(tally, log: AccessLog(log.sink, log.format, routes: routes))
    }

    /// What all loops have counted.
    struct Total {
        var routes: [RouteTally]
        var received = 0
        var sent = 0
        var accepted = 0
        var closed = 0
        var inFlight = 0
    }

    var total: Total {
        var total = Total(routes: Array(repeating: RouteTally(), count: routes.count))
        for tally in tallies.withLock({ $0 }) {
            for (index, route) in tally.byRoute.enumerated() { total.routes[index].add(route) }
            total.received += tally.received.value
            total.sent += tally.sent.value
            // In this order, so that no connection is seen to close before it was accepted.
            total.closed += tally.closed.value
            total.accepted += tally.accepted.value
            total.inFlight += tally.inFlight.value
        }
        return total
    }
}

/// Sees what one loop does. It is the loop's, and touched on its thread alone.
final class Witness {
    let tally: Tally
    private var log: AccessLog?
    /// The id of the next request that brings none: where they begin is drawn, so that no other loop, nor the service when
    /// it is started again, gives the same.
    private var nextID = UInt64.random(in: 0 ... .max)

    init(_ tally: Tally, log: consuming AccessLog?) {
        self.tally = tally
        self.log = log
    }

    func makeID() -> Identifier {
        nextID &+= 1
        return .made(nextID)
    }

    /// What a request is known by.
    func id(of request: Request) -> Identifier { Identifier.request(request.fields) ?? makeID() }

    /// The trace that a request belongs to, where a log is to tell it.
    func trace(of request: Request) -> Identifier? { log == nil ? nil : Identifier.trace(request.fields) }

    func saw(_ answer: Answer) {
        tally.count(answer)
        log?.append(answer)
    }

    /// The loop has done what there was to do.
    func endTurn() { log?.flush() }
}
