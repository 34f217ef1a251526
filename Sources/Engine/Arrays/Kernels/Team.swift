import Dispatch
import Processor
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Threads that do the parts of one piece of work at a time. The caller does what nobody else has begun, so that it never
/// waits for a thread to wake: that takes as long as to add some 10^5 numbers. For the same reason a helper, a thread of
/// Dispatch's, looks out for the next work for a moment before it goes.
///
/// The job is written only while the team is closed and no helper is inside, by the one caller that has the team; `state`
/// publishes it.
final class Team: Sendable {
    static let shared = Team()

    private let helpers = Parallel.width - 1
    private static let patience = Duration.microseconds(200)

    /// Whether somebody's work is being done.
    private let isTaken = Atomic<Bool>(false)
    /// 1 where the team is open, and 2 for each helper inside.
    private let state = Atomic<Int>(0)
    /// The parts that nobody has begun; negative where they were asked for in vain.
    private let left = Atomic<Int>(0)
    /// Where the caller works.
    private let core = Atomic<Int>(-1)
    /// The helpers that work, look out, or were called.
    private let present = Atomic<Int>(0)
    nonisolated(unsafe) private var job: (Int) -> Void = { _ in }

    private init() {}

    /// Calls `body` for each of the numbers below `parts`; alone where the team has other work.
    func run(_ parts: Int, _ body: (Int) -> Void) {
        guard !isTaken.exchange(true, ordering: .acquiring) else { return (0..<parts).forEach(body) }
        withoutActuallyEscaping(body) { body in
            job = body
            left.store(parts, ordering: .relaxed)
            core.store(Core.current, ordering: .relaxed)
            state.store(1, ordering: .releasing)
            callHelpers(parts - 1)
            work()
            var inside = state.subtract(1, ordering: .acquiring).newValue
            while inside > 0 {
                sched_yield()
                inside = state.load(ordering: .acquiring)
            }
            job = { _ in }
        }
        isTaken.store(false, ordering: .releasing)
    }

    private func callHelpers(_ wanted: Int) {
        while present.load(ordering: .relaxed) < min(wanted, helpers) {
            present.add(1, ordering: .relaxed)
            DispatchQueue.global(qos: .userInitiated).async { self.help() }
        }
    }

    /// Never inlined: what it holds of the job is let go when it returns.
    @inline(never)
    private func work() {
        while true {
            let part = left.subtract(1, ordering: .relaxed).newValue
            guard part >= 0 else { return }
            job(part)
        }
    }

    private func help() {
        var end = ContinuousClock.now + Team.patience
        while ContinuousClock.now < end {
            guard left.load(ordering: .relaxed) > 0 else {
                // Whoever else has something to do on this core goes first.
                sched_yield()
                continue
            }
            Core.leave(core.load(ordering: .relaxed))
            guard enter() else { continue }
            work()
            state.subtract(2, ordering: .releasing)
            end = ContinuousClock.now + Team.patience
        }
        present.subtract(1, ordering: .relaxed)
    }

    /// Whether the team is open, and stays so until this helper leaves.
    private func enter() -> Bool {
        var seen = state.load(ordering: .relaxed)
        while seen & 1 == 1 {
            let (isEntered, now) = state.compareExchange(expected: seen, desired: seen + 2, ordering: .acquiring)
            if isEntered { return true }
            seen = now
        }
        return false
    }
}

/// The processor's cores, as Linux counts them.
private enum Core {
    #if os(Linux)
        static var current: Int { Int(processor_current_core()) }

        /// Goes to another core if this thread is on that one. Linux likes to wake a thread on the core that it is called
        /// from, on a virtual machine even while another one idles; the two take turns there then, and it lets them.
        static func leave(_ core: Int) {
            // 1024 cores, as many as the C library's own set has.
            var allowed = InlineArray<16, UInt>(repeating: 0)
            let size = UInt(MemoryLayout.size(ofValue: allowed))
            guard core == current, (0..<1024).contains(core), processor_get_cores(0, size, &allowed) == 0 else {
                return
            }
            var others = allowed
            others[core / UInt.bitWidth] &= ~(1 << UInt(core % UInt.bitWidth))
            // It stays there when all are allowed again. Where there is no other, this fails.
            if processor_set_cores(0, size, &others) == 0 { _ = processor_set_cores(0, size, &allowed) }
        }
    #else
        static var current: Int { -1 }
        static func leave(_: Int) {}
    #endif
}
