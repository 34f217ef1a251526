import Foundation

/// A JSON value, as tests read fixtures and replies.
public indirect enum JSON: Decodable, Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case real(Double)
    case string(String)
    case list([JSON])
    case object([String: JSON])

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self), value == 0, value.sign == .minus {
            // An integer has no sign at zero.
            self = .real(value)
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

    public init(_ data: Data) throws { self = try JSONDecoder().decode(JSON.self, from: data) }
    public init(_ text: String) throws { try self.init(Data(text.utf8)) }

    public subscript(key: String) -> JSON? { if case .object(let object) = self { object[key] } else { nil } }
    public subscript(index: Int) -> JSON? {
        if case .list(let items) = self, items.indices.contains(index) { items[index] } else { nil }
    }
    public var list: [JSON]? { if case .list(let items) = self { items } else { nil } }
    public var string: String? { if case .string(let text) = self { text } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var isNull: Bool { if case .null = self { true } else { false } }

    /// A number, or what stands for one in an array.
    public var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .real(let value): value
        case .bool(let value): value ? 1 : 0
        case .string("NaN"): .nan
        case .string("Infinity"): .infinity
        case .string("-Infinity"): -.infinity
        default: nil
        }
    }
}

extension JSON: Equatable {
    public static func == (a: JSON, b: JSON) -> Bool { a.difference(from: b, relative: 0, absolute: 0) == nil }
}

extension JSON {
    /// Where two values differ, or nil: numbers within a tolerance (NaN equals NaN), all else exactly.
    public func difference(from other: JSON, relative: Double, absolute: Double, at path: String = "") -> String? {
        switch (self, other) {
        case (.null, .null): return nil
        case (.bool(let a), .bool(let b)): return a == b ? nil : "\(path): \(a), not \(b)"
        case (.list(let a), .list(let b)):
            guard a.count == b.count else { return "\(path): \(a.count) items, not \(b.count)" }
            return zip(a, b).enumerated().lazy.compactMap { index, pair in
                pair.0.difference(from: pair.1, relative: relative, absolute: absolute, at: "\(path)/\(index)")
            }.first
        case (.object(let a), .object(let b)):
            guard a.keys == b.keys else { return "\(path): keys \(a.keys.sorted()), not \(b.keys.sorted())" }
            return a.lazy.compactMap { key, value in
                b[key].flatMap {
                    value.difference(from: $0, relative: relative, absolute: absolute, at: "\(path)/\(key)")
                }
            }.first
        case (.string(let a), .string(let b)): return a == b ? nil : "\(path): \"\(a)\", not \"\(b)\""
        default:
            guard let a = number, let b = other.number else { return "\(path): \(self), not \(other)" }
            return a.isClose(to: b, relative: relative, absolute: absolute) ? nil : "\(path): \(a), not \(b)"
        }
    }
}

extension Double {
    /// Whether two numbers are equal within a tolerance; NaN equals NaN, and nothing is close to an infinity.
    public func isClose(to other: Double, relative: Double, absolute: Double) -> Bool {
        if self == other || (isNaN && other.isNaN) { return true }
        return isFinite && other.isFinite
            && abs(self - other) <= absolute + relative * Swift.max(abs(self), abs(other))
    }
}

/// A file of `Tests/Fixtures`: what Chainer answered.
public func fixture(_ file: String) throws -> [JSON] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode([JSON].self, from: Data(contentsOf: folder.appending(path: "Fixtures/\(file)")))
}

/// What Chainer (or, beyond it, NumPy and SciPy) answered for single ops: every file of `Tests/Fixtures/ops`, with each
/// case's file and line.
public func opFixtures() throws -> [(place: String, call: JSON)] {
    let folder = projectFolder.appending(path: "Tests/Fixtures/ops")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
    return try files.sorted().flatMap { file in
        try fixture("ops/\(file)").enumerated().map { (place: "\(file):\($0 + 2)", call: $1) }
    }
}

/// The folder that the project stands in.
public let projectFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
