import DequeModule
import Dispatch
import Synchronization

/// Lets one job at a time into a session. Nobody waits holding a thread: a job that finds it taken stands in line.
final class Gate: Sendable {
    typealias Job = @Sendable () -> Void

    private struct State {
        var isTaken = false
        var line = Deque<Job>()
    }
    private let state = Mutex(State())

    /// Enters if nobody is inside. Whoever entered calls `leave`.
    func tryEnter() -> Bool {
        state.withLock { state in
            if state.isTaken { return false }
            state.isTaken = true
            return true
        }
    }

    /// Runs a job inside, on another thread, when its turn comes; it calls `leave` at its end.
    func enter(_ job: @escaping Job) {
        let entered = state.withLock { state in
            if state.isTaken {
                state.line.append(job)
                return false
            }
            state.isTaken = true
            return true
        }
        if entered { DispatchQueue.global().async(execute: job) }
    }

    /// Leaves, or lets the next in.
    func leave() {
        let next = state.withLock { state in
            let next = state.line.popFirst()
            state.isTaken = next != nil
            return next
        }
        if let next { DispatchQueue.global().async(execute: next) }
    }
}
