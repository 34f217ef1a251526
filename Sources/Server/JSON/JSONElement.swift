/// A type whose values are numbers, or `true` and `false`, in JSON text.
protocol JSONElement: BitwiseCopyable, Sendable {
    /// Reads the value at `p` and never at or beyond `end`.
    static func read(
        _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen, into result: inout Self
    ) -> NumberEnd
    /// Writes the value and returns its length; `NumberWriter.maximumLength` bytes must be free at `p`.
    static func write(_ value: Self, to p: UnsafeMutablePointer<UInt8>, _ powers: PowersOfTen) -> Int
    /// Writes the values, with a comma behind each, and returns the length of it all; `NumberWriter.maximumLength + 1`
    /// bytes for each must be free at `p`.
    static func writeRun(
        _ values: UnsafeBufferPointer<Self>, to p: UnsafeMutablePointer<UInt8>, _ powers: PowersOfTen
    ) -> Int
    /// What one of the strings "NaN", "Infinity" and "-Infinity" stands for, if the type has it.
    static func special(_ kind: NonFinite) -> Self?
    static var isBoolean: Bool { get }
    static var zero: Self { get }
}

/// What JSON has no number for.
enum NonFinite {
    case nan, infinity, negativeInfinity
}

extension JSONElement {
    static func special(_ kind: NonFinite) -> Self? { nil }
    static var isBoolean: Bool { false }

    @inline(__always)
    static func writeRun(
        _ values: UnsafeBufferPointer<Self>, to start: UnsafeMutablePointer<UInt8>, _ powers: PowersOfTen
    ) -> Int {
        var p = start
        for value in values {
            p += write(value, to: p, powers)
            p.pointee = UInt8(ascii: ",")
            p += 1
        }
        return p - start
    }
}

extension JSONElement where Self: BinaryFloatingPoint {
    static func special(_ kind: NonFinite) -> Self? {
        switch kind {
        case .nan: .nan
        case .infinity: .infinity
        case .negativeInfinity: -.infinity
        }
    }
}

extension JSONElement where Self: FixedWidthInteger {
    @inline(__always)
    static func read(
        _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen, into result: inout Self
    ) -> NumberEnd {
        NumberReader.read(p, end, into: &result)
    }

    /// For types that an Int32 holds.
    @inline(__always)
    static func write(_ value: Self, to p: UnsafeMutablePointer<UInt8>, _ powers: PowersOfTen) -> Int {
        NumberWriter.write(Int32(truncatingIfNeeded: value), to: p)
    }
}

extension Int8: JSONElement {}
extension Int16: JSONElement {}
extension Int32: JSONElement {}
extension UInt8: JSONElement {}

extension Int64: JSONElement {
    @inline(__always)
    static func read(
        _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen, into result: inout Int64
    ) -> NumberEnd {
        NumberReader.read(p, end, into: &result)
    }

    @inline(__always)
    static func write(_ value: Int64, to p: UnsafeMutablePointer<UInt8>, _ powers: PowersOfTen) -> Int {
        NumberWriter.write(value, to: p)
    }
}

extension Float: JSONElement {
    @inline(__always)
    static func read(
        _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen, into result: inout Float
    ) -> NumberEnd {
        NumberReader.read(p, end, powers, into: &result)
    }

    @inline(__always)
    static func write(_ value: Float, to p: UnsafeMutablePointer<UInt8>, _ powers: PowersOfTen) -> Int {
        NumberWriter.write(value, to: p, powers)
    }

    @inline(__always)
    static func writeRun(
        _ values: UnsafeBufferPointer<Float>, to p: UnsafeMutablePointer<UInt8>, _ powers: PowersOfTen
    ) -> Int {
        NumberWriter.writeRun(values, to: p, powers)
    }
}

extension Double: JSONElement {
    @inline(__always)
    static func read(
        _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen, into result: inout Double
    ) -> NumberEnd {
        NumberReader.read(p, end, powers, into: &result)
    }

    @inline(__always)
    static func write(_ value: Double, to p: UnsafeMutablePointer<UInt8>, _ powers: PowersOfTen) -> Int {
        NumberWriter.write(value, to: p, powers)
    }
}

extension Float16: JSONElement {
    @inline(__always)
    static func read(
        _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen, into result: inout Float16
    ) -> NumberEnd {
        NumberReader.read(p, end, powers, into: &result)
    }

    @inline(__always)
    static func write(_ value: Float16, to p: UnsafeMutablePointer<UInt8>, _ powers: PowersOfTen) -> Int {
        NumberWriter.write(value, to: p, powers)
    }
}

extension Bool: JSONElement {
    static var isBoolean: Bool { true }
    static var zero: Bool { false }

    static func read(
        _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen, into result: inout Bool
    ) -> NumberEnd {
        guard p < end else { return NumberEnd(p, .incomplete) }
        result = p.pointee == UInt8(ascii: "t")
        return JSONLiteral.match(result ? "true" : "false", p, end)
    }

    static func write(_ value: Bool, to p: UnsafeMutablePointer<UInt8>, _ powers: PowersOfTen) -> Int {
        let text: StaticString = value ? "true" : "false"
        // At most five bytes.
        p.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        return text.utf8CodeUnitCount
    }
}

enum JSONLiteral {
    /// Compares what is at `p` with `text`.
    static func match(
        _ text: StaticString, _ p: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
    ) -> NumberEnd {
        for i in 0..<text.utf8CodeUnitCount {
            guard end - p > i else { return NumberEnd(p + i, .incomplete) }
            if p[i] != text.utf8Start[i] { return NumberEnd(p + i, .notANumber) }
        }
        return NumberEnd(p + text.utf8CodeUnitCount, .ok)
    }
}
