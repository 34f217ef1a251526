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
    public static let width = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    /// Elements of simple work that are worth a thread: some tens of microseconds.
    public static let grain = 1 << 16

    /// Calls `body` for parts of `0..<count`, in no order, at once where there is enough to do. What it writes for one
    /// part it must neither read nor write for another.
    /// - Parameter grain: the least that is worth a thread.
    @inline(__always)
    public static func forEach(_ count: Int, grain: Int = Parallel.grain, _ body: (Range<Int>) -> Void) {
        guard width > 1, count / max(grain, 1) > 1 else { return body(0..<count) }
        // More parts than cores, so that a core that comes late, or has something else to do, leaves the others its part.
        share(count, in: min(4 * width, count / max(grain / 2, 1)), body)
    }

    private static func share(_ count: Int, in parts: Int, _ body: (Range<Int>) -> Void) {
        var length = (count + parts - 1) / parts
        // Parts of many elements begin on a cache line, where their array does.
        if length >= 1024 { length = (length + 63) & ~63 }
        Team.shared.run((count + length - 1) / length) { part in
            body(part * length..<min((part + 1) * length, count))
        }
    }
}
