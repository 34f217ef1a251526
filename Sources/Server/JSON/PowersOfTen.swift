/// Powers of ten for reading and writing numbers, computed once by exact integer arithmetic.
///
/// `10^q = (significand of q) × 2^floor(log2 10^q) / 2^127`, the significand a 128-bit integer with its top bit set.
/// It is cut off below, but rounded up for `-27 ... -1`, the convention of D. Lemire, "Number Parsing at a Gigabyte per
/// Second" (2021): a quotient that is exact must not come out just below itself. Writing needs the significand rounded
/// up throughout (R. Giulietti, "The Schubfach way to render doubles", 2020), which is one more where it is inexact.
///
/// Reading `shared` costs a call each time, so a loop over many numbers fetches it once and passes it on.
///
/// Sendable: everything behind the pointer is written before `shared` is published and never again.
struct PowersOfTen: @unchecked Sendable {
    struct Significand {
        var high: UInt64
        var low: UInt64
    }

    static let lowest = -342
    static let highest = 324

    /// The one table. Its memory is allocated here and never freed, so the pointer is valid for ever.
    static let shared = PowersOfTen()

    /// The significands, then the powers that are exact as a Double, then those that are exact as an integer, then
    /// the short significands: one block, so that all of it is reached from one register.
    private let base: UnsafeRawPointer

    private static let count = highest - lowest + 1
    private static let doublesOffset = count * 16
    private static let integersOffset = doublesOffset + 23 * 8
    private static let shortOffset = integersOffset + 20 * 8
    private static let size = shortOffset + 129 * 8

    /// The significand of `10^q`; `q` must be within `lowest ... highest`, which every caller has checked.
    @inline(__always)
    func significand(_ q: Int) -> Significand {
        assert(q >= Self.lowest && q <= Self.highest)
        return base.load(fromByteOffset: (q &- Self.lowest) &* 16, as: Significand.self)
    }

    /// The significand of `10^q` rounded up to 128 bits. The low word is never all ones (tested), so nothing carries.
    @inline(__always)
    func roundedUp(_ q: Int) -> Significand {
        var power = significand(q)
        // One comparison for "neither -27 ... -1, rounded up already, nor 0 ... 55, exact".
        power.low &+= UInt(bitPattern: q &+ 27) > 82 ? 1 : 0
        return power
    }

    /// The significand of `10^q` rounded up to 64 bits, for the powers that writing a Float needs; `q` within `-64 ... 64`.
    @inline(__always)
    func roundedUp64(_ q: Int) -> UInt64 {
        assert(q.magnitude <= 64)
        return base.load(fromByteOffset: Self.shortOffset &+ (q &+ 64) &* 8, as: UInt64.self)
    }

    /// `10^n` as a Double, exact; `n` within `0 ... 22`.
    @inline(__always)
    func double(_ n: Int) -> Double {
        assert(n >= 0 && n <= 22)
        return base.load(fromByteOffset: Self.doublesOffset &+ n &* 8, as: Double.self)
    }

    /// `10^n` as an integer; `n` within `0 ... 19`.
    @inline(__always)
    func integer(_ n: Int) -> UInt64 {
        assert(n >= 0 && n <= 19)
        return base.load(fromByteOffset: Self.integersOffset &+ n &* 8, as: UInt64.self)
    }

    private init() {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: Self.size, alignment: 16)
        func store(_ entry: Significand, at q: Int) {
            memory.storeBytes(of: entry, toByteOffset: (q - Self.lowest) * 16, as: Significand.self)
        }

        // 10^q and 5^q have the same significand.
        var power: [UInt64] = [1]
        for q in 0...Self.highest {
            store(Self.topBits(power), at: q)
            Self.multiplyByFive(&power)
        }
        // floor(2^n / 5^(k+1)) = floor(floor(2^n / 5^k) / 5), so dividing again and again loses nothing. 2^n is large
        // enough that 128 bits are left after the last division (5^342 has 795 bits).
        var reciprocal = [UInt64](repeating: 0, count: 15) + [1]
        for k in 1 ... -Self.lowest {
            Self.divideByFive(&reciprocal)
            var entry = Self.topBits(reciprocal)
            if k <= 27 {
                let (low, carry) = entry.low.addingReportingOverflow(1)
                entry.low = low
                entry.high &+= carry ? 1 : 0
            }
            store(entry, at: -k)
        }
        var double = 1.0
        for n in 0...22 {
            memory.storeBytes(of: double, toByteOffset: Self.doublesOffset + n * 8, as: Double.self)
            double *= 10
        }
        var integer: UInt64 = 1
        for n in 0...19 {
            memory.storeBytes(of: integer, toByteOffset: Self.integersOffset + n * 8, as: UInt64.self)
            integer &*= 10
        }
        for q in -64...64 {
            // Of 10^0 ... 10^27 64 bits are all. The high word of the others is never all ones (tested).
            let high = memory.load(fromByteOffset: (q - Self.lowest) * 16, as: UInt64.self)
            let short = high &+ ((0...27).contains(q) ? 0 : 1)
            memory.storeBytes(of: short, toByteOffset: Self.shortOffset + (q + 64) * 8, as: UInt64.self)
        }
        base = UnsafeRawPointer(memory)
    }

    /// The 128 bits from the highest set bit down of a number given in words, the lowest first.
    private static func topBits(_ words: [UInt64]) -> Significand {
        func word(_ i: Int) -> UInt64 { i >= 0 ? words[i] : 0 }
        var top = words.count - 1
        while top > 0, words[top] == 0 { top -= 1 }
        let shift = UInt64(word(top).leadingZeroBitCount)
        guard shift > 0 else { return Significand(high: word(top), low: word(top - 1)) }
        return Significand(
            high: word(top) << shift | word(top - 1) >> (64 - shift),
            low: word(top - 1) << shift | word(top - 2) >> (64 - shift))
    }

    private static func multiplyByFive(_ words: inout [UInt64]) {
        var carry: UInt64 = 0
        for i in words.indices {
            let product = words[i].multipliedFullWidth(by: 5)
            let (sum, overflow) = product.low.addingReportingOverflow(carry)
            words[i] = sum
            carry = product.high &+ (overflow ? 1 : 0)
        }
        if carry > 0 { words.append(carry) }
    }

    private static func divideByFive(_ words: inout [UInt64]) {
        var remainder: UInt64 = 0
        for i in words.indices.reversed() {
            // The remainder is below 5, so the quotient fits a word.
            (words[i], remainder) = (5 as UInt64).dividingFullWidth((remainder, words[i]))
        }
    }
}
