/// A JSON number taken apart: `± digits × 10^exponent`, with the place of its digits in the text.
///
/// The text must stay in place while this is used: it holds pointers into it.
struct DecimalText {
    var negative = false
    /// The number without its sign; only its first 19 significant digits when `isTruncated`.
    var significand: UInt64 = 0
    /// The power of ten that `significand` is to be multiplied by.
    var exponent = 0
    var isTruncated = false
    /// The significant digits, possibly with a point among them, from the first that is not 0.
    var digits = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// The power of ten of the last of `digits`.
    var lastExponent = 0

    /// Scans by the grammar of RFC 8259, section 6, and never reads at or beyond `end`.
    ///
    /// Returns where the number ends, or where it goes wrong.
    @inline(__always)
    static func scan(
        _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, into decimal: inout DecimalText
    ) -> NumberEnd {
        var p = start
        guard p < end else { return NumberEnd(p, .incomplete) }
        decimal.negative = p.pointee == UInt8(ascii: "-")
        if decimal.negative {
            p += 1
            guard p < end else { return NumberEnd(p, .incomplete) }
        }

        var first = p
        var value: UInt64 = 0
        digits(&p, end, &value)
        var digitCount = p - first
        guard digitCount > 0 else { return NumberEnd(p, .notANumber) }
        guard first.pointee != UInt8(ascii: "0") || digitCount == 1 else { return NumberEnd(first + 1, .notANumber) }

        var exponent = 0
        if p < end, p.pointee == UInt8(ascii: ".") {
            p += 1
            let fraction = p
            digits(&p, end, &value)
            guard p > fraction else { return NumberEnd(p, p < end ? .notANumber : .incomplete) }
            exponent = fraction - p
            digitCount -= exponent
        }
        let last = p
        let lastExponent = exponent

        var written = 0
        if p < end, p.pointee | 0x20 == UInt8(ascii: "e") {
            p += 1
            var negative = false
            if p < end, p.pointee == UInt8(ascii: "-") || p.pointee == UInt8(ascii: "+") {
                negative = p.pointee == UInt8(ascii: "-")
                p += 1
            }
            let exponentStart = p
            while p < end, p.pointee &- 0x30 < 10 {
                // Beyond any count of digits that fits memory, more makes no difference.
                if written < 1 << 56 { written = written &* 10 &+ Int(p.pointee &- 0x30) }
                p += 1
            }
            guard p > exponentStart else { return NumberEnd(p, p < end ? .notANumber : .incomplete) }
            if negative { written = 0 &- written }
            exponent &+= written
        }

        decimal.isTruncated = false
        if digitCount > 19 {
            // Zeros in front do not count.
            while first < last, first.pointee == UInt8(ascii: "0") || first.pointee == UInt8(ascii: ".") {
                digitCount &-= first.pointee == UInt8(ascii: "0") ? 1 : 0
                first += 1
            }
            if digitCount > 19 {
                decimal.isTruncated = true
                value = 0
                var q = first
                for _ in 0..<19 {
                    if q.pointee == UInt8(ascii: ".") { q += 1 }
                    value = value &* 10 &+ UInt64(q.pointee &- 0x30)
                    q += 1
                }
                exponent &+= digitCount &- 19
            }
        }
        decimal.significand = value
        decimal.exponent = exponent
        decimal.digits = UnsafeBufferPointer(start: first, count: last - first)
        decimal.lastExponent = lastExponent &+ written
        return NumberEnd(p, .ok)
    }

    /// Appends the digits at `p` to `value`, which wraps around when there are too many.
    @inline(__always)
    private static func digits(_ p: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ value: inout UInt64) {
        while end - p >= 8 {
            // Eight bytes are within the text, as just checked.
            let bytes = EightDigits.load(p) ^ EightDigits.zeros
            guard EightDigits.nonDigits(bytes) == 0 else { break }
            value = value &* 100_000_000 &+ EightDigits.value(bytes)
            p += 8
        }
        while p < end, p.pointee &- 0x30 < 10 {
            value = value &* 10 &+ UInt64(p.pointee &- 0x30)
            p += 1
        }
    }

    /// How the number's magnitude compares with `significand × 2^exponent`: below 0 when less, 0 when equal.
    ///
    /// Exact. Only called where the two agree to some 16 digits or more, so the exponents are within what the floating
    /// types span and the work is bounded, however long the text.
    @inline(never)
    func compareMagnitude(_ significand: UInt64, _ exponent: Int) -> Int {
        // The midpoint of two doubles has at most 767 digits: of what follows 800 it only counts whether it is 0.
        let limit = 800
        var left = ExactNatural(0)
        var taken = 0
        var power = lastExponent
        var chunk: UInt64 = 0
        var chunkScale: UInt64 = 1
        var rest = 0
        var restIsZero = true
        for byte in digits where byte != UInt8(ascii: ".") {
            if taken < limit {
                chunk = chunk &* 10 &+ UInt64(byte &- 0x30)
                chunkScale = chunkScale &* 10
                if chunkScale == 10_000_000_000_000_000_000 {
                    left.multiply(by: chunkScale, adding: chunk)
                    chunk = 0
                    chunkScale = 1
                }
                taken &+= 1
            } else {
                rest &+= 1
                if byte != UInt8(ascii: "0") { restIsZero = false }
            }
        }
        left.multiply(by: chunkScale, adding: chunk)
        if rest > 0 {
            // One digit stands for the rest.
            left.multiply(by: 10, adding: restIsZero ? 0 : 1)
            power &+= rest &- 1
        }

        var right = ExactNatural(significand)
        if power >= 0 { left.multiply(byPowerOfTen: power) } else { right.multiply(byPowerOfTen: 0 &- power) }
        if exponent >= 0 { right.shiftLeft(exponent) } else { left.shiftLeft(0 &- exponent) }
        return left.compare(right)
    }
}
