import Crypto
import Foundation

/// A request whose endpoint is known. Sendable, since the exchange goes to one thread at a time.
struct Work: Sendable {
    let exchange: Exchange
    /// Who asks.
    let owner: Owner
    let endpoint: Endpoint
    let names: [String]
    let query: [String: String]
    let representation: Representation
    /// What its `Idempotency-Key` stands for, where it has one.
    private(set) var claim: ReplyStore.Claim?

    init(
        exchange: Exchange, owner: Owner, endpoint: Endpoint, names: [String], query: [String: String],
        representation: Representation
    ) {
        (self.exchange, self.owner, self.endpoint, self.names) = (exchange, owner, endpoint, names)
        (self.query, self.representation) = (query, representation)
    }

    /// Whether the session, or graph, in the path comes to be with it.
    var creates: Bool {
        switch endpoint.access {
        case .newSession, .session(creating: true), .graph(creating: true): true
        default: false
        }
    }

    /// The graph that its path names.
    var graphName: String? { names.count > 1 ? names[1] : nil }

    /// A reply as it is kept on disk.
    func stored(_ reply: ReplyStore.Reply) -> StoredReply? {
        claim.map { claim in
            StoredReply(
                scope: claim.scope, key: claim.key, digest: reply.digest, response: reply.response,
                expiry: Date(timeIntervalSinceNow: TimeInterval(ReplyStore.lifetime.components.seconds)))
        }
    }

    /// Its `Idempotency-Key`; safe methods need none, and theirs is not looked at.
    /// - Throws: `Problem` 400 for what cannot be a key.
    var key: String? {
        get throws(Problem) {
            let fields = exchange.request.fields
            guard endpoint.method.isUnsafe, let value = fields["idempotency-key"] else { return nil }
            guard fields.count(of: "idempotency-key") == 1, (1...255).contains(value.count),
                value.allSatisfy({ (0x20...0x7E).contains($0) })
            else {
                var problem = Problem.badRequest("Idempotency-Key is one field of 1 to 255 printable ASCII characters.")
                problem.actual = "\(fields.count(of: "idempotency-key")) of \(value.count) bytes"
                throw problem
            }
            return String(decoding: value, as: UTF8.self)
        }
    }

    /// The request with its key claimed, if it has one.
    /// - Throws: `Problem` 400 for what cannot be a key, 409 while the first request of that key is running.
    func claimed(in scope: ReplyStore.Scope, _ replies: ReplyStore) throws(Problem) -> Work {
        guard let key = try key else { return self }
        guard let claim = replies.claim(key, in: scope) else { throw Problem.runningKey(key) }
        var work = self
        work.claim = claim
        return work
    }

    /// Gives a detached exchange back, with its reply.
    func finish() {
        // First, so that a client may ask again as soon as it has its reply.
        owner.leave()
        exchange.finish()
    }

    /// What a request that is sent again must be equal in: method, target and body.
    var digest: [UInt8] {
        var hash = SHA256()
        let request = exchange.request
        hash.update(data: "\(request.method.token) ".utf8.map { $0 })
        hash.update(bufferPointer: request.path)
        if let query = request.query {
            hash.update(data: [UInt8(ascii: "?")])
            hash.update(bufferPointer: query)
        }
        hash.update(data: [UInt8(ascii: " ")])
        hash.update(bufferPointer: request.body)
        return Array(hash.finalize())
    }
}

extension Method {
    /// Whether it asks for a change (RFC 9110, 9.2.1).
    fileprivate var isUnsafe: Bool { self != .get && self != .head && self != .options }
    /// Whether its body has a meaning here.
    var hasBody: Bool { self == .post || self == .put }
}

extension Problem {
    static func reusedKey(_ key: String) -> Problem {
        var problem = Problem(
            "/problems/idempotency-key-reused", "Idempotency-Key reused", .unprocessableContent,
            "This Idempotency-Key came with another request before: a new request takes a new key.")
        (problem.expected, problem.actual) = ("the method, target and body that it came with first", key)
        return problem
    }

    fileprivate static func runningKey(_ key: String) -> Problem {
        var problem = Problem(
            "/problems/conflict", "Conflict", .conflict,
            "The first request with this Idempotency-Key is still running: ask again when it may be done.")
        (problem.actual, problem.retryAfter) = (key, 1)
        return problem
    }
}
