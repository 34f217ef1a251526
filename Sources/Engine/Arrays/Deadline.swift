#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// When a computation has to end, whether it is done or not.
public struct Deadline: Sendable {
    /// On the clock of `now`.
    let milliseconds: Int64

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// So many seconds from now.
    public init(secondsFromNow seconds: Int) { milliseconds = Deadline.now + Int64(seconds) * 1000 }

    /// There is none.
    public static let never = Deadline(milliseconds: .max)

    /// To be called where much has been done, or much is about to be.
    /// - Throws: `EngineError.Kind.time` where it has passed.
    @inline(__always)
    public func check() throws {
        if milliseconds < .max { try compare() }
    }

    private func compare() throws {
        guard Deadline.now >= milliseconds else { return }
        throw EngineError(
            .time, "The computation took longer than a request may: nothing was changed. Ask for less at once.")
    }

    /// Milliseconds of a clock that never jumps, exact to some of them, which takes a fifth of the time of an exact one.
    private static var now: Int64 {
        #if os(Linux)
            let clock = CLOCK_MONOTONIC_COARSE
        #else
            let clock = CLOCK_MONOTONIC
        #endif
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// Looks at the account's deadline once in a while, in long work that takes no memory.
struct Pace {
    private let deadline = Account.current.deadline
    private var left = Pace.stretch
    /// Additions between two looks: about a millisecond.
    private static let stretch = 1 << 20

    /// - Parameter work: about how many additions come next.
    /// - Throws: `EngineError.Kind.time`.
    @inline(__always)
    mutating func spend(_ work: Int) throws {
        left &-= work
        if left < 0 { try look() }
    }

    private mutating func look() throws {
        left = Pace.stretch
        try deadline.check()
    }
}
