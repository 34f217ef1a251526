enum TotalReduction: String, Choice { case sum, no }

/// Losses of a label against a few others in place of all (Chainer: `functions/loss`).
struct SampledLossOps: Sendable {
    let blackOut: Op<Variable, Variable, Variable, Variable, LossReduction> = Op(
        "black_out", "-log p(t) - sum of log(1 - p(s)) over samples s, where p is the softmax of W x over t and these.",
        .array("x", "Vectors of shape (n, k)."),
        .array("t", "Labels of shape (n,).", .integers, sharesDType: false, inline: .int32),
        .array("W", "A vector for each label, of shape (labels, k)."),
        .array("samples", "Other labels, of shape (n, samples).", .integers, sharesDType: false, inline: .int32),
        .option("reduce", .mean, "Whether the mean is taken.")
    ) { x, t, w, samples, reduce in
        try checkShapes(x, t, w, samples)
        let labels = try joined(t.labels(below: w.shape[0], at: 1), samples.labels(below: w.shape[0], at: 3))
        let logs = try activation.logSoftmax(scores(x.widened, w.widened, labels), 1)
        let others = try arrayOps.getItem(logs, .range(1..<labels.shape[1], axis: 1))
        let misses = try reduction.sum(elementwise.log(1 - elementwise.exp(others)), 1, false)
        let hits = try arrayOps.reshape(arrayOps.getItem(logs, .range(0..<1, axis: 1)), [t.size])
        let loss = try -(hits + misses)
        return try (reduce == .no ? loss : loss.averaged(over: t.size)).cast(to: x.dtype)
    }

    let negativeSampling: Op<Variable, Variable, Variable, Variable, TotalReduction, Bool> = Op(
        severalResults: "negative_sampling",
        "-log sigmoid(W_t x) - sum of log sigmoid(-W_s x) over samples s; where t is -1 it does not count.",
        .array("x", "Vectors of shape (n, k)."),
        .array("t", "Labels of shape (n,), or -1.", .integers, sharesDType: false, inline: .int32),
        .array("W", "A vector for each label, of shape (labels, k)."),
        .array(
            "samples", "Other labels, of shape (n, samples + 1); t is written to the first column.", .integers,
            sharesDType: false, inline: .int32),
        .option("reduce", .sum, "Whether the sum is taken."),
        .option("return_samples", false, "Whether the samples, beginning with t, are a second result.")
    ) { x, t, w, samples, reduce, returnsSamples in
        try checkShapes(x, t, w, samples)
        guard samples.shape[1] > 0 else {
            throw EngineError(
                .shape, "samples needs a column for t.", expected: "at least one column",
                actual: describe(samples.shape), at: .input(3))
        }
        let others = try arrayOps.getItem(samples.detached, .range(1..<samples.shape[1], axis: 1))
        let labels = try joined(
            t.labels(below: w.shape[0], ignoring: -1, at: 1), others.labels(below: w.shape[0], at: 3))
        let counts = try t.differs(from: -1)
        let x = try x.widened
        let given = try arrayOps.where(arrayOps.expandDims(counts, 1), x, x.constant(0))
        let isFirst = try arrayOps.cast(arithmetic.eq(.range(labels.shape[1]), .range(1)), x.dtype)
        let terms = try classificationLoss.logisticLoss(scores(given, w.widened, labels), isFirst)
        var loss = try arrayOps.where(counts, reduction.sum(terms, 1, false), x.constant(0))
        if reduce == .sum { loss = try reduction.sum(loss, nil, false) }
        loss = try loss.cast(to: w.dtype)
        guard returnsSamples else { return .one(loss) }
        return .list([.one(loss), .one(try joined(arrayOps.cast(t.detached, samples.dtype), others))])
    }
}

private func checkShapes(_ x: Variable, _ t: Variable, _ w: Variable, _ samples: Variable) throws {
    try x.require(axes: "n, k", count: 2, at: 0)
    try t.require(shape: [x.shape[0]], "t has a label for each vector.", at: 1)
    try w.require(axes: "labels, k", count: 2, at: 2)
    try w.require(shape: [w.shape[0], x.shape[1]], "W has vectors as long as those of x.", at: 2)
    try samples.require(axes: "n, samples", count: 2, at: 3)
    try samples.require(shape: [x.shape[0], samples.shape[1]], "samples has a row for each vector.", at: 3)
}

/// Columns of labels: the right one, then others.
private func joined(_ labels: Variable, _ others: Variable) throws -> Variable {
    try arrayOps.concat([arrayOps.expandDims(labels, 1), others], 1)
}

/// For each vector its products with the vectors of its labels.
private func scores(_ x: Variable, _ w: Variable, _ labels: Variable) throws -> Variable {
    let rows = try gathering.take(w, arrayOps.reshape(labels, [labels.size]), 0)
    let vectors = try arrayOps.reshape(rows, Shape(labels.shape + [w.shape[1]]))
    return try reduction.sum(vectors * arrayOps.expandDims(x, 1), 2, false)
}

let sampledLoss: SampledLossOps = SampledLossOps()
