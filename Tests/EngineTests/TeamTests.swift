import Dispatch
import Synchronization
import Testing

@testable import Engine

/// Work that is shared out is done once, whoever does it.
@Suite("The team of threads")
struct TeamTests {
    /// Counts how often each part is done.
    private func counts(_ parts: Int, _ run: (Int, (Int) -> Void) -> Void) -> [Int] {
        var counts = [Int](repeating: 0, count: parts)
        counts.withUnsafeMutableBufferPointer { counts in
            // Each part counts for itself, so that one done twice at once may be counted once: the sum below is atomic.
            nonisolated(unsafe) let counts = counts
            let sum = Atomic<Int>(0)
            run(parts) { part in
                counts[part] += 1
                sum.add(1, ordering: .relaxed)
            }
            #expect(sum.load(ordering: .relaxed) == parts)
        }
        return counts
    }

    @Test("does each part exactly once, over and over", arguments: [0, 1, 2, 3, 7, 64, 1000])
    func once(parts: Int) {
        for _ in 0..<2000 / (parts + 1) + 20 {
            #expect(counts(parts, Team.shared.run) == Array(repeating: 1, count: parts))
        }
    }

    @Test("does work within work, alone")
    func nested() {
        let sum = Atomic<Int>(0)
        for _ in 0..<50 {
            Team.shared.run(8) { outer in
                Team.shared.run(16) { inner in sum.add(outer * 16 + inner, ordering: .relaxed) }
            }
        }
        #expect(sum.load(ordering: .relaxed) == 50 * (0..<128).reduce(0, +))
    }

    @Test("serves many callers at once, each with its own work")
    func concurrent() {
        let wrong = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: 6) { caller in
            for round in 0..<200 {
                let sum = Atomic<Int>(0)
                Team.shared.run(32) { part in sum.add(part * caller + round, ordering: .relaxed) }
                if sum.load(ordering: .relaxed) != 496 * caller + 32 * round { wrong.add(1, ordering: .relaxed) }
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
    }

    @Test("has ended all parts, and let go of the work, when it returns")
    func letsGo() {
        final class Guest: Sendable {}
        weak var held: Guest?
        for _ in 0..<200 {
            let guest = Guest()
            held = guest
            let done = Atomic<Int>(0)
            Team.shared.run(16) { _ in
                withExtendedLifetime(guest) { _ = done.add(1, ordering: .relaxed) }
            }
            #expect(done.load(ordering: .relaxed) == 16)
        }
        #expect(held == nil)
    }

    @Test(
        "covers every number of a range once, for any grain", arguments: [1, 2, 5, 1000, 4097, 1 << 18],
        [1, 3, 1 << 10])
    func ranges(count: Int, grain: Int) throws {
        let sum = Atomic<Int>(0)
        let size = Atomic<Int>(0)
        try Parallel.forEach(count, grain: grain) { part in
            size.add(part.count, ordering: .relaxed)
            sum.add(part.reduce(0, +), ordering: .relaxed)
        }
        #expect(size.load(ordering: .relaxed) == count)
        #expect(sum.load(ordering: .relaxed) == count * (count - 1) / 2)
    }
}
