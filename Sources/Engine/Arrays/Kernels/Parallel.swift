import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Work on large arrays, spread over the processor's cores.
public enum Parallel {
    /// The cores.
    static let width = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    /// Elements of simple work that are worth a thread: some tens of microseconds.
    static let grain = 1 << 16

    /// So many grains are done between two looks at the account's deadline, at most.
    private static let patience = 64

    /// Calls `body` for parts of `0..<count`, in no order, at once where there is enough to do. What it writes for one
    /// part it must neither read nor write for another.
    /// - Parameter grain: the least that is worth a thread.
    /// - Throws: `EngineError.Kind.time` where parts were left out since the account's deadline had passed, and what
    ///   `body` throws.
    @inline(__always)
    static func forEach(_ count: Int, grain: Int = Parallel.grain, _ body: (Range<Int>) throws -> Void) throws {
        guard count / max(grain, 1) > 1 else { return try body(0..<count) }
        // More parts than cores, so that a core that comes late, or has something else to do, leaves the others its part.
        let parts = max(4 * width, count / max(grain, 1) / patience)
        try share(count, in: min(parts, count / max(grain / 2, 1)), body)
    }

    /// Does two things at once, where there are two cores. What one writes the other neither reads nor writes.
    public static func both(_ first: () -> Void, _ second: () -> Void) {
        Team.shared.run(2) { part in part == 0 ? first() : second() }
    }

    private static func share(_ count: Int, in parts: Int, _ body: (Range<Int>) throws -> Void) throws {
        var length = (count + parts - 1) / parts
        // Parts of many elements begin on a cache line, where their array does.
        if length >= 1024 { length = (length + 63) & ~63 }
        let account = Account.current
        let failure = Mutex<(any Error)?>(nil)
        Team.shared.run((count + length - 1) / length) { part in
            do {
                try account.deadline.check()
                // Helpers are to find it too.
                try account.charged { try body(part * length..<min((part + 1) * length, count)) }
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
