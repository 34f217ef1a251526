/// An input of an op as a caller gives it.
public enum Operand {
    case variable(Variable)
    /// An array that has no name.
    case array(NDArray)
    /// A plain number: it takes the dtype of the array beside it.
    case number(Scalar)
    case absent
    case list([Operand])
}

extension AnyOp {
    /// Applies the op as callers do, checking everything: dispatch for every op.
    /// - Parameters:
    ///   - operands: one for each array parameter, those left out at the end are absent; or all arrays of the one list.
    ///   - arguments: by name; those left out take their defaults.
    /// - Throws: `EngineError` that says which input or argument does not fit.
    public func apply(_ operands: [Operand], _ arguments: [String: Argument]) throws -> Outcome {
        do {
            let arrays = arrayParameters
            // A list that is the only array parameter is the inputs themselves.
            let operands = arrays.count == 1 && arrays[0].array?.arity == .list ? [.list(operands)] : operands
            guard operands.count <= arrays.count else {
                throw EngineError(
                    .argument, "\(name) takes fewer inputs.", expected: signature, actual: "\(operands.count) inputs",
                    at: .inputs)
            }
            if let unknown = arguments.keys.first(where: { key in
                !parameters.contains { $0.name == key && $0.array == nil }
            }) {
                let known = parameters.filter { $0.array == nil }.map(\.name)
                throw EngineError(
                    .unknownArgument, "\(name) has no argument \(unknown).",
                    expected: known.isEmpty ? "no arguments" : known.joined(separator: ", "), actual: unknown,
                    at: .argument(unknown))
            }
            var resolver = OperandResolver(operands, arrays)
            if let plainSlots {
                for (index, parameter) in arrays.enumerated() {
                    guard let array = parameter.array else { continue }
                    let operand = index < operands.count ? operands[index] : .absent
                    _ = try resolver.slot(operand, parameter, array)
                }
                return try apply(plainSlots, resolver.inputs)
            }
            var next = 0
            var slots: [Slot] = []
            slots.reserveCapacity(parameters.count)
            for parameter in parameters {
                guard let array = parameter.array else {
                    slots.append(.argument(try argument(parameter, arguments)))
                    continue
                }
                let operand = next < operands.count ? operands[next] : .absent
                next += 1
                slots.append(try resolver.slot(operand, parameter, array))
            }
            return try apply(slots, resolver.inputs)
        } catch var error as EngineError {
            error.op = name
            throw error
        }
    }

    /// `linear(x, W, b?)`.
    public var signature: String {
        let words = arrayParameters.map { parameter in
            switch parameter.array?.arity {
            case .optional: "\(parameter.name)?"
            case .list: "\(parameter.name)..."
            case .lists: "\(parameter.name)......"
            default: parameter.name
            }
        }
        return "\(name)(\(words.joined(separator: ", ")))"
    }

    private func argument(_ parameter: ParameterInfo, _ arguments: [String: Argument]) throws -> Argument {
        guard let argument = arguments[parameter.name] ?? parameter.fallback else {
            throw EngineError(
                .argumentType, "\(name) needs the argument \(parameter.name).", expected: parameter.form,
                actual: "nothing", at: .argument(parameter.name))
        }
        do {
            try parameter.validate(argument)
        } catch var error as EngineError {
            error.place = .argument(parameter.name)
            throw error
        }
        return argument
    }
}

extension Graph {
    /// Applies an op as callers do, and writes what it updates in place.
    /// - Throws: `EngineError` that says which input or argument does not fit.
    public func apply(
        _ op: any AnyOp, _ operands: [Operand], _ arguments: [String: Argument] = [:]
    ) throws -> Results {
        let outcome = try op.apply(operands, arguments)
        for (variable, data) in outcome.updates { try setData(variable, data) }
        return outcome.results
    }
}

/// Turns operands into variables of the graph.
private struct OperandResolver {
    private(set) var inputs: [Variable] = []
    /// The dtype of the named arrays, which numbers beside them take: of those that share one, else of the first.
    private var shared: DType?

    init(_ operands: [Operand], _ parameters: [ParameterInfo]) {
        inputs.reserveCapacity(operands.count)
        for (operand, parameter) in zip(operands, parameters) {
            guard let array = parameter.array, array.inlineDType == nil, let dtype = OperandResolver.dtype(operand)
            else { continue }
            shared = shared ?? dtype
            if array.sharesDType {
                shared = dtype
                return
            }
        }
    }

    private static func dtype(_ operand: Operand) -> DType? {
        switch operand {
        case .variable(let variable): variable.dtype
        case .array(let array): array.dtype
        case .list(let items): items.lazy.compactMap(dtype).first
        case .number, .absent: nil
        }
    }

    mutating func slot(_ operand: Operand, _ parameter: ParameterInfo, _ array: ArrayParameter) throws -> Slot {
        switch (operand, array.arity) {
        case (.absent, .optional): return .absent
        case (.list(let items), .list), (.list(let items), .lists):
            guard !items.isEmpty else {
                throw EngineError(
                    .argument, "\(parameter.name) must hold at least one array.", actual: "none", at: .inputs)
            }
            var item = array
            item.arity = array.arity == .lists ? .list : .one
            return .list(try items.map { try slot($0, parameter, item) })
        case (_, .list), (_, .lists):
            throw EngineError(
                .argument, "\(parameter.name) is a list of \(array.arity == .list ? "arrays" : "lists of arrays").",
                expected: "a list", actual: "one array", at: .inputs)
        default: return try input(operand, parameter, array)
        }
    }

    private mutating func input(_ operand: Operand, _ parameter: ParameterInfo, _ array: ArrayParameter) throws -> Slot
    {
        switch operand {
        case .variable(let variable): inputs.append(variable)
        case .array(let value): inputs.append(try Variable(leaf: value, requiresGrad: false))
        case .number(let number):
            let dtype = (array.sharesDType ? shared : nil) ?? array.inlineDType ?? .float32
            do {
                let constant = try Variable(number: number, dtype)
                guard let cell = constant.cell else { throw EngineError.fault("A number without data.") }
                inputs.append(Variable(node: try VariableNode(leaf: cell, requiresGrad: false), cell: cell))
            } catch var error as EngineError {
                error.place = .input(inputs.count)
                throw error
            }
        case .absent:
            throw EngineError(
                .argument, "The input \(parameter.name) is missing.", expected: "an array", actual: "nothing",
                at: .inputs)
        case .list:
            throw EngineError(
                .argument, "\(parameter.name) is one array.", expected: "one array", actual: "a list of arrays",
                at: .input(inputs.count))
        }
        return .input(inputs.count - 1)
    }
}
