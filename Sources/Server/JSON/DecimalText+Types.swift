extension DecimalText {
    /// The integer that the number is, however it is written.
    func integer(_ result: inout Int64) -> NumberStatus {
        if significand == 0, !isTruncated {
            result = 0
            return .ok
        }
        // Without the zeros at the end what is left is integral only if its last digit is.
        var end = digits.count
        var power = lastExponent
        while end > 0, digits[end &- 1] == UInt8(ascii: "0") || digits[end &- 1] == UInt8(ascii: ".") {
            power &+= digits[end &- 1] == UInt8(ascii: "0") ? 1 : 0
            end &-= 1
        }
        guard power >= 0 else { return .fraction }

        var magnitude: UInt64 = 0
        var overflow = power > 18
        for byte in digits[..<end] where byte != UInt8(ascii: ".") {
            if overflow { return .outOfRange }
            let (product, tooLarge) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(byte &- 0x30))
            magnitude = sum
            overflow = tooLarge || carry
        }
        if overflow { return .outOfRange }
        let (scaled, tooLarge) = magnitude.multipliedReportingOverflow(by: PowersOfTen.shared.integer(power))
        guard !tooLarge, scaled <= Int64.min.magnitude - (negative ? 0 : 1) else { return .outOfRange }
        result = Int64(truncatingIfNeeded: negative ? 0 &- scaled : scaled)
        return .ok
    }

    /// The Float16 nearest to the magnitude.
    func nearestHalf() -> Float16 {
        let double = Double(bitPattern: nearestBits(Double.self))
        if let half = Self.half(double) { return half }
        // The double is halfway between two, the number perhaps a little beside it.
        let order = compareMagnitude(double.significandBitPattern | 1 << 52, Int(double.exponent) - 52)
        let half = Float16(double)
        if order == 0 { return half }
        return order < 0 ? Float16(double.nextDown) : Float16(double.nextUp)
    }

    /// Rounds once more; nil where `double` is exactly halfway between two, so that rounding twice may be wrong.
    @inline(__always)
    static func half(_ double: Double) -> Float16? {
        let half = Float16(double)
        // Below 2^-14 the spacing is 2^-24, so halfway is an odd multiple of 2^-25; above, it is the one bit after the
        // ten that are kept, also at the limit of infinity.
        if double < 0x1p-14 {
            let steps = double * 0x1p25
            return steps == steps.rounded(.towardZero) && steps.truncatingRemainder(dividingBy: 2) == 1 ? nil : half
        }
        return double.bitPattern & 0x3ff_ffff_ffff == 0x200_0000_0000 ? nil : half
    }
}
