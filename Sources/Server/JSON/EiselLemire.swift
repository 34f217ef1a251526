/// What rounding to a binary floating type needs to know of it.
protocol EiselLemire: BinaryFloatingPoint where RawSignificand: FixedWidthInteger {
    /// Explicit bits of the significand.
    static var storedBits: Int { get }
    static var exponentBias: Int { get }
    /// The exponent field of infinity.
    static var infiniteExponent: Int { get }
    /// Below this power of ten 19 digits are 0, above the other they are infinite.
    static var lowestPower: Int { get }
    static var highestPower: Int { get }
    /// The powers of ten at which 64 bits can be exactly halfway between two numbers.
    static var tiePowers: ClosedRange<Int> { get }
    init(magnitudeBits: UInt64)
    var magnitudeBits: UInt64 { get }
}

extension Double: EiselLemire {
    static var storedBits: Int { 52 }
    static var exponentBias: Int { 1023 }
    static var infiniteExponent: Int { 0x7ff }
    static var lowestPower: Int { -342 }
    static var highestPower: Int { 308 }
    static var tiePowers: ClosedRange<Int> { -4...23 }
    init(magnitudeBits: UInt64) { self.init(bitPattern: magnitudeBits) }
    var magnitudeBits: UInt64 { magnitude.bitPattern }
}

extension Float: EiselLemire {
    static var storedBits: Int { 23 }
    static var exponentBias: Int { 127 }
    static var infiniteExponent: Int { 0xff }
    static var lowestPower: Int { -64 }
    static var highestPower: Int { 38 }
    static var tiePowers: ClosedRange<Int> { -17...10 }
    init(magnitudeBits: UInt64) { self.init(bitPattern: UInt32(truncatingIfNeeded: magnitudeBits)) }
    var magnitudeBits: UInt64 { UInt64(magnitude.bitPattern) }
}

extension DecimalText {
    /// The bits of the floating number nearest to the magnitude.
    @inline(__always)
    func nearestBits<T: EiselLemire>(_ type: T.Type) -> UInt64 {
        let bits = Self.nearestBits(significand, exponent, type)
        // Digits were cut off: the number lies between this significand and the next.
        guard isTruncated else { return bits }
        let above = Self.nearestBits(significand &+ 1, exponent, type)
        if bits == above { return bits }
        return resolve(bits, type)
    }

    /// The number of two neighbours, the one with `lower` as bits and the one above it, that is nearer.
    @inline(never)
    private func resolve<T: EiselLemire>(_ lower: UInt64, _ type: T.Type) -> UInt64 {
        let field = Int(truncatingIfNeeded: lower >> UInt64(T.storedBits))
        let hidden: UInt64 = field == 0 ? 0 : 1 << UInt64(T.storedBits)
        let significand = lower & ((1 << UInt64(T.storedBits)) - 1) | hidden
        let exponent = max(field, 1) &- T.exponentBias &- T.storedBits
        let order = compareMagnitude(significand << 1 | 1, exponent &- 1)
        return order > 0 || (order == 0 && lower & 1 == 1) ? lower &+ 1 : lower
    }

    /// Rounds `w × 10^q`, `w` below 2^64.
    ///
    /// D. Lemire, "Number Parsing at a Gigabyte per Second" (2021); that no case is left open: N. Mushtak and D. Lemire,
    /// "Fast Number Parsing Without Fallback" (2022).
    @inline(__always)
    static func nearestBits<T: EiselLemire>(_ w: UInt64, _ q: Int, _ type: T.Type) -> UInt64 {
        if w == 0 || q < T.lowestPower { return 0 }
        let infinity = UInt64(T.infiniteExponent) << UInt64(T.storedBits)
        if q > T.highestPower { return infinity }

        let leadingZeros = w.leadingZeroBitCount
        let normalized = w &<< UInt64(leadingZeros)
        let power = PowersOfTen.shared.significand(q)
        var product = normalized.multipliedFullWidth(by: power.high)
        // The lower half of the power only matters where the bits below the rounding bit are all ones.
        let below = UInt64.max >> UInt64(T.storedBits + 3)
        if product.high & below == below {
            let (sum, carry) = product.low.addingReportingOverflow(
                normalized.multipliedFullWidth(by: power.low).high)
            product.low = sum
            product.high &+= carry ? 1 : 0
        }

        let upperBit = Int(truncatingIfNeeded: product.high >> 63)
        let shift = UInt64(upperBit &+ 64 &- T.storedBits &- 3)
        var significand = product.high &>> shift
        // 217706 / 2^16 is log2(10), near enough for these q.
        var exponent = ((217_706 &* q) >> 16) &+ 63 &+ upperBit &- leadingZeros &+ T.exponentBias
        if exponent <= 0 {
            if exponent <= -63 { return 0 }
            // A subnormal number. Exactly halfway takes more than 19 digits, so half is rounded up here.
            significand >>= UInt64(1 &- exponent)
            significand &+= significand & 1
            // Rounding up to the first normal number sets the exponent field's bit by itself.
            return significand >> 1
        }
        if product.low <= 1, significand & 3 == 1, T.tiePowers.contains(q), significand &<< shift == product.high {
            // Halfway above an even number: down.
            significand &= ~1
        }
        significand &+= significand & 1
        significand >>= 1
        if significand >= 2 << UInt64(T.storedBits) {
            significand = 1 << UInt64(T.storedBits)
            exponent &+= 1
        }
        if exponent >= T.infiniteExponent { return infinity }
        return significand & ~(1 << UInt64(T.storedBits)) | UInt64(exponent) << UInt64(T.storedBits)
    }
}
