/// Eight decimal digits in the eight bytes of a word, the first in the lowest byte.
///
/// After D. Lemire, "Number Parsing at a Gigabyte per Second" (2021), and, backwards, P. Khuong, "How to print integers
/// really fast" (2017).
enum EightDigits {
    /// Eight characters "0".
    static let zeros: UInt64 = 0x3030_3030_3030_3030

    /// The caller has made sure that eight bytes from `p` on may be read.
    @inline(__always)
    static func load(_ p: UnsafePointer<UInt8>) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(p).loadUnaligned(as: UInt64.self))
    }

    /// The caller has made sure that eight bytes from `p` on may be written.
    @inline(__always)
    static func store(_ bytes: UInt64, _ p: UnsafeMutablePointer<UInt8>) {
        UnsafeMutableRawPointer(p).storeBytes(of: bytes.littleEndian, as: UInt64.self)
    }

    /// The top bit of each byte that is not within `0 ... 9`, that is, no digit once "0" was taken off by exclusive or.
    @inline(__always)
    static func nonDigits(_ bytes: UInt64) -> UInt64 {
        // The top bits are left out of the sum, so that no byte carries into the next.
        (((bytes & 0x7f7f_7f7f_7f7f_7f7f) &+ 0x7676_7676_7676_7676) | bytes) & 0x8080_8080_8080_8080
    }

    /// The number that eight bytes within `0 ... 9` spell.
    @inline(__always)
    static func value(_ bytes: UInt64) -> UInt64 {
        let pairs = bytes &* 10 &+ (bytes >> 8)
        let even = (pairs & 0x0000_00ff_0000_00ff) &* 0x000f_4240_0000_0064
        let odd = ((pairs >> 16) & 0x0000_00ff_0000_00ff) &* 0x0000_2710_0000_0001
        return (even &+ odd) >> 32
    }

    /// The eight digits, as bytes within `0 ... 9`, of `high × 10^4 + low`, both below 10^4.
    @inline(__always)
    static func spell(_ high: UInt32, _ low: UInt32) -> UInt64 {
        assert(high < 10_000 && low < 10_000)
        // In each lane x becomes x / 100 below x % 100, which is x shifted up less x / 100 times (100 shifted up - 1).
        let lanes = UInt64(high) | UInt64(low) << 32
        let hundreds = ((lanes &* 10_486) >> 20) & 0x0000_007f_0000_007f
        let pairs = (lanes << 16) &- hundreds &* (100 << 16 - 1)
        let tens = ((pairs &* 103) >> 10) & 0x000f_000f_000f_000f
        return (pairs << 8) &- tens &* (10 << 8 - 1)
    }

    /// The eight digits of a number below 10^8.
    @inline(__always)
    static func spell(_ value: UInt32) -> UInt64 {
        let high = value / 10_000
        return spell(high, value &- high &* 10_000)
    }
}
