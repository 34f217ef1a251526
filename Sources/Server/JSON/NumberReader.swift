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
        _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen = .shared,
        into result: inout Double
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
        _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen = .shared,
        into result: inout Float
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
        _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen = .shared,
        into result: inout Float16
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

    /// Returns where the number ends; nil when it is not such a number, or none at all, or within 16 bytes of `end`.
    ///
    /// Free of branches that depend on signs and on how many digits there are, because those cannot be predicted; that
    /// there is a point can, mostly.
    @inline(__always)
    mutating func scan(_ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UnsafePointer<UInt8>? {
        guard end - p >= 16 else { return nil }
        // Both within the 16 bytes.
        var low = EightDigits.load(p) ^ EightDigits.zeros
        var high = EightDigits.load(p + 8) ^ EightDigits.zeros
        // A sign is made a zero in front.
        let sign: UInt64 = low & 0xff == UInt64(UInt8(ascii: "-") ^ 0x30) ? 1 : 0
        low &= ~(sign &* 0xff)
        let lowEnds = EightDigits.nonDigits(low)
        let highEnds = EightDigits.nonDigits(high)

        // 57 where there is no end among the first eight.
        let integerBits = UInt64(truncatingIfNeeded: lowEnds.trailingZeroBitCount &- 7)
        let signBits = sign << 3
        // What makes it another kind of number. && and || would be branches, which could not be predicted either.
        var other: UInt64 = integerBits == signBits ? 1 : 0
        // A leading zero.
        other |= ((low &>> signBits) & 0xff == 0 ? 1 : 0) & (integerBits > signBits &+ 8 ? 1 : 0)
        signBit = sign << 63

        // The digits are moved to the top, so that those in front of them are 0.
        let lengthBits: UInt64
        if (low &>> integerBits) & 0xff == UInt64(UInt8(ascii: ".") ^ 0x30) {
            // The number ends at the second byte that is no digit; 121 where there is none.
            let lowEnds2 = lowEnds & (lowEnds &- 1)
            let secondInHigh = highEnds.trailingZeroBitCount &+ 64
            let second = (lowEnds2 != 0 ? lowEnds2.trailingZeroBitCount : secondInHigh) &- 7
            lengthBits = UInt64(truncatingIfNeeded: second)
            let fractionBits = lengthBits &- integerBits &- 8
            other |= fractionBits == 0 ? 1 : 0

            // The point is taken out.
            let integerMask = (1 as UInt64) &<< integerBits &- 1
            low = (low & integerMask) | ((low >> 8 | high << 56) & ~integerMask)
            high >>= 8
            let shift = UInt128(truncatingIfNeeded: 136 &- lengthBits)
            let digits = (UInt128(high) << 64 | UInt128(low)) &<< shift
            significand =
                EightDigits.value(UInt64(truncatingIfNeeded: digits)) &* 100_000_000
                &+ EightDigits.value(UInt64(truncatingIfNeeded: digits >> 64))
            fractionDigits = Int(truncatingIfNeeded: fractionBits >> 3)
        } else {
            lengthBits = integerBits
            significand = EightDigits.value(low &<< (64 &- integerBits))
        }

        // No end was found, or an exponent; the byte looked at is one of the 16.
        let length = Int(truncatingIfNeeded: lengthBits >> 3)
        other |= lengthBits & 7
        other |= p[length] | 0x20 == UInt8(ascii: "e") ? 1 : 0
        return other == 0 ? p + length : nil
    }
}
