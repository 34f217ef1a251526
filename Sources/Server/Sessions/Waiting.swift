import Synchronization

/// How many requests wait, for their turn in a session or for a thread.
final class Waiting: Sendable {
    private let count = Atomic<Int>(0)
    private let limit: Int

    /// How many there are.
    var value: Int { count.load(ordering: .relaxed) }

    init(limit: Int) { self.limit = limit }

    /// One more waits.
    /// - Returns: false where there is no room for it.
    func enter() -> Bool {
        if count.add(1, ordering: .relaxed).newValue <= limit { return true }
        leave()
        return false
    }

    /// One that has begun waits again, whatever there is room for.
    func reenter() { count.add(1, ordering: .relaxed) }

    /// One begins.
    func leave() { count.subtract(1, ordering: .relaxed) }
}
