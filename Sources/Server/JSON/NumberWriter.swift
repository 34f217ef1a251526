/// Writes numbers as JSON text: floats as the shortest decimal that reads back the same, in the form of Python's `repr`.
///
/// Floats always have a point or an exponent, an exponent where it is below -4 or above 15. What JSON has no number for
/// becomes the strings "NaN", "Infinity" and "-Infinity".
enum NumberWriter {
    /// Bytes that must be free at `p`; more than any text is long, because whole words are stored.
    static let maximumLength = 40

    /// Each of these returns the number of bytes written at `p`.
    @inline(__always)
    static func write(
        _ x: Float, to p: UnsafeMutablePointer<UInt8>, _ powers: PowersOfTen = .shared
    ) -> Int {
        let bits = x.bitPattern
        let field = Int(bits >> 23 & 0xff)
        let stored = bits & 0x7f_ffff
        let sign = UInt8(truncatingIfNeeded: bits >> 31)
        guard field > 0, field < 0xff else {
            if field != 0 || stored == 0 { return writeSpecial(sign, isZero: field == 0, isNaN: stored != 0, p) }
            return writeSmall(stored, -149, 0, sign, p, powers)
        }
        let (nine, exponent) = nineDigits(bits, powers)
        return writeNine(nine, exponent, sign, p)
    }

    /// The digits of a normal Float, and the power of ten of the first of them.
    @inline(__always)
    static func nineDigits(_ bits: UInt32, _ powers: PowersOfTen) -> (nine: UInt32, exponent: Int) {
        let field = Int(bits >> 23 & 0xff)
        let stored = bits & 0x7f_ffff
        // 1 at powers of two, but for the least normal number.
        let closer = (stored == 0 ? 1 : 0) & (field > 1 ? 1 : 0)
        let (digits, k) = Schubfach.shortest32(stored | 0x80_0000, field &- 150, closer, powers)
        // At least 7 digits and at most 9, made 9 here. With a table, for the compiler would make branches of selections.
        let missing = (digits < 100_000_000 ? 1 : 0) &+ (digits < 10_000_000 ? 1 : 0)
        return (UInt32(truncatingIfNeeded: digits &* powers.integer(missing)), k &+ 8 &- missing)
    }

    @inline(__always)
    static func write(
        _ x: Float16, to p: UnsafeMutablePointer<UInt8>, _ powers: PowersOfTen = .shared
    ) -> Int {
        let bits = UInt32(x.bitPattern)
        let field = Int(bits >> 10 & 0x1f)
        let stored = bits & 0x3ff
        let sign = UInt8(truncatingIfNeeded: bits >> 15)
        if field == 0x1f || bits & 0x7fff == 0 {
            return writeSpecial(sign, isZero: field == 0, isNaN: stored != 0, p)
        }
        let c = field == 0 ? stored : stored | 0x400
        let closer = (stored == 0 ? 1 : 0) & (field > 1 ? 1 : 0)
        return writeSmall(c, max(field, 1) &- 25, closer, sign, p, powers)
    }

    @inline(__always)
    static func write(
        _ x: Double, to p: UnsafeMutablePointer<UInt8>, _ powers: PowersOfTen = .shared
    ) -> Int {
        let bits = x.bitPattern
        let field = Int(bits >> 52 & 0x7ff)
        let stored = bits & 0xf_ffff_ffff_ffff
        let sign = UInt8(truncatingIfNeeded: bits >> 63)
        if field == 0x7ff || bits << 1 == 0 {
            return writeSpecial(sign, isZero: field == 0, isNaN: stored != 0, p)
        }
        let c = field == 0 ? stored : stored | 1 << 52
        let closer = (stored == 0 ? 1 : 0) & (field > 1 ? 1 : 0)
        var (digits, k) = Schubfach.shortest64(c, max(field, 1) &- 1075, closer, powers)
        // At most 17 digits, made 17 and written as one and sixteen.
        if digits < 1_000_000_000_000_000 {
            let missing = 16 &- digitCount(digits, powers)
            digits &*= powers.integer(missing)
            k &-= missing
        }
        let missing = digits < 10_000_000_000_000_000 ? 1 : 0
        let scaled = digits &* powers.integer(missing)
        let high = scaled / 100_000_000
        let low = UInt32(truncatingIfNeeded: scaled &- high &* 100_000_000)
        let first = UInt32(truncatingIfNeeded: high / 100_000_000)
        let middle = UInt32(truncatingIfNeeded: high) &- first &* 100_000_000
        let spelled = UInt128(EightDigits.spell(middle)) | UInt128(EightDigits.spell(low)) << 64
        return format(UInt8(truncatingIfNeeded: first), spelled, k &+ 16 &- missing, sign, p)
    }

    /// A number of any count of digits up to 9.
    @inline(__always)
    private static func writeSmall(
        _ c: UInt32, _ q: Int, _ closer: Int, _ sign: UInt8, _ p: UnsafeMutablePointer<UInt8>, _ powers: PowersOfTen
    ) -> Int {
        let (digits, k) = Schubfach.shortest32(c, q, closer, powers)
        let missing = 9 &- digitCount(digits, powers)
        let nine = UInt32(truncatingIfNeeded: digits &* powers.integer(missing))
        return writeNine(nine, k &+ 8 &- missing, sign, p)
    }

