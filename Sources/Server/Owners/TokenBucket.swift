import Synchronization

/// Bounds a rate: a bucket that holds a second's worth of tokens, and is filled at that rate. Each request takes one.
///
/// All that it keeps is the time at which it will be full again (the generic cell rate algorithm of ITU-T I.371).
struct TokenBucket: ~Copyable, Sendable {
    /// Nanoseconds in which a token comes.
    private let interval: Int64
    private static let second: Int64 = 1_000_000_000
    private let fullAt = Atomic<Int64>(.min)

    /// - Parameter rate: tokens a second; nil: any number.
    init(rate: Int?) { interval = rate.map { TokenBucket.second / Int64($0) } ?? 0 }

    /// Takes a token.
    /// - Returns: how many nanoseconds there is none; nil where one was taken.
    func take(at now: @autoclosure () -> Int64 = Clock.nanoseconds) -> Int64? {
        guard interval > 0 else { return nil }
        let now = now()
        var old = fullAt.load(ordering: .relaxed)
        while true {
            let new = max(old, now) + interval
            let wait = new - now - TokenBucket.second
            guard wait <= 0 else { return wait }
            let (isTaken, current) = fullAt.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if isTaken { return nil }
            old = current
        }
    }
}
