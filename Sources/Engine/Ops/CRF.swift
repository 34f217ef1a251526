/// Linear-chain conditional random fields (Chainer: `functions/loss/crf1d.py`). The sequences of a batch come with the
/// longest first; a time step has a row for each that has not ended.
struct CRFOps: Sendable {
    let crf1d: Op<Variable, [Variable], [Variable], LossReduction> = Op(
        "crf1d", "-log of the probability of labels in a linear chain: log of the sum over all labels - their score.",
        .cost, .scores,
        .arrays(
            "ys", "For each time step the labels of its sequences.", .integers, sharesDType: false, inline: .int32),
        .option("reduce", .mean, "Whether the mean over the sequences is taken.")
    ) { cost, xs, ys, reduce in
        try checkShapes(cost, xs)
        guard ys.count == xs.count else {
            throw EngineError(
                .shape, "ys has labels for each time step.", expected: "\(xs.count) arrays", actual: "\(ys.count)",
                at: .inputs)
        }
        let labels = try zip(xs, ys).enumerated().map { time, step in
            let place = 1 + xs.count + time
            try step.1.require(shape: [step.0.shape[0]], "There is a label for each row of the step's x.", at: place)
            return try step.1.labels(below: cost.shape[0], at: place)
        }
        let (transitions, steps) = (try cost.widened, try xs.map { try $0.widened })
        let last = try scores(transitions, steps) { try reduction.logsumexp($0, 2) }
        let loss = try reduction.logsumexp(last, 1) - score(of: labels, transitions, steps)
        return try (reduce == .no ? loss : loss.averaged(over: loss.size)).cast(to: cost.dtype)
    }

    let argmaxCRF1D: Op<Variable, [Variable]> = Op(
        severalResults: "argmax_crf1d", "The greatest score of labels in a linear chain, and the labels (int32).",
        .cost, .scores
    ) { cost, xs in
        try checkShapes(cost, xs)
        var origins: [NDArray] = []
        let last = try scores(cost.widened, xs.map { try $0.widened }) { paths in
            origins.append(try paths.array.selectedIndex(Maximum.self, axis: 2))
            return try reduction.max(paths, 2, false)
        }
        let best = try reduction.max(last, 1, false).cast(to: cost.dtype)
        let ends = try last.array.selectedIndex(Maximum.self, axis: 1)
        let path = try path(to: ends, origins).map { Results.one(Variable(constant: $0)) }
        return .list([.one(best), .list(path)])
    }
}

extension Parameter where Value == Variable {
    fileprivate static var cost: Parameter {
        .array("cost", "Scores of transitions from one label to another, of shape (labels, labels).")
    }
}

extension Parameter where Value == [Variable] {
    fileprivate static var scores: Parameter {
        .arrays("xs", "For each time step scores of labels, of shape (n, labels); n does not rise.")
    }
}

private func checkShapes(_ cost: Variable, _ xs: [Variable]) throws {
    try cost.require(axes: "labels, labels", count: 2, at: 0)
    try cost.require(shape: [cost.shape[0], cost.shape[0]], "cost has a row and a column for each label.", at: 0)
    var rows = Int.max
    for (place, x) in xs.enumerated() {
        try x.require(axes: "n, labels", count: 2, at: 1 + place)
        try x.require(shape: [x.shape[0], cost.shape[0]], "Each row has a score for each label.", at: 1 + place)
        guard x.shape[0] <= rows else {
            throw EngineError(
                .shape, "A time step has no more sequences than the one before: sort them, the longest first.",
                expected: "at most \(rows) rows", actual: "\(x.shape[0])", at: .input(1 + place))
        }
        rows = x.shape[0]
    }
}

/// For each sequence the scores of its last labels, of shape (n, labels).
/// - Parameter fold: what is made of the scores of the paths to a label, of shape (n, labels, labels before).
private func scores(
    _ cost: Variable, _ xs: [Variable], fold: (Variable) throws -> Variable
) throws -> Variable {
    let arriving = try arrayOps.transpose(cost, nil)
    var scores = xs[0]
    var ended: [Variable] = []
    for x in xs.dropFirst() {
        let count = x.shape[0]
        if count < scores.shape[0] {
            ended.append(try arrayOps.getItem(scores, .range(count..<scores.shape[0], axis: 0)))
            scores = try arrayOps.getItem(scores, .range(0..<count, axis: 0))
        }
        scores = try fold(arrayOps.expandDims(scores, 1) + arriving) + x
    }
    return ended.isEmpty ? scores : try arrayOps.concat([scores] + ended.reversed(), 0)
}

/// For each sequence the score of its labels.
private func score(of labels: [Variable], _ cost: Variable, _ xs: [Variable]) throws -> Variable {
    let count = Variable(constant: try NDArray(.int(Int64(cost.shape[0])), .int64))
    let transitions = try arrayOps.reshape(cost, [cost.size])
    var (terms, sequences): ([Variable], [Variable]) = ([], [])
    for (time, x) in xs.enumerated() {
        let (label, rows) = (labels[time], try Variable.range(x.shape[0]))
        terms.append(try arrayOps.squeeze(gathering.take(x, arrayOps.expandDims(label, 1), 1), 1))
        sequences.append(rows)
        guard time > 0 else { continue }
        let before = try arrayOps.getItem(labels[time - 1], .range(0..<label.size, axis: 0))
        terms.append(try gathering.take(transitions, before * count + label, 0))
        sequences.append(rows)
    }
    return try gathering.put(arrayOps.concat(terms, 0), arrayOps.concat(sequences, 0), 0, xs[0].shape[0])
}

/// The labels of each time step on the best paths, from their last ones and where each place of a step was reached from.
private func path(to ends: NDArray, _ origins: [NDArray]) throws -> [NDArray] {
    func ending(_ rows: Range<Int>) throws -> NDArray {
        try ends.gathered(Slices.range(rows, axis: 0).selection(of: ends.shape))
    }
    var labels = try ending(0..<(origins.last?.shape[0] ?? ends.size))
    var path = [labels]
    for (step, origin) in origins.enumerated().reversed() {
        let reached = try origin.taken(labels.cast(to: .int64).reshaped([labels.size, 1]), axis: 1)
        let before = step == 0 ? ends.size : origins[step - 1].shape[0]
        labels = try NDArray.concatenated([reached.reshaped([labels.size]), ending(labels.size..<before)], axis: 0)
        path.append(labels)
    }
    return path.reversed()
}

let crf: CRFOps = CRFOps()
