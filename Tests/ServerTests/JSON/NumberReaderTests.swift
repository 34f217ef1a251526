import Foundation
import Testing

@testable import Server

struct NumberReaderTests {
    private let guarded = GuardedText(capacity: 8192)

    /// Reads the text alone, up to the end of memory, and with more text behind it; both must agree.
    private func read<T: JSONElement & Equatable>(_ text: some Collection<UInt8>, as type: T.Type)
        -> (value: T, status: NumberStatus, length: Int)
    {
        func readOnce(_ text: some Collection<UInt8>) -> (value: T, status: NumberStatus, length: Int) {
            let bytes = guarded.place(text)
            guard let start = bytes.baseAddress else { return (T.zero, .incomplete, 0) }
            var value = T.zero
            let end = T.read(start, start + bytes.count, .shared, into: &value)
            return (value, end.status, end.next - start)
        }
        let alone = readOnce(text)
        let more = readOnce(Array(text) + Array(", 1234567.5e5]    ".utf8))
        if alone.status == .ok {
            let agree = alone.status == more.status && alone.value == more.value && alone.length == more.length
            if !agree { Issue.record("\(String(decoding: text, as: UTF8.self)): \(alone), \(more)") }
        }
        return alone
    }

    private func checkDouble(_ text: [UInt8]) {
        let expected = strtod(text.map { CChar($0) } + [0], nil)
        let (value, status, length) = read(text, as: Double.self)
        if status != .ok || value.bitPattern != expected.bitPattern || length != text.count {
            Issue.record("\(String(decoding: text, as: UTF8.self)) read as \(value), \(status)")
        }
    }

    private func checkFloat(_ text: [UInt8]) {
        let expected = strtof(text.map { CChar($0) } + [0], nil)
        let (value, status, length) = read(text, as: Float.self)
        if status != .ok || value.bitPattern != expected.bitPattern || length != text.count {
            Issue.record("\(String(decoding: text, as: UTF8.self)) read as \(value), \(status)")
        }
    }

    /// The Float16 nearest to an exactly known value.
    private func checkHalf(_ text: [UInt8], _ expected: Float16) {
        let (value, status, _) = read(text, as: Float16.self)
        if status != .ok || value.bitPattern != expected.bitPattern {
            Issue.record("\(String(decoding: text, as: UTF8.self)) read as \(value), \(status)")
        }
    }

    @Test func randomDoubles() {
        for _ in 0..<sampleCount {
            let x = Double(bitPattern: .random(in: 0 ... .max))
            guard x.isFinite else { continue }
            checkDouble(formatted("%.17g", x))
            checkDouble(formatted("%.*e", Int32.random(in: 0...40), x))
        }
    }

    @Test func randomFloats() {
        for _ in 0..<sampleCount {
            let x = Float(bitPattern: .random(in: 0 ... .max))
            guard x.isFinite else { continue }
            checkFloat(formatted("%.9g", Double(x)))
            checkFloat(formatted("%.*e", Int32.random(in: 0...40), Double(x)))
        }
    }

    @Test func ordinaryNumbers() {
        for _ in 0..<sampleCount {
            let x = Double.random(in: -1...1) * pow(10, Double(Int.random(in: -3...9)))
            let text = formatted("%.*f", Int32.random(in: 0...12), x)
            checkDouble(text)
            checkFloat(text)
        }
    }

    @Test func manyDigits() {
        for _ in 0..<sampleCount / 20 {
            var digits = (0..<Int.random(in: 15...30)).map { _ in UInt8.random(in: 0x30...0x39) }
            if digits[0] == 0x30 { digits[0] = 0x31 }
            if Bool.random() { digits.insert(UInt8(ascii: "."), at: Int.random(in: 1..<digits.count)) }
            if Bool.random() { digits += Array("e\(Int.random(in: -340...310))".utf8) }
            checkDouble(digits)
            checkFloat(digits)
        }
        for count in [799, 800, 801, 1500] {
            checkDouble(Array(String(repeating: "7", count: count).utf8))
            checkDouble(Array(("0." + String(repeating: "3", count: count)).utf8))
            checkDouble(Array(("0." + String(repeating: "0", count: count) + "3e\(count)").utf8))
            checkFloat(Array(("1" + String(repeating: "0", count: count) + "e-\(count)").utf8))
        }
    }

    /// A decimal, and two a little above and below it.
    private func around(_ text: [UInt8]) -> [[UInt8]] {
        guard let e = text.firstIndex(of: UInt8(ascii: "e")) else { return [] }
        let mantissa = text[..<e]
        let exponent = text[e...]
        guard let last = mantissa.lastIndex(where: { (0x31...0x39).contains($0) }) else { return [] }
        var below = Array(mantissa)
        below[last] -= 1
        for i in below.indices.dropFirst(last + 1) where below[i] == 0x30 { below[i] = 0x39 }
        return [text, mantissa + [0x31] + exponent, below + [0x39] + exponent]
    }

