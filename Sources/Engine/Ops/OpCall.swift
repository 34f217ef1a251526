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

    /// - Throws: `EngineError.Kind.dtype` for a dtype that a parameter does not take, or two that differ.
    func checkDTypes(_ rules: [DTypeRule?], name: (Int) -> String) throws {
        var shared: DType?
        for index in slots.indices {
            guard let rule = rules[index] else { continue }
            try check(slots[index], rule, &shared) { name(index) }
        }
    }

    private func check(_ slot: Slot, _ rule: DTypeRule, _ shared: inout DType?, name: () -> String) throws {
        switch slot {
        case .absent, .argument: break
        case .list(let items): for item in items { try check(item, rule, &shared, name: name) }
        case .input(let index):
            let dtype = inputs[index].dtype
            guard rule.dtypes.contains(dtype) else {
                throw EngineError(
                    .dtype, "\(name()) is of dtype \(dtype): apply cast to it first.", expected: rule.dtypes.names,
                    actual: dtype.rawValue, at: .input(index))
            }
            guard rule.sharesDType else { return }
            if let shared, shared != dtype {
                var error = NDArray.mixedDTypes(shared, dtype)
                error.place = .input(index)
                throw error
            }
            shared = dtype
        }
    }
}

/// What a parameter asks of its arrays' dtypes.
struct DTypeRule: Sendable {
    let dtypes: DTypes
    let sharesDType: Bool
}

struct SlotReader {
    let slots: [Slot]
    let inputs: [Variable]
    private var position = 0

    init(slots: [Slot], inputs: [Variable]) {
        self.slots = slots
        self.inputs = inputs
    }

    mutating func next<T: OpValue>(_: T.Type) throws -> T {
        guard position < slots.count else { throw EngineError.fault("A slot is missing.") }
        defer { position += 1 }
        return try T.read(slots[position], inputs)
    }
}
