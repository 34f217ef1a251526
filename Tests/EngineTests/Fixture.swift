import Foundation
import Testing

@testable import Engine

/// A value of a fixture.
indirect enum JSON: Decodable, Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case real(Double)
    case string(String)
    case list([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .real(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    subscript(key: String) -> JSON? { if case .object(let object) = self { object[key] } else { nil } }
    var list: [JSON]? { if case .list(let items) = self { items } else { nil } }
    var string: String? { if case .string(let text) = self { text } else { nil } }

    var number: Double {
        switch self {
        case .int(let value): Double(value)
        case .real(let value): value
        case .bool(let value): value ? 1 : 0
        case .string("Infinity"): .infinity
        case .string("-Infinity"): -.infinity
        default: .nan
        }
    }

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
        let shape = try #require(self["shape"]?.list).map { Int($0.number) }
        let numbers = try #require(self["data"]?.list).map(\.number)
        switch dtype {
        case .float32: return try NDArray(numbers.map { Float($0) }, shape: shape)
        case .float64: return try NDArray(numbers, shape: shape)
        case .int32: return try NDArray(numbers.map { Int32($0) }, shape: shape)
        case .int64: return try NDArray(numbers.map { Int64($0) }, shape: shape)
        case .bool: return try NDArray(numbers.map { $0 != 0 }, shape: shape)
        }
    }
}

/// A file of `Tests/Fixtures`: what Chainer answered.
func fixture(_ file: String) throws -> [JSON] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode([JSON].self, from: Data(contentsOf: folder.appending(path: "Fixtures/\(file)")))
}

extension NDArray {
    func doubles() throws -> [Double] { try cast(to: .float64).elements(Double.self) }

    /// What differs between two arrays (dtype, shape, an element beyond the tolerance; NaN equals NaN), or nil.
    func difference(from other: NDArray, relative: Double, absolute: Double) throws -> String? {
        guard dtype == other.dtype, shape == other.shape else {
            return "\(dtype) \(describe(shape)), wanted \(other.dtype) \(describe(other.shape))"
        }
        let (a, b) = (try doubles(), try other.doubles())
        let isClose = zip(a, b).allSatisfy { x, y in
            x == y || (x.isNaN && y.isNaN) || abs(x - y) <= absolute + relative * max(abs(x), abs(y))
        }
        return isClose ? nil : "\(a), wanted \(b)"
    }
}