    @Test func halfwayDoubles() {
        for i in 0..<sampleCount / 50 {
            let bits = i < 200 ? UInt64(i) : UInt64.random(in: 0..<0x7fef_ffff_ffff_ffff)
            let low = Double(bitPattern: bits)
            // Exact in 64 bits of significand.
            let middle = (Float80(low) + Float80(low.nextUp)) / 2
            for text in around(formatted("%.*Le", Int32(800), middle)) { checkDouble(text) }
            let isEven = bits & 1 == 0
            #expect(read(formatted("%.*Le", Int32(770), middle), as: Double.self).value == (isEven ? low : low.nextUp))
        }
        let limit =
            "1.7976931348623158079372897140530341507993413271003782693617377898044496829276475094664901"
            + "797758720709633028641669288791094655554785194040263065748867150582068190890200070838367627"
            + "385484581771153176447573027006985557136695962284291481986083493647529271907416844436551070"
            + "43427116596995080930428801779041744977919999e308"
        for text in around(Array(limit.utf8)) {
            checkDouble(text)
        }
    }

    @Test func halfwayFloats() {
        for i in 0..<sampleCount / 20 {
            let bits = i < 200 ? UInt32(i) : UInt32.random(in: 0..<0x7f7f_ffff)
            let low = Float(bitPattern: bits)
            let middle = (Double(low) + Double(low.nextUp)) / 2
            for text in around(formatted("%.*e", Int32(160), middle)) { checkFloat(text) }
            // Also shorter, where it is exact in few digits, and beside it in the digits of a double.
            checkFloat(formatted("%.17g", middle))
            checkFloat(formatted("%.17g", middle.nextUp))
            checkFloat(formatted("%.13f", Double(Float.random(in: 0..<64)) + 0x1p-20))
        }
        for i in 0..<sampleCount / 20 {
            // Few digits, exactly halfway: rounding twice must not show.
            let low = Float(Int.random(in: 1 << 23..<1 << 24)) / Float(1 << Int.random(in: 0...8))
            let middle = (Double(low) + Double(low.nextUp)) / 2
            checkFloat(formatted("%.*f", Int32(9), middle))
            checkFloat(formatted("%.*f", Int32(5 + i % 5), middle) + [0x31])
        }
        for text in around(Array("3.40282356779733661637539395458142568448e38".utf8)) { checkFloat(text) }
    }

    @Test func halfwayHalves() {
        for bits in 0..<UInt16(0x7c00) {
            let low = Float16(bitPattern: bits)
            let high = bits == 0x7bff ? 65536 : Double(low.nextUp)
            let texts = around(formatted("%.*e", Int32(60), (Double(low) + high) / 2))
            guard texts.count == 3 else {
                Issue.record("\(low)")
                continue
            }
            checkHalf(texts[0], bits & 1 == 0 ? low : low.nextUp)
            checkHalf(texts[1], low.nextUp)
            checkHalf(texts[2], low)
            checkHalf(formatted("%.8f", Double(low)), low)
        }
    }

    static let extremes = [
        "1e999999999999", "1e-999999999999", "-1e-9999", "1e9999999999999999999999999999999999999",
        "0e99999999999999999999",
        "-0", "-0.0", "0", "0.0e-400", "1e309", "1.7976931348623158e308", "1.7976931348623159e308", "4.9e-324",
        "2.4e-324",
        "2.4703282292062327e-324", "2.4703282292062328e-324", "2.2250738585072011e-308", "2.2250738585072012e-308",
        "9007199254740993", "9007199254740993.0000000000000000000001", "18446744073709551615", "18446744073709551616",
        "99999999999999999999", "0.000000000000000000000000000000000000000000000000001", "3.4028235677973366e38",
        "7e-46",
        "7.0064923216240854e-46", "7.0064923216240853e-46", "1E5", "1e+05", "1.5E-3", "16777217", "16777217.0",
        "16777219.0",
        "123456789012345.0", "1234567.89012345", "1234567.890123456", "12345678.5", "0.00000000000001", "5e-1",
    ]

    @Test(arguments: extremes)
    func extreme(text: String) {
        checkDouble(Array(text.utf8))
        checkFloat(Array(text.utf8))
    }

    private func outcome<T: JSONElement & Equatable>(_ text: [UInt8], _ type: T.Type) -> (NumberStatus, Int) {
        let result = read(text, as: type)
        return (result.status, result.length)
    }

