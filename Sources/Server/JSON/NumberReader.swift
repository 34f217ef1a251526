/// How the reading of a number ended.
enum NumberStatus: UInt8 {
    case ok
    /// The byte at the position does not belong in a JSON number.
    case notANumber
    /// The text ends within the number.
    case incomplete
    /// Not representable in the integer type asked for.
    case outOfRange
    /// Not integral, for an integer type.
    case fraction
}

/// Where the reading of a number ended, and how: after the number, or at the offending byte.
struct NumberEnd {
    var next: UnsafePointer<UInt8>
    var status: NumberStatus

    @inline(__always)
    init(_ next: UnsafePointer<UInt8>, _ status: NumberStatus) {
        self.next = next
        self.status = status
    }
}

/// Reads JSON numbers (RFC 8259, section 6), each rounded once, to the nearest, ties to even.
///
/// What is too large for a floating type becomes infinite. Nothing at or beyond `end` is ever read.
enum NumberReader {
    @inline(__always)
    static func read(
        _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen = .shared, into result: inout Double
    ) -> NumberEnd {
        var short = ShortNumber()
        guard let next = short.scan(p, end) else { return readAny(p, end, &result) }
        // Both are exact (W. Clinger, "How to read floating point numbers accurately", 1990): 15 digits, 10^15.
        let magnitude = Double(short.significand) / powers.double(short.fractionDigits)
        result = Double(bitPattern: magnitude.bitPattern | short.signBit)
        return NumberEnd(next, .ok)
    }

    @inline(__always)
    static func read(
        _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen = .shared, into result: inout Float
    ) -> NumberEnd {
        var short = ShortNumber()
        guard let next = short.scan(p, end) else { return readAny(p, end, &result) }
        let magnitude = Double(short.significand) / powers.double(short.fractionDigits)
        // Rounding twice differs from rounding once only where the first comes out halfway between two floats.
        guard magnitude.bitPattern & 0x1fff_ffff != 0x1000_0000 else { return readAny(p, end, &result) }
        result = Float(Double(bitPattern: magnitude.bitPattern | short.signBit))
        return NumberEnd(next, .ok)
    }

    @inline(__always)
    static func read(
        _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen = .shared, into result: inout Float16
    ) -> NumberEnd {
        var short = ShortNumber()
        guard let next = short.scan(p, end) else { return readAny(p, end, &result) }
        let magnitude = Double(short.significand) / powers.double(short.fractionDigits)
        guard let half = DecimalText.half(magnitude) else { return readAny(p, end, &result) }
        result = short.signBit == 0 ? half : -half
        return NumberEnd(next, .ok)
    }

    /// An integer, also when it is written with a fraction or exponent, as `1.0`, `1e3` and `10e-1` are.
    @inline(__always)
    static func read(
        _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, into result: inout Int64
    ) -> NumberEnd {
        var short = ShortNumber()
        guard let next = short.scan(p, end), short.fractionDigits == 0 else { return readAny(p, end, &result) }
        // Below 10^15, so it can be negated.
        let magnitude = Int64(truncatingIfNeeded: short.significand)
        result = short.signBit == 0 ? magnitude : 0 &- magnitude
        return NumberEnd(next, .ok)
    }

    /// A narrower integer.
    @inline(__always)
    static func read<T: FixedWidthInteger>(
        _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, into result: inout T
    ) -> NumberEnd {
        var wide: Int64 = 0
        var numberEnd = read(p, end, into: &wide)
        if numberEnd.status == .ok {
            if let narrow = T(exactly: wide) { result = narrow } else { numberEnd.status = .outOfRange }
        }
        return numberEnd
    }

    @inline(never)
    private static func readAny<T: EiselLemire>(
        _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ result: inout T
    ) -> NumberEnd {
        var decimal = DecimalText()
        let numberEnd = DecimalText.scan(p, end, into: &decimal)
        guard numberEnd.status == .ok else { return numberEnd }
        let magnitude = T(magnitudeBits: decimal.nearestBits(T.self))
        result = decimal.negative ? -magnitude : magnitude
        return numberEnd
    }

