import DequeModule
import Synchronization

/// Replies to requests that carried an `Idempotency-Key`: a request that is sent again gets the first one's reply.
///
/// A reply is kept for a day, no longer than its session, and while there is room: the oldest go first.
final class ReplyStore: Sendable {
    /// Whom a key belongs to.
    enum Scope: Hashable, Sendable {
        /// The session in the path, by its number.
        case session(Int)
        /// Where the path names none: who asks, by name.
        case owner(String)
    }

    /// What a request with a key was given. Whoever has claimed a key settles it.
    struct Claim: Sendable {
        let scope: Scope
        let key: String
        /// Nil for the first request of that key.
        let kept: Reply?
    }

    /// A reply, and what it answered.
    struct Reply: Sendable {
        /// Of method, target and body: SHA-256.
        let digest: [UInt8]
        let response: StoredResponse
        /// The change that it tells of, where changes are kept on disk and it is of this run.
        var ticket: Journal.Ticket?
    }

    private enum Entry {
        case running
        case kept(Reply, number: Int)
    }

    private struct State {
        var entries: [Scope: [String: Entry]] = [:]
        /// All that was kept, the oldest first; what is gone from `entries` counts until its turn comes, so that this
        /// is bounded too.
        var line = Deque<(scope: Scope, key: String, number: Int, size: Int, expiry: ContinuousClock.Instant)>()
        var bytes = 0
        var count = 0

        mutating func remove(_ key: String, in scope: Scope) {
            entries[scope]?[key] = nil
            if entries[scope]?.isEmpty == true { entries[scope] = nil }
        }

        mutating func keep(_ reply: Reply, of key: String, in scope: Scope, until expiry: ContinuousClock.Instant) {
            count += 1
            let size = reply.response.size + key.utf8.count + ReplyStore.overhead
            entries[scope, default: [:]][key] = .kept(reply, number: count)
            line.append((scope, key, count, size, expiry))
            bytes += size
        }

        /// Lets go of what is too old, or too much.
        mutating func trim(to byteLimit: Int, at now: ContinuousClock.Instant) {
            while let oldest = line.first, oldest.expiry <= now || bytes > byteLimit {
                line.removeFirst()
                bytes -= oldest.size
                if case .kept(_, oldest.number)? = entries[oldest.scope]?[oldest.key] {
                    remove(oldest.key, in: oldest.scope)
                }
            }
        }
    }

    private let state = Mutex(State())
    private let byteLimit: Int
    static let lifetime = Duration.seconds(86_400)
    /// What an entry takes beside its reply and its key.
    private static let overhead = 256

    /// - Parameter byteLimit: what all replies may take together.
    init(byteLimit: Int = ReplyStore.byteLimit) { self.byteLimit = byteLimit }

    /// What all replies may take together, in memory and on disk.
    static let byteLimit = 64 << 20

    /// Claims a key.
    /// - Returns: nil where the first request of that key is still running.
    func claim(_ key: String, in scope: Scope, at now: ContinuousClock.Instant = .now) -> Claim? {
        state.withLock { state in
            state.trim(to: byteLimit, at: now)
            switch state.entries[scope]?[key] {
            case .running: return nil
            case .kept(let reply, _): return Claim(scope: scope, key: key, kept: reply)
            case nil:
                state.entries[scope, default: [:]][key] = .running
                return Claim(scope: scope, key: key, kept: nil)
            }
        }
    }

    /// Keeps the first request's reply, or forgets the key where the request failed.
    func settle(_ claim: Claim, _ reply: Reply?, at now: ContinuousClock.Instant = .now) {
        guard claim.kept == nil else { return }
        state.withLock { state in
            // The session may be gone, and its keys with it.
            guard case .running? = state.entries[claim.scope]?[claim.key] else { return }
            guard let reply else { return state.remove(claim.key, in: claim.scope) }
            state.keep(reply, of: claim.key, in: claim.scope, until: now + ReplyStore.lifetime)
            state.trim(to: byteLimit, at: now)
        }
    }

    /// Brings back a reply that was kept elsewhere.
    func restore(_ stored: StoredReply, at now: ContinuousClock.Instant = .now) {
        let left = stored.expiry.timeIntervalSinceNow
        guard left > 0 else { return }
        let reply = Reply(digest: stored.digest, response: stored.response)
        state.withLock { state in
            state.keep(reply, of: stored.key, in: stored.scope, until: now + .seconds(left))
            state.trim(to: byteLimit, at: now)
        }
    }

    /// Forgets the reply to a change that was lost.
    func forget(_ claim: Claim, of ticket: Journal.Ticket) {
        state.withLock { state in
            guard case .kept(let reply, _)? = state.entries[claim.scope]?[claim.key], reply.ticket == ticket else {
                return
            }
            state.remove(claim.key, in: claim.scope)
        }
    }

    /// Forgets the replies of a session that is over.
    func forget(_ session: Int) {
        state.withLock { $0.entries[.session(session)] = nil }
    }
}
