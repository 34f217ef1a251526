#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The time of day as the `Date` field wants it (IMF-fixdate, RFC 9110, 5.6.7), written anew once a second.
struct HTTPDate {
    /// The length of every date, in bytes.
    static let length = 29

    private var second: time_t = -1
    private var text: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// Appends the present date to `buffer`.
    mutating func append(to buffer: inout OutputBuffer) {
        let now = time(nil)
        if now != second {
            second = now
            withUnsafeMutableBytes(of: &text) { Self.write(Int(now), into: $0) }
        }
        withUnsafeBytes(of: text) { buffer.append(UnsafeRawBufferPointer(rebasing: $0[..<Self.length])) }
    }

    /// Writes the date that is `seconds` after the start of 1970 UTC into the first 29 bytes of `target`.
    static func write(_ seconds: Int, into target: UnsafeMutableRawBufferPointer) {
        let day = Int((Double(seconds) / 86_400).rounded(.down))
        let clock = seconds - day * 86_400
        let date = civil(day)
        var at = 0
        func put(_ text: StaticString, from offset: Int, count: Int) {
            for i in 0..<count { target[at + i] = text.utf8Start[offset + i] }
            at += count
        }
        func put(_ number: Int, width: Int) {
            var rest = number
            for i in stride(from: width - 1, through: 0, by: -1) {
                target[at + i] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
                rest /= 10
            }
            at += width
        }
        // The first day of 1970 was a Thursday.
        put("ThuFriSatSunMonTueWed", from: (day % 7 + 7) % 7 * 3, count: 3)
        put(", ", from: 0, count: 2)
        put(date.day, width: 2)
        put(" ", from: 0, count: 1)
        put("JanFebMarAprMayJunJulAugSepOctNovDec", from: (date.month - 1) * 3, count: 3)
        put(" ", from: 0, count: 1)
        put(date.year, width: 4)
        put(" ", from: 0, count: 1)
        put(clock / 3600, width: 2)
        put(":", from: 0, count: 1)
        put(clock / 60 % 60, width: 2)
        put(":", from: 0, count: 1)
        put(clock % 60, width: 2)
        put(" GMT", from: 0, count: 4)
    }

    /// The Gregorian date `days` after 1970-01-01, counted in eras of 400 years that start on the first of March
    /// (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