    static let rejected: [(String, NumberStatus, Int)] = [
        ("", .incomplete, 0), ("-", .incomplete, 1), ("+1", .notANumber, 0), (".5", .notANumber, 0),
        ("5.", .incomplete, 2),
        ("5.e1", .notANumber, 2), ("01", .notANumber, 1), ("-01", .notANumber, 2), ("00", .notANumber, 1),
        ("1e", .incomplete, 2), ("1e+", .incomplete, 3), ("1e+x", .notANumber, 3), ("-.5", .notANumber, 1),
        ("NaN", .notANumber, 0), ("Infinity", .notANumber, 0), ("-Infinity", .notANumber, 1), ("--1", .notANumber, 1),
        ("x", .notANumber, 0), ("\"1\"", .notANumber, 0), ("00.5", .notANumber, 1), ("1.-5", .notANumber, 2),
        ("\u{ff11}", .notANumber, 0), ("/1", .notANumber, 0), (":1", .notANumber, 0),
    ]

    @Test(arguments: rejected)
    func reject(text: String, status: NumberStatus, position: Int) {
        for padding in ["", ",                    "] {
            let ends = status == .incomplete && !padding.isEmpty
            let bytes = Array(text.utf8) + Array(padding.utf8)
            let found = [
                outcome(bytes, Float.self), outcome(bytes, Double.self), outcome(bytes, Float16.self),
                outcome(bytes, Int32.self),
            ]
            for (found, length) in found {
                #expect(found == (ends ? .notANumber : status))
                #expect(length == position)
            }
        }
    }

    @Test(arguments: ["1,", "1.5 ", "0x", "1.5.5", "1]", "0e1f", "12-3"])
    func stopsAfterNumber(text: String) {
        let more = read(Array(text.utf8) + Array(repeating: UInt8(ascii: " "), count: 20), as: Double.self)
        let one = read(Array(text.utf8), as: Double.self)
        #expect(one == more)
        #expect(one.status == .ok)
        #expect(one.value == strtod(text == "0x" ? "0" : text, nil))
    }

    static let integers: [(String, Int64?, NumberStatus)] = [
        ("0", 0, .ok), ("-0", 0, .ok), ("1.0", 1, .ok), ("1e3", 1000, .ok), ("10e-1", 1, .ok), ("-2.50e1", -25, .ok),
        ("1.5", nil, .fraction), ("1e-1", nil, .fraction), ("0.000", 0, .ok), ("0e99999999999999999999", 0, .ok),
        ("9223372036854775807", .max, .ok), ("-9223372036854775808", .min, .ok),
        ("9223372036854775808", nil, .outOfRange),
        ("-9223372036854775809", nil, .outOfRange), ("9223372036854775807.0", .max, .ok),
        ("92233720368547758070e-1", .max, .ok),
        ("9223372036854775807.5", nil, .fraction), ("1e18", 1_000_000_000_000_000_000, .ok), ("1e19", nil, .outOfRange),
        ("9.223372036854775807e18", .max, .ok), ("1e400", nil, .outOfRange), ("1e-400", nil, .fraction),
        ("1" + String(repeating: "0", count: 900) + "e-900", 1, .ok),
        ("123456789012345678", 123_456_789_012_345_678, .ok),
        ("0." + String(repeating: "0", count: 900) + "1e901", 1, .ok), ("18446744073709551617", nil, .outOfRange),
        ("1e99999999999999999999", nil, .outOfRange), ("1e-99999999999999999999", nil, .fraction),
        ("-12345", -12345, .ok),
        ("100000000000000000000000000000000000e-20", 1_000_000_000_000_000, .ok), ("12345678", 12_345_678, .ok),
    ]

    @Test(arguments: integers)
    func integer(text: String, expected: Int64?, status: NumberStatus) {
        let result = read(Array(text.utf8), as: Int64.self)
        #expect(result.status == status)
        if let expected { #expect(result.value == expected) }
    }

    @Test func narrowIntegers() {
        #expect(read(Array("127".utf8), as: Int8.self).value == 127)
        #expect(read(Array("128".utf8), as: Int8.self).status == .outOfRange)
        #expect(read(Array("-129".utf8), as: Int8.self).status == .outOfRange)
        #expect(read(Array("-1".utf8), as: UInt8.self).status == .outOfRange)
        #expect(read(Array("255".utf8), as: UInt8.self).value == 255)
        #expect(read(Array("2147483648".utf8), as: Int32.self).status == .outOfRange)
        #expect(read(Array("-2147483648".utf8), as: Int32.self).value == .min)
        for _ in 0..<sampleCount / 10 {
            let x = Int64.random(in: .min ... .max) >> Int64.random(in: 0..<64)
            let result = read(Array("\(x)".utf8), as: Int64.self)
            if result.value != x || result.status != .ok { Issue.record("\(x): \(result)") }
        }
    }
}
