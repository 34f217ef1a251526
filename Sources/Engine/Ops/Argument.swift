/// An argument of an op as plain data: what a caller wrote, and what a node keeps.
public enum Argument: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case real(Double)
    case string(String)
    case list([Argument])
}

extension Argument: CustomStringConvertible {
    /// As JSON writes it.
    public var description: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .real(let value): String(value)
        case .string(let value): "\"\(value)\""
        case .list(let items): "[" + items.map(\.description).joined(separator: ", ") + "]"
        }
    }
}

/// What stands at one parameter of a call: arrays are kept by their place among the inputs.
public enum Slot: Sendable {
    case input(Int)
    case absent
    case list([Slot])
    case argument(Argument)
}

/// A type that a parameter of an op can have.
public protocol OpValue: SendableMetatype {
    /// The value's slot; its arrays are appended to `inputs`.
    func slot(appendingTo inputs: inout [Variable]) -> Slot
    /// Visits its arrays, in order.
    func forEachArray(_ body: (Variable) throws -> Void) rethrows
    /// - Parameter input: the call's arrays, by place.
    /// - Throws: `EngineError` where the slot does not hold such a value.
    static func read(_ slot: Slot, _ input: (Int) -> Variable?) throws -> Self
}

extension Variable: OpValue {
    public func slot(appendingTo inputs: inout [Variable]) -> Slot {
        inputs.append(self)
        return .input(inputs.count - 1)
    }
    public func forEachArray(_ body: (Variable) throws -> Void) rethrows { try body(self) }
    public static func read(_ slot: Slot, _ input: (Int) -> Variable?) throws -> Variable {
        guard case .input(let index) = slot, let variable = input(index) else {
            throw EngineError.fault("An array was expected in a slot.")
        }
        return variable
    }
}

extension Array: OpValue where Element: OpValue {
    public func slot(appendingTo inputs: inout [Variable]) -> Slot {
        .list(map { $0.slot(appendingTo: &inputs) })
    }
    public func forEachArray(_ body: (Variable) throws -> Void) rethrows {
        for element in self { try element.forEachArray(body) }
    }
    public static func read(_ slot: Slot, _ input: (Int) -> Variable?) throws -> [Element] {
        guard case .list(let items) = slot else { throw EngineError.fault("A list was expected in a slot.") }
        return try items.map { try Element.read($0, input) }
    }
}

extension Optional: OpValue where Wrapped: OpValue {
    public func slot(appendingTo inputs: inout [Variable]) -> Slot {
        self?.slot(appendingTo: &inputs) ?? .absent
    }
    public func forEachArray(_ body: (Variable) throws -> Void) rethrows { try self?.forEachArray(body) }
    public static func read(_ slot: Slot, _ input: (Int) -> Variable?) throws -> Wrapped? {
        switch slot {
        case .absent, .argument(.null): nil
        default: try Wrapped.read(slot, input)
        }
    }
}

/// A type of an op's argument that is not an array.
public protocol ArgumentValue: OpValue, Sendable {
    /// What values look like, for the catalogue and for errors: "an integer", `one of "mean", "no"`.
    static var form: String { get }
    var argument: Argument { get }
    /// Nil where the argument is not of this form.
    /// - Throws: `EngineError` where it is of the form and impossible all the same.
    init?(_ argument: Argument) throws
}

extension ArgumentValue {
    public func slot(appendingTo inputs: inout [Variable]) -> Slot { .argument(argument) }
    public func forEachArray(_ body: (Variable) throws -> Void) {}
    public static func read(_ slot: Slot, _ input: (Int) -> Variable?) throws -> Self {
        guard case .argument(let argument) = slot, let value = try Self(argument) else {
            throw EngineError.fault("An argument of the form \(form) was expected in a slot.")
        }
        return value
    }
}

extension Optional: ArgumentValue where Wrapped: ArgumentValue {
    public static var form: String { Wrapped.form + " or null" }
    public var argument: Argument { self?.argument ?? .null }
    public init?(_ argument: Argument) throws {
        if case .null = argument {
            self = .none
        } else if let value = try Wrapped(argument) {
            self = .some(value)
        } else {
            return nil
        }
    }
    public func slot(appendingTo inputs: inout [Variable]) -> Slot { .argument(argument) }
    public func forEachArray(_ body: (Variable) throws -> Void) {}
    public static func read(_ slot: Slot, _ input: (Int) -> Variable?) throws -> Wrapped? {
        if case .argument(.null) = slot { return nil }
        return try Wrapped.read(slot, input)
    }
}
