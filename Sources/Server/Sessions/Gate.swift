import DequeModule
import Dispatch
import Synchronization

/// Lets one job at a time into a session. Nobody waits holding a thread: a job that finds it taken stands in line, and
/// is done by whoever comes out, so that no thread is woken for it.
final class Gate: Sendable {
    /// What is done inside.
    struct Job: Sendable {
        /// Whether a loop may begin it.
        let isBrief: Bool
        /// Does it, knowing whether on a loop; false where it goes on elsewhere and leaves from there.
        let run: @Sendable (_ isOnLoop: Bool) -> Bool
    }

    private struct State {
        var isTaken = false
        var line = Deque<Job>()
    }
    private let state = Mutex(State())
    /// How many jobs of others a loop does before it goes back to its own.
    private static let favours = 16

    /// Enters if nobody is inside. Whoever entered calls `leave`.
    func tryEnter() -> Bool {
        state.withLock { state in
            if state.isTaken { return false }
            state.isTaken = true
            return true
        }
    }

    /// Does a job when its turn comes: on another thread, or on that of whoever comes out.
    func enter(_ job: Job) {
        let entered = state.withLock { state in
            if state.isTaken {
                state.line.append(job)
                return false
            }
            state.isTaken = true
            return true
        }
        if entered { runElsewhere(job) }
    }

    /// Comes out, and does what stands in line.
    func leave(isOnLoop: Bool) {
        var favours = isOnLoop ? Gate.favours : .max
        while let job = next() {
            guard favours > 0, job.isBrief || !isOnLoop else { return runElsewhere(job) }
            favours -= 1
            guard job.run(isOnLoop) else { return }
        }
    }

    /// The next in line; where there is none the gate is free.
    private func next() -> Job? {
        state.withLock { state in
            let job = state.line.popFirst()
            state.isTaken = job != nil
            return job
        }
    }

    private func runElsewhere(_ job: Job) {
        DispatchQueue.global().async { if job.run(false) { self.leave(isOnLoop: false) } }
    }
}