    @inline(never)
    private static func readAny(
        _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ result: inout Float16
    ) -> NumberEnd {
        var decimal = DecimalText()
        let numberEnd = DecimalText.scan(p, end, into: &decimal)
        guard numberEnd.status == .ok else { return numberEnd }
        let magnitude = decimal.nearestHalf()
        result = decimal.negative ? -magnitude : magnitude
        return numberEnd
    }

    @inline(never)
    private static func readAny(
        _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ result: inout Int64
    ) -> NumberEnd {
        var decimal = DecimalText()
        var numberEnd = DecimalText.scan(p, end, into: &decimal)
        guard numberEnd.status == .ok else { return numberEnd }
        numberEnd.status = decimal.integer(&result)
        return numberEnd
    }
}

/// A number as most are: without an exponent, at most 15 digits, at most 7 of them before the point.
private struct ShortNumber {
    var significand: UInt64 = 0
    var fractionDigits = 0
    /// The sign as the top bit.
    var signBit: UInt64 = 0

    /// Returns where the number ends; nil when it is not such a number, or none at all, or within 17 bytes of `end`.
    ///
    /// Free of branches that depend on the digits, because lengths and signs of numbers cannot be predicted.
    @inline(__always)
    mutating func scan(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UnsafePointer<UInt8>? {
        // With the sign 17 bytes are read at most.
        guard end - start >= 17 else { return nil }
        let sign: UInt64 = start.pointee == UInt8(ascii: "-") ? 1 : 0
        let p = start + Int(truncatingIfNeeded: sign)
        var low = EightDigits.load(p) ^ EightDigits.zeros
        var high = EightDigits.load(p + 8) ^ EightDigits.zeros
        let lowEnds = EightDigits.nonDigits(low)
        let highEnds = EightDigits.nonDigits(high)

        // A shift by 64 where there is no end among the first eight, which leaves through the guard below.
        let integerBits = UInt64(truncatingIfNeeded: lowEnds.trailingZeroBitCount &- 7)
        let hasPoint = (low &>> integerBits) & 0xff == UInt64(UInt8(ascii: ".") ^ 0x30)

        // Where the number ends: at the first byte that is no digit, or, with a point, at the second.
        let lowEnds2 = lowEnds & (lowEnds &- 1)
        let secondInLow = lowEnds2.trailingZeroBitCount
        let secondInHigh = highEnds.trailingZeroBitCount &+ 64
        let second = (lowEnds2 != 0 ? secondInLow : secondInHigh) &- 7
        let point: UInt64 = hasPoint ? 1 : 0
        let lengthBits = hasPoint ? UInt64(truncatingIfNeeded: second) : integerBits
        let digitBits = lengthBits &- point &* 8
        let length = Int(truncatingIfNeeded: lengthBits >> 3)

        // One branch for everything that is not short.
        let noEnd = lowEnds == 0 || (hasPoint && lowEnds2 | highEnds == 0)
        let noDigits = integerBits == 0 || (hasPoint && lengthBits == integerBits &+ 8)
        let leadingZero = low & 0xff == 0 && integerBits > 8
        if noEnd || noDigits || leadingZero { return nil }
        // The number ends within the 16 bytes that were read.
        if p[length] | 0x20 == UInt8(ascii: "e") { return nil }

        // The point is taken out and the digits are moved to the top, so that those in front of them are 0.
        let integerMask = (1 as UInt64) &<< integerBits &- 1
        low = (low & integerMask) | ((low >> 8 | high << 56) & ~integerMask)
        high >>= 8
        let digits = (UInt128(high) << 64 | UInt128(low)) &<< UInt128(128 &- digitBits)
        significand =
            EightDigits.value(UInt64(truncatingIfNeeded: digits)) &* 100_000_000
            &+ EightDigits.value(UInt64(truncatingIfNeeded: digits >> 64))
        fractionDigits = Int(truncatingIfNeeded: (digitBits &- integerBits) >> 3)
        signBit = sign << 63
        return p + length
    }
}
