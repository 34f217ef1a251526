extension NumberWriter {
    static func write(_ x: Int64, to p: UnsafeMutablePointer<UInt8>) -> Int {
        p.pointee = UInt8(ascii: "-")
        let sign = x < 0 ? 1 : 0
        return sign &+ write(x.magnitude, digitsTo: p + sign)
    }

    @inline(__always)
    static func write(_ x: Int32, to p: UnsafeMutablePointer<UInt8>) -> Int {
        p.pointee = UInt8(ascii: "-")
        let sign = x < 0 ? 1 : 0
        let magnitude = UInt64(x.magnitude)
        if magnitude < 100_000_000 { return sign &+ writeShort(magnitude, p + sign) }
        return sign &+ write(magnitude, digitsTo: p + sign)
    }

    /// At most 20 digits, stored as three times eight bytes at most.
    private static func write(_ x: UInt64, digitsTo p: UnsafeMutablePointer<UInt8>) -> Int {
        if x < 100_000_000 { return writeShort(x, p) }
        let high = x / 100_000_000
        let low = x &- high &* 100_000_000
        let length = write(high, digitsTo: p)
        EightDigits.store(EightDigits.spell(UInt32(truncatingIfNeeded: low)) | EightDigits.zeros, p + length)
        return length &+ 8
    }

    /// A number of at most eight digits.
    @inline(__always)
    private static func writeShort(_ x: UInt64, _ p: UnsafeMutablePointer<UInt8>) -> Int {
        let digits = EightDigits.spell(UInt32(truncatingIfNeeded: x))
        // The bytes that are 0 in front of the first digit; 0 itself keeps the last.
        let leading = min(digits.trailingZeroBitCount >> 3, 7)
        EightDigits.store((digits | EightDigits.zeros) &>> UInt64(leading &* 8), p)
        return 8 &- leading
    }
}
