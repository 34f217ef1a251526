import Dispatch
import Foundation
import Synchronization

/// Writes lines to a descriptor from a queue of its own: whoever logs never waits for whoever reads. When that one does not
/// keep up, lines are dropped, and counted.
final class LogSink: Sendable {
    /// When what is pending will be written.
    private enum Due: Int { case never, soon, now }

    private struct State {
        var pending: [UInt8] = []
        var due = Due.never
        var dropped = 0
    }

    private let descriptor: Int32
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "gradd.log")

    /// The most bytes that wait to be written.
    private static let limit = 1 << 20
    /// From so many bytes on they are written at once.
    private static let much = 1 << 16
    /// How long lines that are not urgent are collected, so that the queue's thread is not woken for each.
    private static let pause = DispatchTimeInterval.milliseconds(20)

    init(descriptor: Int32 = STDERR_FILENO) { self.descriptor = descriptor }

    /// How many lines were dropped.
    var dropped: Int { state.withLock { $0.dropped } }

    /// Takes lines over.
    func take(_ lines: inout LogLines, isUrgent: Bool) {
        let due = state.withLock { state -> Due in
            guard state.pending.count + lines.text.count <= LogSink.limit else {
                state.dropped += lines.count
                return .never
            }
            state.pending.append(contentsOf: lines.text.unsent)
            let due: Due = isUrgent || state.pending.count > LogSink.much ? .now : .soon
            guard due.rawValue > state.due.rawValue else { return .never }
            state.due = due
            return due
        }
        lines.removeAll()
        switch due {
        case .never: break
        case .soon: queue.asyncAfter(deadline: .now() + LogSink.pause) { self.drain() }
        case .now: queue.async { self.drain() }
        }
    }

    /// Waits until all lines are written, for so many seconds at most.
    func flush(within seconds: Int) {
        let done = DispatchSemaphore(value: 0)
        queue.async {
            self.drain()
            done.signal()
        }
        _ = done.wait(timeout: .now() + .seconds(seconds))
    }

    private func drain() {
        let lines = state.withLock { state in
            defer { (state.pending, state.due) = ([], .never) }
            return state.pending
        }
        guard !write(lines) else { return }
        let count = lines.count { $0 == UInt8(ascii: "\n") }
        state.withLock { $0.dropped += count }
    }

    /// False where nobody can read any more.
    private func write(_ lines: [UInt8]) -> Bool {
        lines.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let part = UnsafeRawBufferPointer(rebasing: rest)
                let count = Foundation.write(descriptor, part.baseAddress, part.count)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN || errno == EWOULDBLOCK {
                    // Another program with the same standard error has made it not block.
                    Thread.sleep(forTimeInterval: 0.01)
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}
