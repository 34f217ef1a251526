import Foundation
import Testing

@testable import Server

struct NumberWriterTests {
    /// By Python's `repr`.
    static let doubles: [(Double, String)] = [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (-1.0, "-1.0"),
        (4.0, "4.0"),
        (0.1, "0.1"),
        (0.5, "0.5"),
        (0.25, "0.25"),
        (1e-07, "1e-07"),
        (1e-05, "1e-05"),
        (0.0001, "0.0001"),
        (0.00012345, "0.00012345"),
        (9.999e-05, "9.999e-05"),
        (0.001, "0.001"),
        (123.456, "123.456"),
        (65500.0, "65500.0"),
        (1e15, "1000000000000000.0"),
        (1e16, "1e+16"),
        (1.5e16, "1.5e+16"),
        (9999999999999998.0, "9999999999999998.0"),
        (1e17, "1e+17"),
        (123456789012345680.0, "1.2345678901234568e+17"),
        (1.5e300, "1.5e+300"),
        (-1.5e300, "-1.5e+300"),
        (.leastNonzeroMagnitude, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (2.2250738585072014e-308, "2.2250738585072014e-308"),
        (Double.leastNormalMagnitude.nextDown, "2.225073858507201e-308"),
        (1e22, "1e+22"),
        (1e23, "1e+23"),
        (1e100, "1e+100"),
        (1e-100, "1e-100"),
        (3.141592653589793, "3.141592653589793"),
        (2.718281828459045, "2.718281828459045"),
        (0.3333333333333333, "0.3333333333333333"),
        (0.30000000000000004, "0.30000000000000004"),
        (1234567.0, "1234567.0"),
        (12345678.9, "12345678.9"),
        (100.0, "100.0"),
        (1000000.0, "1000000.0"),
        (123456789.0, "123456789.0"),
        (4503599627370496.5, "4503599627370496.0"),
        (9007199254740993.0, "9007199254740992.0"),
        (2 * .leastNonzeroMagnitude, "1e-323"),
        (1.2e-4, "0.00012"),
        (-0.00012, "-0.00012"),
        (72057594037927936.0, "7.205759403792794e+16"),
        (2e16, "2e+16"),
        (1.0000000000000002, "1.0000000000000002"),
        (0.9999999999999999, "0.9999999999999999"),
        (8.41e21, "8.41e+21"),
        (5.0e-5, "5e-05"),
        (299792458.0, "299792458.0"),
        (6.02214076e23, "6.02214076e+23"),
        (1.602176634e-19, "1.602176634e-19"),
        (6.62607015e-34, "6.62607015e-34"),
        (1e10, "10000000000.0"),
        (12345678901234567.0, "1.2345678901234568e+16"),
        (2.0, "2.0"),
        (10.0, "10.0"),
        (0.01, "0.01"),
        (0.012, "0.012"),
        (1e9, "1000000000.0"),
        (1e99, "1e+99"),
        (-1e-99, "-1e-99"),
        (100000000000000.1, "100000000000000.1"),
    ]

    static let floats: [(Float, String)] = [
        (0, "0.0"), (-0.0, "-0.0"), (4, "4.0"), (0.1, "0.1"), (1e-7, "1e-07"), (65504, "65504.0"), (0.0001, "0.0001"),
        (16_777_216, "16777216.0"), (1e15, "1000000000000000.0"), (1e16, "1e+16"), (1.5e16, "1.5e+16"),
        (123_456_790_528, "123456790000.0"), (3.4028235e38, "3.4028235e+38"), (.leastNonzeroMagnitude, "1e-45"),
        (1.1754944e-38, "1.1754944e-38"), (9.999999e-5, "9.999999e-05"), (8_388_608.5, "8388608.0"), (-0.7, "-0.7"),
        (8_388_607.5, "8388607.5"), (.nan, "\"NaN\""), (.infinity, "\"Infinity\""), (-.infinity, "\"-Infinity\""),
    ]

    static let halves: [(Float16, String)] = [
        (0, "0.0"), (65504, "65500.0"), (0x1p-24, "6e-08"), (0.1, "0.1"), (1, "1.0"), (2048, "2048.0"),
        (-2048, "-2048.0"),
        (0.0001, "0.0001"), (1e-5, "1e-05"), (-0.333, "-0.333"), (.infinity, "\"Infinity\""), (-.nan, "\"NaN\""),
    ]

    @Test(arguments: doubles) func double(x: Double, text: String) { #expect(written(x) == text) }
    @Test(arguments: floats) func float(x: Float, text: String) { #expect(written(x) == text) }
    @Test(arguments: halves) func half(x: Float16, text: String) { #expect(written(x) == text) }

    @Test(
        arguments: [
            0, 1, -1, 9, 10, 99, 100, 12_345_678, 99_999_999, 100_000_000, -100_000_001, 1_000_000_000, .max, .min,
            9_999_999_999_999_999, 10_000_000_000_000_000, 120_000_000_000_000_003,
        ] as [Int64])
    func integer(x: Int64) {
        #expect(written(x) == "\(x)")
        #expect(written(Int32(truncatingIfNeeded: x)) == "\(Int32(truncatingIfNeeded: x))")
    }

    @Test func randomIntegers() {
        for _ in 0..<sampleCount / 4 {
            let x = Int64.random(in: .min ... .max) >> Int64.random(in: 0..<64)
            #expect(written(x) == "\(x)")
            #expect(written(Int32(truncatingIfNeeded: x)) == "\(Int32(truncatingIfNeeded: x))")
        }
    }

    @Test func randomDoubles() {
        for _ in 0..<sampleCount {
            let x = Double(bitPattern: .random(in: 0 ... .max))
            if x.isFinite { checkShortest(x, x.description) }
            let near = Double.random(in: -2...2) * pow(10, Double(Int.random(in: -6...18)))
            checkShortest(near, near.description)
        }
    }

    @Test func doublesNearPowersOfTwo() {
        for field in 0..<2047 as Range<UInt64> {
            for offset in -3...3 {
                let bits = Int64(field << 52) + Int64(offset)
                guard bits > 0 else { continue }
                let x = Double(bitPattern: UInt64(bits))
                checkShortest(x, x.description)
            }
        }
        for bits in 1...2000 as ClosedRange<UInt64> {
            checkShortest(Double(bitPattern: bits), Double(bitPattern: bits).description)
        }
    }

    @Test func randomFloats() {
        for _ in 0..<sampleCount {
            let x = Float(bitPattern: .random(in: 0 ... .max))
            if x.isFinite { checkShortest(x, x.description) }
            let near = Float.random(in: -2...2) * pow(10, Float(Int.random(in: -6...18)))
            checkShortest(near, near.description)
        }
    }

    @Test func floatsNearPowersOfTwo() {
        for field in 0..<255 as Range<UInt32> {
            for offset in -3...3 {
                let bits = Int32(field << 23) + Int32(offset)
                guard bits > 0 else { continue }
                let x = Float(bitPattern: UInt32(bits))
                checkShortest(x, x.description)
            }
        }
        for bits in 1...2000 as ClosedRange<UInt32> {
            checkShortest(Float(bitPattern: bits), Float(bitPattern: bits).description)
        }
    }

    /// Against a search by definition, for Swift's `description` of a Float16 is exact rather than shortest where it is
    /// integral.
    @Test func allHalves() {
        for bits in 1...UInt16.max {
            let x = Float16(bitPattern: bits)
            guard x.isFinite, x != 0 else { continue }
            let shortest = (0...4).lazy.compactMap { digits in closest(x, digits) }.first
            checkShortest(x, shortest ?? "")
        }
    }

    /// Of the decimals with so many digits behind the first that read back as `x` the closest.
    private func closest(_ x: Float16, _ digits: Int) -> String? {
        let text = String(decoding: formatted("%.*e", Int32(digits), Double(x)), as: UTF8.self)
        let unit = pow(10, Double(Int(text.split(separator: "e")[1]) ?? 0) - Double(digits))
        guard let nearest = Double(text) else { return nil }
        // At a power of two a farther one may be on the side that is wider.
        return [nearest, nearest + unit, nearest - unit]
            .map { String(decoding: formatted("%.*e", Int32(digits), $0), as: UTF8.self) }
            .first { Double($0).map { Float16($0) } == x }
    }

    /// Swift's `description` has the closest of the shortest digits as well, by another algorithm.
    private func checkShortest<T: JSONElement & BinaryFloatingPoint>(_ x: T, _ description: String) {
        let text = written(x)
        if text != pythonForm(description) { Issue.record("\(text) for \(description)") }
        var back: T = 0
        text.utf8.withContiguousStorageIfAvailable { bytes in
            guard let start = bytes.baseAddress else { return }
            _ = T.read(start, start + bytes.count, .shared, into: &back)
        }
        if back != x || back.sign != x.sign { Issue.record("\(text) for \(description) is read as \(back)") }
    }

    /// The digits of a decimal in the form of Python's `repr`.
    private func pythonForm(_ description: String) -> String {
        let isNegative = description.utf8.first == UInt8(ascii: "-")
        let parts = description.utf8.drop { $0 == UInt8(ascii: "-") }.split(separator: UInt8(ascii: "e"))
        let point = parts[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        var digits = Array(point.joined())
        var exponent = point[0].count - 1
        if parts.count > 1 { exponent += Int(String(parts[1]) ?? "") ?? 0 }
        while digits.count > 1, digits[0] == UInt8(ascii: "0") {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        if digits == [UInt8(ascii: "0")] { exponent = 0 }
        var text = String(decoding: digits, as: UTF8.self)
        if exponent < -4 || exponent > 15 {
            if digits.count > 1 { text.insert(".", at: text.index(after: text.startIndex)) }
            let magnitude = abs(exponent)
            text += (exponent < 0 ? "e-" : "e+") + (magnitude < 10 ? "0" : "") + "\(magnitude)"
        } else if exponent < 0 {
            text = "0." + String(repeating: "0", count: -exponent - 1) + text
        } else {
            text += String(repeating: "0", count: max(0, exponent + 2 - digits.count))
            text.insert(".", at: text.index(text.startIndex, offsetBy: exponent + 1))
        }
        return (isNegative ? "-" : "") + text
    }
}