    /// Nine digits, the first of them not 0, that have one digit before the point times `10^exponent`.
    @inline(__always)
    private static func writeNine(
        _ nine: UInt32, _ exponent: Int, _ sign: UInt8, _ p: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let (first, rest) = spellNine(nine)
        return format(first, rest, exponent, sign, p)
    }

    /// The first of nine digits, and the others one in each byte.
    @inline(__always)
    static func spellNine(_ nine: UInt32) -> (first: UInt8, rest: UInt64) {
        let first = nine / 100_000_000
        let five = nine / 10_000
        let rest = EightDigits.spell(five &- first &* 10_000, nine &- five &* 10_000)
        return (UInt8(truncatingIfNeeded: first), rest)
    }

    @inline(__always)
    private static func digitCount(_ digits: UInt64, _ powers: PowersOfTen) -> Int {
        // 1233 / 2^12 is log10(2).
        let estimate = ((64 &- digits.leadingZeroBitCount) &* 1233) >> 12
        return estimate &+ (digits >= powers.integer(estimate) ? 1 : 0)
    }

    /// Writes `first . rest × 10^exponent`; `rest` has one digit in each byte, the first in the lowest.
    ///
    /// Every store is within `maximumLength`: the last starts at 18 at most and has 16 bytes. Where the point comes and
    /// how many digits there are does not decide over branches, only over addresses.
    @inline(__always)
    static func format<Rest: FixedWidthInteger & UnsignedInteger>(
        _ first: UInt8, _ rest: Rest, _ exponent: Int, _ sign: UInt8, _ start: UnsafeMutablePointer<UInt8>
    ) -> Int {
        start.pointee = UInt8(ascii: "-")
        let p = start + Int(sign)
        let restBytes = Rest.bitWidth >> 3
        // Never of 0, which some processors take long for.
        let count = restBytes &+ (rest == 0 ? 0 : 1) &- (rest | 1).leadingZeroBitCount >> 3
        let zeros = ~(0 as Rest) / 0xff &* 0x30
        if exponent < -4 || exponent > 15 {
            let length = formatScientific(first, rest | zeros, count, exponent, p)
            return length &+ Int(sign)
        }

        for i in 0..<3 { EightDigits.store(EightDigits.zeros, p + i &* 8) }
        // All digits, behind "0." and zeros where the exponent is negative; then, elsewhere, those behind the point once
        // more, one further to the right. One of `above` and `below` is 0.
        let above = max(exponent, 0)
        let below = max(0 &- exponent, 0)
        let digits = p + (below &+ min(below, 1))
        digits.pointee = first | 0x30
        store(rest | zeros, digits + 1)
        store((rest >> (above &* 8)) | zeros, p + (above &+ below &+ 2))
        p[above &+ 1] = UInt8(ascii: ".")
        return max(count &+ below &+ 1, above &+ 3) &+ Int(sign)
    }

    @inline(never)
    private static func formatScientific<Rest: FixedWidthInteger & UnsignedInteger>(
        _ first: UInt8, _ rest: Rest, _ count: Int, _ exponent: Int, _ p: UnsafeMutablePointer<UInt8>
    ) -> Int {
        p[0] = first | 0x30
        p[1] = UInt8(ascii: ".")
        store(rest, p + 2)
        var q = p + (count == 1 ? 1 : count &+ 1)
        q[0] = UInt8(ascii: "e")
        q[1] = exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+")
        q += 2
        var magnitude = UInt32(truncatingIfNeeded: exponent.magnitude)
        if magnitude >= 100 {
            q[0] = UInt8(truncatingIfNeeded: magnitude / 100) | 0x30
            magnitude %= 100
            q += 1
        }
        q[0] = UInt8(truncatingIfNeeded: magnitude / 10) | 0x30
        q[1] = UInt8(truncatingIfNeeded: magnitude % 10) | 0x30
        return q + 2 - p
    }

    @inline(__always)
    private static func store<Word: FixedWidthInteger>(_ word: Word, _ p: UnsafeMutablePointer<UInt8>) {
        // `Word` is UInt64 or UInt128, with 8 or 16 of the bytes that the caller of `write` has left free.
        UnsafeMutableRawPointer(p).storeBytes(of: word.littleEndian, as: Word.self)
    }

    /// Zero, infinity or NaN.
    @inline(never)
    private static func writeSpecial(
        _ sign: UInt8, isZero: Bool, isNaN: Bool, _ p: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let text: StaticString =
            if isZero {
                sign == 1 ? "-0.0" : "0.0"
            } else if isNaN {
                "\"NaN\""
            } else {
                sign == 1 ? "\"-Infinity\"" : "\"Infinity\""
            }
        // At most 11 bytes.
        p.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        return text.utf8CodeUnitCount
    }
}
