/// Units of recurrent networks (Chainer: `functions/rnn/lstm.py`, `slstm.py`, `tree_lstm.py`).
struct RecurrentOps: Sendable {
    let lstm: Op<Variable, Variable> = Op(
        severalResults: "lstm",
        "c = tanh(a) sigmoid(i) + c_prev sigmoid(f) and h = tanh(c) sigmoid(o), with a, i, f, o every fourth channel of"
            + " x.", .array("c_prev", "Cells of shape (n, units, ...)."),
        .array("x", "Gates of shape (m, 4 units, ...); where m is less than n the cells after m stay as they are.")
    ) { cells, x in
        try requireGates(x, 4, of: cells, at: 1, takesFewer: true)
        let (active, rest) = try cells.split(at: x.shape[0])
        let gates = try interleavedGates(x)
        let c = try elementwise.tanh(gates[0]) * activation.sigmoid(gates[1]) + active * activation.sigmoid(gates[2])
        let h = try elementwise.tanh(c) * activation.sigmoid(gates[3])
        return .list([.one(try c.joined(rest)), .one(h)])
    }

    let slstm: Op<Variable, Variable, Variable, Variable> = Op(
        severalResults: "slstm",
        "c = tanh(a1) sigmoid(i1) + tanh(a2) sigmoid(i2) + c_prev1 sigmoid(f1) + c_prev2 sigmoid(f2) and"
            + " h = tanh(c) sigmoid(o1 + o2), with a, i, f, o every fourth channel of x1 and of x2.",
        .array("c_prev1", "Cells of the first child, of shape (n, units, ...)."),
        .array("c_prev2", "Cells of the second child, of c_prev1's shape."),
        .array("x1", "Gates of the first child, of shape (n, 4 units, ...)."),
        .array("x2", "Gates of the second child, of x1's shape.")
    ) { cells1, cells2, x1, x2 in
        try cells2.require(shape: cells1.shape, "The children's cells are of one shape.", at: 1)
        try requireGates(x1, 4, of: cells1, at: 2)
        try requireGates(x2, 4, of: cells1, at: 3)
        let (first, second) = (try interleavedGates(x1), try interleavedGates(x2))
        let c = try [(first, cells1), (second, cells2)].map { gates, cells in
            try elementwise.tanh(gates[0]) * activation.sigmoid(gates[1]) + cells * activation.sigmoid(gates[2])
        }
        let sum = try c[0] + c[1]
        let h = try elementwise.tanh(sum) * activation.sigmoid(first[3] + second[3])
        return .list([.one(sum), .one(h)])
    }

    let treeLSTM: Op<[Variable]> = Op(
        severalResults: "tree_lstm",
        "c = tanh(a) sigmoid(i) + the sum of c_k sigmoid(f_k) and h = tanh(c) sigmoid(o), with a, i, o, f_1, ... the"
            + " parts of x along axis 1."
            + " Chainer differentiates it once.",
        .arrays(
            "inputs", "Cells of each child, of shape (n, units, ...), then x, of shape (n, (3 + children) units, ...).")
    ) { inputs in
        let (children, x) = (inputs.dropLast(), inputs[inputs.count - 1])
        guard let first = children.first else {
            throw EngineError(
                .argument, "A tree has at least one child: give its cells, then x.", expected: "at least 2 arrays",
                actual: "1", at: .inputs)
        }
        for (index, cells) in children.enumerated() {
            try cells.require(shape: first.shape, "The children's cells are of one shape.", at: index)
        }
        try requireGates(x, 3 + children.count, of: first, at: children.count)
        let gates = try x.parts(3 + children.count, axis: 1)
        var c = try elementwise.tanh(gates[0]) * activation.sigmoid(gates[1])
        for (cells, forget) in zip(children, gates[3...]) { c = try c + cells * activation.sigmoid(forget) }
        return .list([.one(c), .one(try elementwise.tanh(c) * activation.sigmoid(gates[2]))])
    }
}

/// - Parameter takesFewer: whether the gates may be of the first samples only.
private func requireGates(
    _ x: Variable, _ count: Int, of cells: Variable, at index: Int, takesFewer: Bool = false
) throws {
    guard cells.ndim >= 2 else {
        throw EngineError(
            .shape, "Cells need an axis of samples and one of units.", expected: "at least 2 dimensions",
            actual: describe(cells.shape), at: .input(0))
    }
    var wanted = cells.shape
    wanted[1] *= count
    if takesFewer, let samples = x.shape.first { wanted[0] = min(samples, wanted[0]) }
    try x.require(shape: wanted, "There are \(count) gates for each unit.", at: index)
}

/// Of every four channels the first, second, third and fourth.
private func interleavedGates(_ x: Variable) throws -> [Variable] {
    let (samples, units, rest) = (x.shape[0], x.shape[1] / 4, x.shape[2...])
    let spread = try arrayOps.reshape(x, Shape([samples, units, 4] + rest))
    return try spread.parts(4, axis: 2).map { try arrayOps.reshape($0, Shape([samples, units] + rest)) }
}

extension Variable {
    /// Equal parts along an axis.
    func parts(_ count: Int, axis: Int) throws -> [Variable] {
        let length = shape[axis] / max(count, 1)
        return try parts(Array(repeating: length, count: count), axis: axis)
    }

    /// Parts of some lengths along an axis.
    func parts(_ lengths: [Int], axis: Int) throws -> [Variable] {
        var (end, cuts) = (0, [Int]())
        for length in lengths.dropLast() {
            end += length
            cuts.append(end)
        }
        return try arrayOps.splitAxis.results(self, Axes(cuts), axis, true).flat
    }

    /// The first samples, and the others where there are any.
    func split(at count: Int) throws -> (first: Variable, rest: Variable?) {
        guard count < shape[0] else { return (self, nil) }
        let parts = try parts([count, shape[0] - count], axis: 0)
        return (parts[0], parts[1])
    }

    /// Undoes `split`.
    func joined(_ rest: Variable?) throws -> Variable { try rest.map { try arrayOps.concat([self, $0], 0) } ?? self }
}

let recurrent: RecurrentOps = RecurrentOps()
