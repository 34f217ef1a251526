/// Times what a request is made of, for `Server-Timing`; and when its reply was written.
///
/// It is its exchange's, and goes from thread to thread with it.
final class Stopwatch {
    /// What time is spent on.
    enum Phase: Int { case parse, compute, encode }

    /// Whether phases are timed; `start` begins.
    private(set) var isRunning = false
    /// When the reply was written, on `Clock`.
    private(set) var end: Int64 = 0
    private var phase = Phase.parse
    private var since: Int64 = 0
    private var spent: (parse: Int64, compute: Int64, encode: Int64) = (0, 0, 0)

    /// Starts anew, with `parse`.
    func start() {
        isRunning = true
        (phase, since, spent) = (.parse, Clock.nanoseconds, (0, 0, 0))
    }

    /// Forgets what was timed.
    func reset() { isRunning = false }

    /// From now on time is spent on `next`.
    func enter(_ next: Phase) {
        if isRunning, next != phase { turn(to: next, at: Clock.nanoseconds) }
    }

    /// The reply is written.
    func stop() {
        end = Clock.nanoseconds
        if isRunning { turn(to: phase, at: end) }
        isRunning = false
    }

    private func turn(to next: Phase, at now: Int64) {
        switch phase {
        case .parse: spent.parse += now - since
        case .compute: spent.compute += now - since
        case .encode: spent.encode += now - since
        }
        (phase, since) = (next, now)
    }

    /// The header field, as wide whatever the times are, so that it can be written before they are known.
    static let field: StaticString =
        "Server-Timing: parse;dur=0.00000, compute;dur=0.00000, encode;dur=0.00000\r\n"
    /// Where in it the times stand, and what tells of the last.
    private static let places = (parse: 25, compute: 46, encode: 66)
    private static let encodePart = 53..<73

    /// Writes the times into the field that starts at `offset`.
    /// - Parameter isWhole: whether the body was encoded; else that is still to come, and left out.
    func write(to out: inout OutputBuffer, at offset: Int, isWhole: Bool) {
        out.patch(milliseconds: spent.parse, at: offset + Stopwatch.places.parse)
        out.patch(milliseconds: spent.compute, at: offset + Stopwatch.places.compute)
        if isWhole {
            out.patch(milliseconds: spent.encode, at: offset + Stopwatch.places.encode)
        } else {
            // Spaces behind a value count for nothing (RFC 9110, 5.5).
            let part = Stopwatch.encodePart
            out.overwrite(at: offset + part.lowerBound, String(repeating: " ", count: part.count))
        }
    }
}

extension OutputBuffer {
    /// Writes `nanoseconds` as milliseconds over seven characters at an offset: six digits, and a point where it shows most
    /// of them. More than 100 s are told as that.
    mutating func patch(milliseconds nanoseconds: Int64, at offset: Int) {
        var (unit, whole) = (Int64(10), 1)
        while whole < 5, nanoseconds >= unit * 1_000_000 { (unit, whole) = (unit * 10, whole + 1) }
        var rest = min(nanoseconds / unit, 999_999)
        for place in stride(from: 6, through: 0, by: -1) where place != whole {
            overwrite(at: offset + place, UInt8(truncatingIfNeeded: 0x30 + rest % 10))
            rest /= 10
        }
        overwrite(at: offset + whole, UInt8(ascii: "."))
    }
}
