import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Work on large arrays, spread over the processor's cores.
enum Parallel {
    /// The cores.
    static let width = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    /// Elements of simple work that are worth waking another thread for: some tens of microseconds.
    static let grain = 1 << 16

    /// Calls `body` for parts of `0..<count`, in no order, at once where there is enough to do. What it writes for one
    /// part it must neither read nor write for another.
    /// - Parameter grain: the least part that is worth a thread.
    @inline(__always)
    static func forEach(_ count: Int, grain: Int = Parallel.grain, _ body: (Range<Int>) -> Void) {
        let parts = min(width, count / max(grain, 1))
        guard parts > 1 else { return body(0..<count) }
        let length = (count + parts - 1) / parts
        // Safe: all calls are over when this returns, and each has a part of its own to write to, which is what callers
        // promise.
        nonisolated(unsafe) let body = body
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            let start = min(part * length, count)
            body(start..<min(start + length, count))
        }
    }
}
