/// Shortest decimal digits of binary floating numbers: R. Giulietti, "The Schubfach way to render doubles" (2020).
///
/// Of the shortest decimals that read back the same the one closest to the number is found. Both functions take the
/// number as `c × 2^q` with `c > 0`, and 1 where its lower neighbour is closer than its upper one, which is so at powers
/// of two, else 0. They return digits and a power of ten; the digits may end in zeros.
enum Schubfach {
    /// For significands of at most 24 bits.
    @inline(__always)
    static func shortest32(
        _ c: UInt32, _ q: Int, _ closer: Int, _ powers: PowersOfTen
    ) -> (digits: UInt64, exponent: Int) {
        let odd = UInt64(c & 1)
        let k = exponent(q, closer)
        let h = UInt64(truncatingIfNeeded: q &+ floorLog2PowerOfTen(0 &- k) &+ 1)
        let power = powers.roundedUp64(0 &- k)

        // Four times the number and the ends of what rounds to it, in units of 10^k.
        let product = power.multipliedFullWidth(by: (UInt64(c) << 2) &<< h)
        let value = UInt128(product.high) << 64 | UInt128(product.low)
        // To the ends it is half a unit of `c`, downwards only a quarter where the lower neighbour is closer.
        let half = UInt128(power &>> (63 &- h)) << 64 | UInt128(power &<< (h &+ 1))
        let below = half &>> UInt128(truncatingIfNeeded: closer)
        return (closest(toOdd(value &- below) &+ odd, toOdd(value), toOdd(value &+ half) &- odd), k)
    }

    /// For significands of at most 53 bits.
    @inline(__always)
    static func shortest64(
        _ c: UInt64, _ q: Int, _ closer: Int, _ powers: PowersOfTen
    ) -> (digits: UInt64, exponent: Int) {
        let odd = c & 1
        let k = exponent(q, closer)
        let h = UInt64(truncatingIfNeeded: q &+ floorLog2PowerOfTen(0 &- k) &+ 1)
        let power = powers.roundedUp(0 &- k)

        let wide = c << 2
        let lower = roundToOdd(power, (wide &- 2 &+ UInt64(truncatingIfNeeded: closer)) &<< h) &+ odd
        let value = roundToOdd(power, wide &<< h)
        let upper = roundToOdd(power, (wide &+ 2) &<< h) &- odd
        return (closest(lower, value, upper), k)
    }

    /// floor(log10(2^q)), or of 3/4 of it.
    @inline(__always)
    private static func exponent(_ q: Int, _ closer: Int) -> Int {
        (q &* 1_262_611 &- closer &* 524_031) >> 22
    }

    @inline(__always)
    private static func floorLog2PowerOfTen(_ e: Int) -> Int { (e &* 1_741_647) >> 19 }

    /// The choice among the multiples of ten and of one next to the number; all of `lower`, `value` and `upper` are four
    /// times the quantity, rounded to odd. Written to be compiled to selections, for digits cannot be predicted.
    @inline(__always)
    private static func closest(_ lower: UInt64, _ value: UInt64, _ upper: UInt64) -> UInt64 {
        let ones = value >> 2
        let tens = ones / 10 &* 10
        let tensInside = lower <= tens << 2
        let nextTensInside = (tens &+ 10) << 2 <= upper
        // The nearest, of two equally near the even one. What rounds to the number is at least as wide as one unit, so it
        // is inside, unless the lower neighbour is closer: then it may be below and the next is inside.
        let nearest = (value &+ 1 &+ (ones & 1)) >> 2
        let long = nearest &+ (nearest << 2 < lower ? 1 : 0)
        // Where just one of the multiples of ten is inside it is shorter. Both never are, as that is too wide. Below ten,
        // which a few subnormals are, it is not shorter, yet where it is inside it is the nearest.
        let short = nextTensInside ? tens &+ 10 : tens
        return tensInside != nextTensInside ? short : long
    }

    @inline(__always)
    private static func toOdd(_ value: UInt128) -> UInt64 {
        UInt64(truncatingIfNeeded: value >> 64) | (UInt64(truncatingIfNeeded: value) >> 32 > 1 ? 1 : 0)
    }

    @inline(__always)
    private static func roundToOdd(_ power: PowersOfTen.Significand, _ factor: UInt64) -> UInt64 {
        let product = power.high.multipliedFullWidth(by: factor)
        let (low, carry) = product.low.addingReportingOverflow(power.low.multipliedFullWidth(by: factor).high)
        return (product.high &+ (carry ? 1 : 0)) | (low > 1 ? 1 : 0)
    }
}
