import TestSupport
import Testing

@testable import Engine

extension JSON {
    var argument: Argument {
        switch self {
        case .null, .object: .null
        case .bool(let value): .bool(value)
        case .int(let value): .int(value)
        case .real(let value): .real(value)
        case .string(let value): .string(value)
        case .list(let items): .list(items.map(\.argument))
        }
    }

    /// An array `{"dtype", "shape", "data": flat list}`; nil for null.
    func array() throws -> NDArray? {
        guard case .object = self else { return nil }
        let dtype = try #require(DType(rawValue: self["dtype"]?.string ?? ""))
        let shape = try #require(self["shape"]?.list).map { Int($0.number ?? -1) }
        let numbers = try #require(self["data"]?.list).map { $0.number ?? .nan }
        switch dtype {
        case .float16: return try NDArray(numbers.map { Float16($0) }, shape: shape)
        case .int8: return try NDArray(numbers.map { Int8($0) }, shape: shape)
        case .int16: return try NDArray(numbers.map { Int16($0) }, shape: shape)
        case .uint8: return try NDArray(numbers.map { UInt8($0) }, shape: shape)
        case .float32: return try NDArray(numbers.map { Float($0) }, shape: shape)
        case .float64: return try NDArray(numbers, shape: shape)
        case .int32: return try NDArray(numbers.map { Int32($0) }, shape: shape)
        case .int64: return try NDArray(numbers.map { Int64($0) }, shape: shape)
        case .bool: return try NDArray(numbers.map { $0 != 0 }, shape: shape)
        }
    }
}

extension NDArray {
    func doubles() throws -> [Double] { try cast(to: .float64).elements(Double.self) }

    /// What differs between two arrays (dtype, shape, an element beyond the tolerance; NaN equals NaN), or nil.
    func difference(from other: NDArray, relative: Double, absolute: Double) throws -> String? {
        guard dtype == other.dtype, shape == other.shape else {
            return "\(dtype) \(describe(shape)), wanted \(other.dtype) \(describe(other.shape))"
        }
        let (a, b) = (try doubles(), try other.doubles())
        let isClose = zip(a, b).allSatisfy { $0.isClose(to: $1, relative: relative, absolute: absolute) }
        return isClose ? nil : "\(a), wanted \(b)"
    }
}
