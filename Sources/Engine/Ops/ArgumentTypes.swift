extension Bool: ArgumentValue {
    public static var form: String { "true or false" }
    public var argument: Argument { .bool(self) }
    public init?(_ argument: Argument) {
        guard case .bool(let value) = argument else { return nil }
        self = value
    }
}

extension Int: ArgumentValue {
    public static var form: String { "an integer" }
    public var argument: Argument { .int(Int64(self)) }
    public init?(_ argument: Argument) {
        guard case .int(let value) = argument else { return nil }
        self.init(exactly: value)
    }
}

extension Double: ArgumentValue {
    public static var form: String { "a number" }
    public var argument: Argument { .real(self) }
    public init?(_ argument: Argument) {
        switch argument {
        case .int(let value): self.init(value)
        case .real(let value): self = value
        case .string("NaN"): self = .nan
        case .string("Infinity"): self = .infinity
        case .string("-Infinity"): self = -.infinity
        default: return nil
        }
    }
}

extension DType: ArgumentValue {
    public static var form: String { "the name of a dtype (\(DTypes.all.names))" }
    public var argument: Argument { .string(rawValue) }
    public init?(_ argument: Argument) throws {
        guard case .string(let name) = argument else { return nil }
        guard let dtype = DType(rawValue: name) else {
            throw EngineError(.dtype, "There is no such dtype.", expected: DTypes.all.names, actual: name)
        }
        self = dtype
    }
}

/// Axes of an array: one, several, counted from the end where negative.
public struct Axes: ArgumentValue, Hashable, ExpressibleByArrayLiteral, ExpressibleByIntegerLiteral {
    /// As the caller wrote them: negative ones count from the end.
    public let axes: [Int]
    private let isList: Bool

    /// A list of axes.
    public init(_ axes: [Int]) {
        self.axes = axes
        isList = true
    }
    /// A list of axes.
    public init(arrayLiteral elements: Int...) { self.init(elements) }
    /// One axis.
    public init(integerLiteral value: Int) {
        axes = [value]
        isList = false
    }

    public static var form: String { "an integer or a list of integers" }
    public var argument: Argument {
        isList ? .list(axes.map { .int(Int64($0)) }) : .int(Int64(axes[0]))
    }
    public init?(_ argument: Argument) {
        switch argument {
        case .int(let axis):
            guard let axis = Int(exactly: axis) else { return nil }
            self.init(integerLiteral: axis)
        case .list(let items):
            let axes = items.compactMap { Int($0) }
            guard axes.count == items.count else { return nil }
            self.init(axes)
        default: return nil
        }
    }

    /// The axes of an array of `ndim` dimensions, not negative, in the order given.
    /// - Throws: `EngineError.Kind.argument` for one out of range or named twice.
    func resolved(_ ndim: Int, argument: String = "axis") throws -> [Int] {
        var seen = Set<Int>()
        return try axes.map { axis in
            let result = try resolve(axis, ndim, argument: argument)
            guard seen.insert(result).inserted else {
                throw EngineError(
                    .argument, "An axis is named twice.", expected: "different axes", actual: "\(self.argument)",
                    at: .argument(argument))
            }
            return result
        }
    }
}

extension Axes {
    /// A number for each of `count` axes, from one for all or a list: the stride of a window, say.
    /// - Throws: `EngineError.Kind.argument` for another number of them, or one out of range.
    func spread(over count: Int, argument: String, atLeast least: Int = 1) throws -> [Int] {
        let numbers = isList ? axes : Array(repeating: axes[0], count: count)
        let range = least...NDArray.sizeLimit
        guard numbers.count == count, numbers.allSatisfy(range.contains) else {
            throw EngineError(
                .argument, "One number for all axes, or one for each, is wanted.",
                expected: "\(count) numbers from \(range.lowerBound) to \(range.upperBound)",
                actual: "\(self.argument)",
                at: .argument(argument))
        }
        return numbers
    }
}

/// An axis of an array of `ndim` dimensions, counted from the front.
/// - Throws: `EngineError.Kind.argument` where it is out of range.
func resolve(_ axis: Int, _ ndim: Int, argument: String = "axis") throws -> Int {
    guard axis >= -ndim, axis < ndim else {
        throw EngineError(
            .argument,
            ndim == 0
                ? "A 0-dimensional array has no axes."
                : "The axis is out of range for an array of \(ndim) dimension\(ndim == 1 ? "" : "s").",
            expected: ndim == 0 ? "no axis" : "\(-ndim) to \(ndim - 1)", actual: "\(axis)", at: .argument(argument))
    }
    return axis < 0 ? axis + ndim : axis
}

/// A shape: a list of lengths, or one integer.
public struct Shape: ArgumentValue, Hashable, ExpressibleByArrayLiteral {
    /// The length of each axis.
    public let lengths: [Int]
    /// A shape of these lengths.
    public init(_ lengths: [Int]) { self.lengths = lengths }
    /// A shape of these lengths.
    public init(arrayLiteral elements: Int...) { lengths = elements }

    public static var form: String { "a list of integers" }
    public var argument: Argument { .list(lengths.map { .int(Int64($0)) }) }
    public init?(_ argument: Argument) {
        guard let axes = Axes(argument) else { return nil }
        lengths = axes.axes
    }
}

/// The seed of an op that draws numbers; where the caller gives none the server draws one, and the node shows it.
public struct Seed: ArgumentValue, Hashable {
    /// Any integer.
    public let value: Int64
    /// A seed that the caller gave.
    public init(_ value: Int64) { self.value = value }

    public static var form: String { "an integer or null" }
    public var argument: Argument { .int(value) }
    public init?(_ argument: Argument) {
        switch argument {
        case .int(let value): self.value = value
        // 53 bits, so that it survives clients that read numbers as doubles.
        case .null: value = Int64.random(in: 0..<(1 << 53))
        default: return nil
        }
    }
}

/// An argument that is one of some words.
public protocol Choice: ArgumentValue, RawRepresentable, CaseIterable where RawValue == String {}

extension Choice {
    public static var form: String {
        "one of " + allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    }
    public var argument: Argument { .string(rawValue) }
    public init?(_ argument: Argument) throws {
        guard case .string(let word) = argument else { return nil }
        guard let value = Self(rawValue: word) else {
            throw EngineError(.argument, "There is no such choice.", expected: Self.form, actual: "\"\(word)\"")
        }
        self = value
    }
}
