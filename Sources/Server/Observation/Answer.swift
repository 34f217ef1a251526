/// A request that was answered, as counts and log lines tell of it.
struct Answer {
    /// The number of its route; 0 where it has none.
    var route = 0
    /// Nil where it was none that is known.
    var method: Method?
    var status: Int
    /// Of the whole reply.
    var bytes: Int
    /// From when its loop found it whole until its reply was written, on `Clock`.
    var began: Int64
    var ended: Int64
    var id: Identifier?
    var trace: Identifier?

    /// In nanoseconds.
    var duration: Int64 { max(0, ended - began) }

    /// Has it outlive the request.
    mutating func keep() { (id, trace) = (id?.owned, trace?.owned) }
}

extension Answer {
    /// What an exchange's handler has answered.
    init(_ exchange: Exchange, trace: Identifier?) {
        self.init(exchange.response, method: exchange.request.method, began: exchange.began)
        (route, self.trace) = (exchange.route, trace)
    }

    /// A reply that was written; of a request that no handler saw, say.
    init(_ response: borrowing ResponseWriter, method: Method?, began: Int64) {
        self.init(
            method: method, status: response.status.code, bytes: response.byteCount, began: began,
            ended: response.stopwatch.end, id: response.id)
    }
}
