extension Graph {
    /// `Variable.backward` from one or several roots: adds into the `grad` of the leaves.
    ///
    /// Each root starts from its item of `seeds`; where that is nil from its own `grad`, or from 1 where it has one
    /// element. Chainer: `_backprop_to_all`.
    /// - Returns: the named nodes whose `grad` it set, in the order in which it came to them.
    /// - Throws: `EngineError.Kind.gradient` where a root has nothing to start from.
    public func backward(
        from roots: [Variable], seeds: [Variable?] = [], options: BackpropOptions = BackpropOptions()
    ) throws -> [VariableNode] {
        var touched: [VariableNode] = []
        var leaves = NodeSet()
        defer {
            walk.reset()
            leaves.reset()
        }

        // All own gradients are taken before the first is used: a root named twice counts its own once.
        var starts: [(VariableNode, Variable)] = []
        var given: [(VariableNode, Variable)] = []
        var started = Set<ObjectIdentifier>()
        for (index, root) in roots.enumerated() {
            let node = try differentiable(root, at: index)
            if index < seeds.count, let seed = seeds[index] {
                try checkGrad(seed, node, at: .gradOutput(index))
                given.append((node, try options.seed(seed)))
                continue
            }
            guard started.insert(ObjectIdentifier(node)).inserted else { continue }
            if let own = node.grad, options.accumulates || node.creator != nil {
                starts.append((node, try options.seed(own)))
            } else if root.size == 1 {
                starts.append((node, try options.defaultSeed(root)))
            } else {
                throw EngineError(
                    .gradient,
                    "The variable has \(root.size) elements and no grad to start from: give grad_outputs, or set its"
                        + " grad first (or reduce it to one element, with sum say).",
                    expected: "one element, or a gradient to start from", actual: "shape \(describe(root.shape))",
                    at: .input(index))
            }
        }
        for (node, _) in given + starts { setGrad(node, nil) }
        for (node, seed) in given + starts {
            walk.table.accumulate(node, seed)
            if let creator = node.creator { walk.queue.push(creator) } else { leaves.insert(node) }
        }

        while let function = walk.queue.pop() {
            try account.deadline.check()
            let gradients = try function.mapResults { try $0.flatMap { try walk.table.pop($0) } }
            for input in function.inputs where input.requiresGrad && input.creator == nil && !walk.table.contains(input)
            {
                // A leaf's sum goes on from what stands in its grad.
                walk.table.enter(input, options.accumulates ? try input.grad.map(options.seed) : nil)
                setGrad(input, nil)
            }
            try walk.table.step(function, gradients, recording: options.enableDoubleBackprop, to: \.requiresGrad)
            if options.retainGrad, function.requiresGrad, let gradients {
                for index in gradients.indices {
                    guard let node = function.result(index), node.name != nil else { continue }
                    setGrad(node, gradients[index])
                    touched.append(node)
                }
            }
            for input in function.inputs where input.requiresGrad && walk.table.hasGrad(input) {
                if let creator = input.creator { walk.queue.push(creator) } else { leaves.insert(input) }
            }
        }
        for leaf in leaves.nodes {
            setGrad(leaf, try walk.table.pop(leaf))
            touched.append(leaf)
        }
        return touched.filter { $0.name != nil }
    }

    /// The node of a variable that has a gradient.
    /// - Throws: `EngineError.Kind.gradient` for integers and bool.
    public func differentiable(_ variable: Variable, at index: Int) throws -> VariableNode {
        guard let node = variable.node else { throw EngineError.fault("A variable of a graph was expected.") }
        guard variable.dtype.isFloat else {
            throw EngineError(
                .gradient, "A variable of dtype \(variable.dtype) has no gradient: only float variables do.",
                expected: DTypes.floats.names, actual: variable.dtype.rawValue, at: .input(index))
        }
        return node
    }

    /// Checks a gradient that a caller gives: of the variable's shape and dtype, as in Chainer.
    func checkGrad(_ grad: Variable, _ node: VariableNode, at place: EngineError.Place? = nil) throws {
        guard grad.shape == node.shape else {
            throw EngineError(
                .shape, "A gradient is of its variable's shape.", expected: describe(node.shape),
                actual: describe(grad.shape), at: place)
        }
        guard grad.dtype == node.dtype else {
            throw EngineError(
                .dtype, "A gradient is of its variable's dtype: apply cast to it first.",
                expected: node.dtype.rawValue, actual: grad.dtype.rawValue, at: place)
        }
    }
}

/// Nodes in the order in which they came, each once.
private struct NodeSet {
    private(set) var nodes: [VariableNode] = []

    mutating func insert(_ node: VariableNode) {
        guard !node.mark.isRequired else { return }
        node.mark.isRequired = true
        nodes.append(node)
    }

    func reset() {
        for node in nodes { node.mark.isRequired = false }
    }
}
