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
    /// Whether a loop's job is inside: it is out again within microseconds.
    private let isBrief = Atomic<Bool>(false)

    /// Enters if nobody is inside. Whoever entered calls `leave`.
    ///
    /// Where another loop's job is inside it looks again some thousand times first: that is shorter than handing the
    /// request over to another thread and back, and never longer than some microseconds.
    func tryEnter() -> Bool {
        for _ in 0..<6000 where isBrief.load(ordering: .relaxed) {}
        return state.withLock { state in
            if state.isTaken { return false }
            state.isTaken = true
            isBrief.store(true, ordering: .relaxed)
            return true
        }
    }

    /// Goes on off the loop, inside.
    func stayOffLoop() { isBrief.store(false, ordering: .relaxed) }

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
            isBrief.store(false, ordering: .relaxed)
            return next
        }
        if let next { DispatchQueue.global().async(execute: next) }
    }
}
