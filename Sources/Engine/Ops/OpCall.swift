/// A call while it is applied.
struct OpCall {
    var slots: [Slot] = []
    var inputs: [Variable] = []

    /// The inputs' nodes; constants become leaves.
    func nodes() throws -> [VariableNode] {
        try inputs.map { input in
            if let node = input.node { return node }
            guard let cell = input.cell else { throw EngineError.fault("A constant without data.") }
            return try VariableNode(leaf: cell, requiresGrad: false)
        }
    }

    /// The function of a call that is recorded.
    func function(_ op: any AnyOp, _ reads: Reads) throws -> FunctionNode {
        let keptInputs =
            reads.isDisjoint(with: .inputs)
            ? [] : inputs.indices.map { reads.contains(.input($0)) ? inputs[$0].cell : nil }
        return FunctionNode(op: op, slots: slots, inputs: try nodes(), keptInputs: keptInputs)
    }

    /// A composite's result: what its formula hands through (an input, a constant) becomes a result of its own.
    func own(_ result: Variable, _ composite: FunctionCall) throws -> Variable {
        var result = result
        if result.node?.creator == nil || composite.inputs.contains(where: { $0 === result.node }) {
            if result.node == nil, let cell = result.cell {
                result = Variable(node: try VariableNode(leaf: cell, requiresGrad: false), cell: cell)
            }
            result = try arrayOps.identity.results([result]).flat[0]
        }
        result.node?.composite = composite
        return result
    }

    /// A result that is a leaf; one that was made of no arrays shows what made it.
    func leaf(_ array: NDArray, _ op: any AnyOp) throws -> Variable {
        let leaf = try Variable(leaf: array, requiresGrad: inputs.isEmpty)
        if inputs.isEmpty { leaf.node?.composite = FunctionCall(op: op, slots: slots, inputs: []) }
        return leaf
    }
}

/// What a call's arrays are checked for before anything is computed.
struct ArrayCheck {
    /// Whether one of them is part of a graph.
    private(set) var isRecorded = false
    private var shared: DType?
    private var count = 0

    /// Checks the next array.
    /// - Throws: `EngineError.Kind.dtype` for a dtype that the parameter does not take, or two that differ.
    mutating func take(_ array: Variable, _ rule: DTypeRule, name: @autoclosure () -> String) throws {
        let dtype = array.dtype
        guard rule.dtypes.contains(dtype) else {
            throw EngineError(
                .dtype, "\(name()) is of dtype \(dtype): apply cast to it first.", expected: rule.dtypes.names,
                actual: dtype.rawValue, at: .input(count))
        }
        if rule.sharesDType {
            if let shared, shared != dtype {
                var error = NDArray.mixedDTypes(shared, dtype)
                error.place = .input(count)
                throw error
            }
            shared = dtype
        }
        isRecorded = isRecorded || array.isRecorded
        count += 1
    }
}

/// What a parameter asks of its arrays' dtypes.
struct DTypeRule: Sendable {
    let dtypes: DTypes
    let sharesDType: Bool
}

/// Reads a call's slots one after the other.
struct SlotReader {
    private let slots: [Slot]
    private var position = 0

    init(_ slots: [Slot]) { self.slots = slots }

    mutating func next<T: OpValue>(_: T.Type, _ input: (Int) -> Variable?) throws -> T {
        guard position < slots.count else { throw EngineError.fault("A slot is missing.") }
        defer { position += 1 }
        return try T.read(slots[position], input)
    }
}
