import RealModule

/// A Swift type that can be an array's element.
public protocol Element: BitwiseCopyable, Sendable {
    static var dtype: DType { get }
    static var zero: Self { get }
    static var one: Self { get }
    /// A plain number in this type, or nil where an integer type cannot hold it exactly.
    init?(_ scalar: Scalar)
    /// NumPy's `astype`: to an integer, fractions are cut, and NaN or out of range gives the minimum (as on x86-64).
    static func cast<T: Element>(_ value: T) -> Self
    var asDouble: Double { get }
    var asInt64: Int64 { get }
}

/// An element with arithmetic: NumPy's, so integers wrap.
public protocol NumberElement: Element, Comparable {
    static func sum(_ a: Self, _ b: Self) -> Self
    static func difference(_ a: Self, _ b: Self) -> Self
    static func product(_ a: Self, _ b: Self) -> Self
    static func power(_ a: Self, _ b: Self) -> Self
    var isNaNElement: Bool { get }
}

/// An element that gradients exist for.
public protocol FloatElement: NumberElement, BinaryFloatingPoint, Real {
    /// `exp`, of a form that loops can vectorise where there is one.
    static func exponential(_ x: Self) -> Self
    /// `tanh`, likewise.
    static func hyperbolicTangent(_ x: Self) -> Self
}

extension FloatElement {
    @inline(__always) public static func sum(_ a: Self, _ b: Self) -> Self { a + b }
    @inline(__always) public static func difference(_ a: Self, _ b: Self) -> Self { a - b }
    @inline(__always) public static func product(_ a: Self, _ b: Self) -> Self { a * b }
    public static func power(_ a: Self, _ b: Self) -> Self {
        // libm's pow (not RealModule's, which has no negative bases).
        b == 2 ? a * a : a.raised(to: b)
    }
    @inline(__always) public var isNaNElement: Bool { self != self }
    public static var one: Self { 1 }
    public init?(_ scalar: Scalar) {
        switch scalar {
        case .int(let value): self.init(value)
        case .real(let value): self.init(value)
        }
    }
    @inline(__always) public static func cast<T: Element>(_ value: T) -> Self {
        // From int64 straight, so that it rounds once.
        T.dtype.isInteger ? Self(value.asInt64) : Self(value.asDouble)
    }
    @inline(__always) public var asDouble: Double { Double(self) }
    @inline(__always) public var asInt64: Int64 { Int64.cast(self) }
    fileprivate func raised(to exponent: Self) -> Self {
        // Double's pow is exact enough to round once to Float.
        Self(CMath.pow(Double(self), Double(exponent)))
    }
}

extension Float16: FloatElement { public static var dtype: DType { .float16 } }
extension Float: FloatElement { public static var dtype: DType { .float32 } }
extension Double: FloatElement { public static var dtype: DType { .float64 } }

/// An integer element.
public protocol IntegerElement: NumberElement, FixedWidthInteger {}

extension IntegerElement {
    @inline(__always) public static func sum(_ a: Self, _ b: Self) -> Self { a &+ b }
    @inline(__always) public static func difference(_ a: Self, _ b: Self) -> Self { a &- b }
    @inline(__always) public static func product(_ a: Self, _ b: Self) -> Self { a &* b }
    /// Repeated squaring, wrapping; a negative exponent (refused before) gives 0.
    public static func power(_ a: Self, _ b: Self) -> Self {
        guard b >= 0 else { return 0 }
        var result: Self = 1
        var base = a
        var exponent = b
        while exponent > 0 {
            if exponent & 1 == 1 { result = result &* base }
            base = base &* base
            exponent >>= 1
        }
        return result
    }
    @inline(__always) public var isNaNElement: Bool { false }
    public static var one: Self { 1 }
    public init?(_ scalar: Scalar) {
        switch scalar {
        case .int(let value): self.init(exactly: value)
        case .real(let value): self.init(exactly: value)
        }
    }
    @inline(__always) public static func cast<T: Element>(_ value: T) -> Self {
        if T.dtype.isFloat {
            let real = value.asDouble
            // 2^63 is exact in double, and so are the bounds of the shorter types; NaN fails both comparisons.
            let bound = Double(Self.max / 2 + 1) * 2
            return real > Double(Self.min) - 1 && real < bound && real >= -0x1p63 ? Self(real) : Self.min
        }
        return Self(truncatingIfNeeded: value.asInt64)
    }
    @inline(__always) public var asDouble: Double { Double(self) }
    @inline(__always) public var asInt64: Int64 { Int64(self) }
}

extension Int8: IntegerElement { public static var dtype: DType { .int8 } }
extension Int16: IntegerElement { public static var dtype: DType { .int16 } }
extension Int32: IntegerElement { public static var dtype: DType { .int32 } }
extension Int64: IntegerElement { public static var dtype: DType { .int64 } }
extension UInt8: IntegerElement { public static var dtype: DType { .uint8 } }

extension Bool: Element {
    public static var dtype: DType { .bool }
    public static var zero: Bool { false }
    public static var one: Bool { true }
    public init?(_ scalar: Scalar) { return nil }
    @inline(__always) public static func cast<T: Element>(_ value: T) -> Bool { value.asDouble != 0 }
    @inline(__always) public var asDouble: Double { self ? 1 : 0 }
    @inline(__always) public var asInt64: Int64 { self ? 1 : 0 }
}

/// A plain number, not yet of any dtype: it takes that of the array beside it.
public enum Scalar: Hashable, Sendable, CustomStringConvertible {
    case int(Int64)
    case real(Double)

    /// As a caller wrote it.
    public var description: String {
        switch self {
        case .int(let value): "\(value)"
        case .real(let value): "\(value)"
        }
    }

    public var asDouble: Double {
        switch self {
        case .int(let value): Double(value)
        case .real(let value): value
        }
    }
}
