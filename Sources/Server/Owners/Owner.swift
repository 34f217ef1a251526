import Engine
import Synchronization

/// Whom sessions belong to: those who have the keys of one name. Without keys all callers are one owner.
final class Owner: Sendable {
    /// As in the file of keys; empty without keys.
    let name: String
    /// What its arrays and nodes take up, and may.
    let account: Account
    let sessions: SessionStore
    private let quotas: Quotas
    private let bucket: TokenBucket
    /// Requests that were let in and are not answered yet; counted where there is a quota of them.
    private let running = Atomic<Int>(0)

    /// - Parameter account: its own.
    init(_ name: String, _ quotas: Quotas, account: Account, replies: ReplyStore, archive: Archive?) {
        (self.name, self.quotas, self.account) = (name, quotas, account)
        sessions = SessionStore(
            of: name, account: account, replies: replies, archive: archive,
            limit: quotas.sessions ?? .max,
            listsMadeUp: !name.isEmpty)
        bucket = TokenBucket(rate: quotas.rate)
    }

    /// Lets a request in, and answers it. What is detached then is counted until `leave`.
    /// - Throws: `Problem` 429 where there are too many, and what `answer` throws.
    func admit(_ answer: () throws -> Disposition) throws -> Disposition {
        try enter()
        do {
            let disposition = try answer()
            if disposition == .answered { leave() }
            return disposition
        } catch {
            leave()
            throw error
        }
    }

    private func enter() throws(Problem) {
        if let limit = quotas.concurrency {
            var count = running.load(ordering: .relaxed)
            while true {
                guard count < limit else { throw .tooManyRunning(limit: limit) }
                let (isDone, current) = running.weakCompareExchange(
                    expected: count, desired: count + 1, ordering: .relaxed)
                if isDone { break }
                count = current
            }
        }
        if let rate = quotas.rate, let wait = bucket.take() {
            leave()
            throw .tooManyRequests(rate: rate, nanoseconds: wait)
        }
    }

    /// A request that was let in has been answered.
    func leave() {
        if quotas.concurrency != nil { running.subtract(1, ordering: .relaxed) }
    }
}
