extension Graph {
    /// `chainer.grad`: the gradients of outputs with respect to inputs, along the paths between them only; adds
    /// nothing up.
    ///
    /// - Parameters:
    ///   - gradOutputs: for each output what to start from; where nil, ones.
    ///   - gradInputs: for each input what its gradient is added to; where nil, nothing.
    ///   - setGrad: whether to store each result in the input's `grad` (nil too).
    /// - Returns: the gradient of each input, nil where no path leads.
    /// - Throws: `EngineError.Kind.gradient` for integers and bool.
    public func grad(
        of outputs: [Variable], to inputs: [Variable], gradOutputs: [Variable?] = [], gradInputs: [Variable?] = [],
        setGrad storesGrad: Bool = false, options: BackpropOptions = BackpropOptions()
    ) throws -> [Variable?] {
        let outputNodes = try outputs.enumerated().map { try differentiable($1, at: $0) }
        let inputNodes = try inputs.enumerated().map { try differentiable($1, at: outputs.count + $0) }
        defer { walk.reset() }
        walk.paths.find(from: outputNodes, to: inputNodes)

        for (index, output) in outputs.enumerated() {
            let seed: Variable
            if index < gradOutputs.count, let given = gradOutputs[index] {
                try checkGrad(given, outputNodes[index], at: .gradOutput(index))
                seed = try options.seed(given)
            } else {
                seed = try options.defaultSeed(output)
            }
            // (An output named twice: Chainer lets the last seed win; the sum is right.)
            walk.table.accumulate(outputNodes[index], seed)
            if let creator = outputNodes[index].creator { walk.queue.push(creator) }
        }
        for (index, given) in gradInputs.enumerated() where index < inputNodes.count {
            guard let given else { continue }
            try checkGrad(given, inputNodes[index], at: .gradInput(index))
            walk.table.accumulate(inputNodes[index], try options.seed(given))
        }

        // A node's gradient, once its creator was visited; what was not is taken at the end.
        var results = [Variable??](repeating: nil, count: inputNodes.count)
        for (index, node) in inputNodes.enumerated() where node.mark.wanted < 0 { node.mark.wanted = index }
        defer { for node in inputNodes { node.mark.wanted = -1 } }
        while let function = walk.queue.pop() {
            try account.deadline.check()
            let gradients = try function.mapResults { node in
                guard let node else { return nil as Variable? }
                let gradient = try walk.table.pop(node)
                if node.mark.wanted >= 0 { results[node.mark.wanted] = .some(gradient) }
                if options.retainGrad, node.name != nil { setGrad(node, gradient) }
                return gradient
            }
            try walk.table.step(function, gradients, recording: options.enableDoubleBackprop, to: \.mark.isRequired)
            for input in function.inputs where input.mark.isRequired && walk.table.hasGrad(input) {
                if let creator = input.creator { walk.queue.push(creator) }
            }
        }
        for node in inputNodes where results[node.mark.wanted] == nil {
            results[node.mark.wanted] = .some(try walk.table.pop(node))
        }
        let found = inputNodes.map { results[$0.mark.wanted] ?? nil }
        if storesGrad {
            for (node, gradient) in zip(inputNodes, found) { setGrad(node, gradient) }
        }
        return found
    }
}

/// The part of the graph that lies between outputs and inputs: `mark.isRequired` on each of its variables.
struct Paths {
    private var touched: [VariableNode] = []
    /// The functions that use a variable, in lists that share one array.
    private var consumers: [(function: FunctionNode, next: Int)] = []
    private var visited: [FunctionNode] = []
    // What is still to be visited.
    private var functions: [FunctionNode] = []
    private var variables: [VariableNode] = []

    mutating func find(from outputs: [VariableNode], to inputs: [VariableNode]) {
        // Backward: who uses which variable. Variables without requires_grad are not followed.
        for output in outputs { if let creator = output.creator { functions.append(creator) } }
        while let function = functions.popLast() {
            guard !function.isMarked else { continue }
            function.isMarked = true
            visited.append(function)
            for input in function.inputs where input.requiresGrad {
                if input.mark.consumer < 0 { touched.append(input) }
                consumers.append((function, input.mark.consumer))
                input.mark.consumer = consumers.count - 1
                if let creator = input.creator, !creator.isMarked { functions.append(creator) }
            }
        }
        unmarkVisited()

        // Forward from the inputs: what the backward walk found and the inputs lead to.
        variables.append(contentsOf: inputs)
        while let variable = variables.popLast() {
            if !variable.mark.isRequired {
                variable.mark.isRequired = true
                touched.append(variable)
            }
            var consumer = variable.mark.consumer
            while consumer >= 0 {
                let (function, next) = consumers[consumer]
                consumer = next
                if function.isMarked { continue }
                function.isMarked = true
                visited.append(function)
                for index in 0..<function.resultCount {
                    if let result = function.result(index), result.mark.consumer >= 0 { variables.append(result) }
                }
            }
        }
        unmarkVisited()
    }

    private mutating func unmarkVisited() {
        for function in visited { function.isMarked = false }
        visited.recycle()
    }

    mutating func reset() {
        for node in touched {
            node.mark.isRequired = false
            node.mark.consumer = -1
        }
        touched.recycle()
        consumers.recycle()
        functions.recycle()
        variables.recycle()
    }
}
