import Engine

/// What an expression of a formula is worth.
enum FormulaValue {
    /// A plain number: weak, it takes the dtype of the array beside it.
    case number(Scalar)
    case bool(Bool)
    case string(String)
    case none
    /// - isNamed: whether it is what a name stands for, not the result of an op.
    case variable(Variable, isNamed: Bool)
    /// A list, a tuple, or the results of an op that has several.
    indirect case list([FormulaValue])

    init(_ results: Results) throws {
        switch results {
        case .one(let variable):
            // What was computed from no array is a leaf.
            let isPart = variable.node != nil
            self = .variable(isPart ? variable : try Variable(leaf: try variable.array), isNamed: false)
        case .list(let items): self = .list(try items.map { try FormulaValue($0) })
        case .none: self = .none
        }
    }

    /// What it is, for an error.
    var kind: String {
        switch self {
        case .number: "a number"
        case .bool: "a boolean"
        case .string: "a string"
        case .none: "None"
        case .variable: "an array"
        case .list: "a list"
        }
    }

    /// As a number without arrays counts with it: `True` is 1, as in Python.
    var plainNumber: Scalar? {
        switch self {
        case .number(let number): number
        case .bool(let bool): .int(bool ? 1 : 0)
        default: nil
        }
    }

    /// The first array in it.
    var firstVariable: Variable? {
        switch self {
        case .variable(let variable, _): variable
        case .list(let items): items.lazy.compactMap(\.firstVariable).first
        default: nil
        }
    }

    /// Whether it is a list of plain numbers or booleans, however nested: an array written out.
    var isPlainList: Bool {
        guard case .list(let items) = self else { return false }
        return items.allSatisfy { item in
            switch item {
            case .number, .bool: true
            case .list: item.isPlainList
            default: false
            }
        }
    }

    /// As an argument of an op; nil where there is an array in it.
    var argument: Argument? {
        switch self {
        case .number(.int(let value)): return .int(value)
        case .number(.real(let value)): return .real(value)
        case .bool(let value): return .bool(value)
        case .string(let text): return .string(text)
        case .none: return .null
        case .variable: return nil
        case .list(let items):
            var arguments: [Argument] = []
            for item in items {
                guard let argument = item.argument else { return nil }
                arguments.append(argument)
            }
            return .list(arguments)
        }
    }
}

/// An array written out in a formula: its elements and shape.
struct PlainArray {
    private(set) var shape: [Int] = []
    private var elements: [Element] = []
    private enum Element {
        case number(Scalar)
        case bool(Bool)
    }

    /// The most dimensions that it may have.
    static let depthLimit = 32

    /// - Parameter value: a number, a boolean, or a plain list.
    /// - Throws: `EngineError` for lists of different lengths, or too many dimensions.
    init(_ value: FormulaValue) throws {
        var (first, depth) = (value, 0)
        while case .list(let items) = first {
            depth += 1
            shape.append(items.count)
            guard let next = items.first else { break }
            first = next
        }
        guard depth <= PlainArray.depthLimit else {
            throw EngineError(
                .size, "The array has too many dimensions.", expected: "at most \(PlainArray.depthLimit)",
                actual: "\(depth)")
        }
        try append(value, level: 0)
    }

    private mutating func append(_ value: FormulaValue, level: Int) throws {
        switch value {
        case .number(let number) where level == shape.count: elements.append(.number(number))
        case .bool(let bool) where level == shape.count: elements.append(.bool(bool))
        case .list(let items) where level < shape.count && items.count == shape[level]:
            for item in items { try append(item, level: level + 1) }
        default:
            let isList = if case .list = value { true } else { false }
            throw EngineError(
                .argumentType, "The lists beside each other are of different lengths or depths.",
                expected: level < shape.count ? "a list of \(shape[level])" : "a number",
                actual: isList ? "another list" : value.kind)
        }
    }

    /// Whether all its elements are booleans, of which there is one at least.
    var isBool: Bool {
        !elements.isEmpty && elements.allSatisfy { if case .bool = $0 { true } else { false } }
    }

    /// The array in a dtype.
    /// - Throws: `EngineError.Kind.dtype` where an element is not of that dtype.
    func array(_ dtype: DType) throws -> NDArray { try dtype.visitJSON(Build(plain: self)) }

    private struct Build: JSONElementVisitor {
        let plain: PlainArray

        func visit<T: JSONElement & Engine.Element>(_: T.Type) throws -> NDArray {
            let elements = try plain.elements.map { element -> T in
                switch element {
                case .number(let number):
                    if let value = T(number) { return value }
                    let actual = if case .int(let int) = number { "\(int)" } else { "\(number.asDouble)" }
                    throw wrong(T.self, actual)
                case .bool(let bool):
                    guard let value = bool as? T else { throw wrong(T.self, bool ? "True" : "False") }
                    return value
                }
            }
            return try NDArray(elements, shape: plain.shape)
        }

        private func wrong<T: JSONElement & Engine.Element>(_: T.Type, _ actual: String) -> EngineError {
            let isInteger = !T.isBoolean && !T.dtype.isFloat
            return EngineError(
                .dtype, "An element is not of the dtype \(T.dtype).",
                expected: T.isBoolean ? "True or False" : isInteger ? "an integer that \(T.dtype) holds" : "a number",
                actual: actual)
        }
    }
}
