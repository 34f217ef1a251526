/// The element types of arrays, named as NumPy names them.
public enum DType: String, CaseIterable, Sendable {
    case float16, float32, float64, int8, int16, int32, int64, uint8, bool

    /// Bytes of one element.
    public var itemSize: Int {
        switch self {
        case .bool, .int8, .uint8: 1
        case .float16, .int16: 2
        case .float32, .int32: 4
        case .float64, .int64: 8
        }
    }

    /// Whether gradients of this dtype exist.
    public var isFloat: Bool { self == .float32 || self == .float64 || self == .float16 }
    /// Whether it is of whole numbers; bool is not.
    public var isInteger: Bool { !isFloat && self != .bool }
}

/// The dtypes that an array parameter takes.
public struct DTypes: OptionSet, Sendable {
    /// A bit for each class of dtypes.
    public let rawValue: Int
    /// The classes whose bits are set.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// float16, float32, float64.
    public static let floats = DTypes(rawValue: 1)
    /// Signed and unsigned integers.
    public static let integers = DTypes(rawValue: 2)
    /// bool.
    public static let bools = DTypes(rawValue: 4)
    /// All with arithmetic.
    public static let numbers: DTypes = [.floats, .integers]
    /// Every dtype.
    public static let all: DTypes = [.floats, .integers, .bools]

    /// Whether a dtype is among them.
    public func contains(_ dtype: DType) -> Bool {
        contains(dtype.isFloat ? .floats : dtype.isInteger ? .integers : .bools)
    }

    /// The members' names, as an error message lists them.
    public var names: String {
        DType.allCases.filter(contains).map(\.rawValue).joined(separator: ", ")
    }
}
