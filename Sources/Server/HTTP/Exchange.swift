/// What answers requests. It is called on a loop's thread and must never wait.
protocol RequestHandler: Sendable {
    func handle(_ exchange: Exchange) -> Disposition
    /// Takes memory for a body that is being received.
    /// - Returns: whether there is room for it.
    func reserve(bytes: Int) -> Bool
    /// Gives it back.
    func release(bytes: Int)
}

extension RequestHandler {
    func reserve(bytes: Int) -> Bool { true }
    func release(bytes: Int) {}
}

/// What a handler did with an exchange.
enum Disposition: Sendable {
    /// The whole response has been written to `exchange.response`.
    case answered
    /// The handler has taken the exchange over; it writes the response and calls `exchange.finish()` exactly once, later,
    /// from any thread.
    case detached
}

/// The connection that an exchange belongs to.
protocol ExchangeOwner: AnyObject, Sendable {
    /// Sends the responses to earlier requests, on the loop's thread, as far as that is possible without waiting.
    func sendEarlierResponses()
    /// Takes the exchange back from the handler that had detached it.
    func takeBack()
}

/// One request and its response; a connection uses the same one for all its requests.
///
/// Unchecked, because it is owned by one thread at a time: by its loop until `handle` is called, then by the handler,
/// which passes it on by its own means, until it returns `.answered` or calls `finish`, which gives it back through the
/// loop's lock.
final class Exchange: @unchecked Sendable {
    private(set) var request = Request()
    var response = ResponseWriter()
    /// The number of the request's route; 0 where it has none, or none that is known yet.
    var route = 0
    /// When its loop found it, on `Clock`.
    private(set) var began: Int64 = 0
    // A cycle with the connection, which keeps both alive while a handler has the exchange; `close` breaks it.
    private var owner: (any ExchangeOwner)?

    /// Tells the exchange whom it belongs to. Called once, before the first request.
    func belong(to owner: any ExchangeOwner) { self.owner = owner }

    /// Lets go of the connection, which has been closed.
    func close() {
        owner = nil
        request = Request()
    }

    /// Starts the next exchange.
    /// - Parameter id: valid as long as the request.
    func begin(_ request: Request, closes: Bool, id: Identifier, at time: Int64) {
        (self.request, route, began) = (request, 0, time)
        response.prepare(version: request.version, isHead: request.method == .head, closes: closes, id: id)
    }

    /// Sends the responses to earlier requests of the same connection now, so that they need not wait for this one.
    /// A handler calls it on the loop's thread, before it passes the exchange to another and returns `.detached`.
    func prepareToDetach() { owner?.sendEarlierResponses() }

    /// Gives a detached exchange back to its connection, which sends the response. The caller must not touch the
    /// exchange, nor any pointer it got from it, afterwards.
    func finish() { owner?.takeBack() }
}
