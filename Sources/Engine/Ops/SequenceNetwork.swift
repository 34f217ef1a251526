/// A stack of recurrent layers over sequences that are given step by step: what one call of `n_step_*` computes.
struct SequenceNetwork {
    /// The next state, from the products of the gates' weights with the input and with the hidden state, side by side.
    /// A state is the hidden state, and after it the cells where the unit has them.
    typealias Unit = (_ fromInput: Variable, _ fromHidden: Variable, _ state: [Variable]) throws -> [Variable]

    /// How many weights a unit has for its input, and again for its hidden state.
    let gates: Int
    let unit: Unit
    let layers: Int
    let directions: Int
    let dropout: Double
    let seed: Seed
    let train: Bool

    /// - Parameters:
    ///   - state: each of shape (layers * directions, n, units).
    ///   - weights: for each layer and direction those for the input, then those for the hidden state; biases likewise.
    ///   - steps: for each step the inputs of the sequences that last so long, the longest sequence first.
    /// - Returns: the state after each sequence's last step, and the last layer's hidden states for each step.
    func results(
        _ state: [Variable], _ weights: [[Variable]], _ biases: [[Variable]], _ steps: [Variable]
    ) throws -> Results {
        try check(state, weights, biases, steps)
        let lengths = steps.map { $0.shape[0] }
        let starts = try state.map { try joining.separate.results($0, 0).flat }
        var ends: [[Variable]] = state.map { _ in [] }
        var seeds = SplitMix64(seed)
        // All steps stand below one another, so that the weights for inputs are used once.
        var input = try arrayOps.concat(steps, 0)
        for layer in 0..<layers {
            var outputs: [Variable] = []
            for direction in 0..<directions {
                let index = layer * directions + direction
                let source = layer > 0 ? try dropped(input, &seeds) : input
                var inputs = try product(source, weights[index].prefix(gates), biases[index].prefix(gates))
                    .parts(lengths, axis: 0)
                if direction == 1 { inputs.reverse() }
                let weight = try arrayOps.concat(Array(weights[index].suffix(gates)), 0)
                let bias = try arrayOps.concat(Array(biases[index].suffix(gates)), 0)
                var current = starts.map { $0[index] }
                var hidden: [Variable] = []
                for input in inputs {
                    // Sequences that have no such step keep their state.
                    let split = try current.map { try $0.split(at: input.shape[0]) }
                    let fromHidden = try connection.linear(split[0].first, weight, bias, 1)
                    let next = try unit(input, fromHidden, split.map(\.first))
                    hidden.append(next[0])
                    current = try zip(next, split).map { try $0.joined($1.rest) }
                }
                if direction == 1 { hidden.reverse() }
                outputs.append(try arrayOps.concat(hidden, 0))
                for kind in ends.indices { ends[kind].append(current[kind]) }
            }
            input = try arrayOps.concat(outputs, 1)
        }
        let last = try ends.map { try joining.stack($0, 0) }
        return .list(
            last.map { .one($0) } + [.list(try input.parts(lengths, axis: 0).map { .one($0) })])
    }

    private func dropped(_ x: Variable, _ seeds: inout SplitMix64) throws -> Variable {
        guard train, dropout > 0 else { return x }
        let seed = Seed(Int64(bitPattern: seeds.next()))
        return try x * .drawn(from: DropDistribution(ratio: dropout), like: x, seed)
    }
}

extension SequenceNetwork {
    private func check(
        _ state: [Variable], _ weights: [[Variable]], _ biases: [[Variable]], _ steps: [Variable]
    ) throws {
        let (count, isTooMany) = layers.multipliedReportingOverflow(by: directions)
        guard layers > 0, !isTooMany else {
            throw EngineError(
                .argument, "There is at least one layer.", expected: "at least 1", actual: "\(layers)",
                at: .argument("n_layers"))
        }
        guard layers == 1 || !train || (dropout >= 0 && dropout < 1) else {
            throw EngineError.ratio(dropout, argument: "dropout_ratio")
        }
        let shape = state[0].shape
        guard shape.count == 3, shape[0] == count else {
            throw EngineError(
                .shape, "hx has a hidden state for each layer and direction.", expected: "(\(count), n, units)",
                actual: describe(shape), at: .input(0))
        }
        for (place, other) in state.enumerated() { try other.require(shape: shape, "cx is of hx's shape.", at: place) }
        let (samples, units) = (shape[1], shape[2])
        let places = (weights: state.count, biases: state.count + weights.joined().count)
        let features = try check(steps, samples, at: places.biases + biases.joined().count)
        try check("ws", weights, count, at: places.weights) { index, gate in
            [units, gate >= gates ? units : index < directions ? features : directions * units]
        }
        try check("bs", biases, count, at: places.biases) { _, _ in [units] }
    }

    /// Checks the inputs of each step, and tells how many features they have.
    private func check(_ steps: [Variable], _ samples: Int, at place: Int) throws -> Int {
        let features = steps[0].shape.last ?? 0
        var longest = samples
        for (index, step) in steps.enumerated() {
            guard step.ndim == 2, step.shape[1] == features, step.shape[0] <= longest else {
                throw EngineError(
                    .shape,
                    "xs[t] holds step t of each sequence that lasts so long: sort the sequences, the longest first.",
                    expected: "(at most \(longest), \(features))", actual: describe(step.shape),
                    at: .input(place + index))
            }
            longest = step.shape[0]
        }
        return features
    }

    private func check(
        _ name: String, _ arrays: [[Variable]], _ count: Int, at place: Int, shape: (_ index: Int, _ gate: Int) -> [Int]
    ) throws {
        guard arrays.count == count, arrays.allSatisfy({ $0.count == 2 * gates }) else {
            throw EngineError(
                .argument, "\(name) has a list of arrays for each layer and direction.",
                expected: "\(count) lists of \(2 * gates)",
                actual: "lists of " + arrays.map { "\($0.count)" }.joined(separator: ", "), at: .inputs)
        }
        var place = place
        for (index, list) in arrays.enumerated() {
            for (gate, array) in list.enumerated() {
                try array.require(shape: shape(index, gate), "\(name)[\(index)][\(gate)] does not fit.", at: place)
                place += 1
            }
        }
    }
}

private func product(
    _ x: Variable, _ weights: ArraySlice<Variable>, _ biases: ArraySlice<Variable>
) throws -> Variable {
    try connection.linear(x, arrayOps.concat(Array(weights), 0), arrayOps.concat(Array(biases), 0), 1)
}
