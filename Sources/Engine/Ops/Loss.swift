enum LossReduction: String, Choice { case mean, no }
enum SoftTargetLoss: String, Choice {
    case crossEntropy = "cross-entropy"
    case klDivergence = "kl-divergence"
}

/// Loss functions (Chainer: `functions/loss`).
struct LossOps: Sendable {
    let meanSquaredError: Op<Variable, Variable> = Op(
        "mean_squared_error", "Mean of the squared differences of two arrays of one shape.", .array("x0"), .array("x1")
    ) { x0, x1 in
        guard x0.shape == x1.shape else {
            throw EngineError(
                .shape, "The two arrays must be of one shape.", expected: describe(x0.shape),
                actual: describe(x1.shape),
                at: .input(1))
        }
        return try (x0 - x1).inFloat32 {
            try reduction.sum(elementwise.square($0), nil, false) / Double(x0.size)
        }
    }

    let softmaxCrossEntropy: Op<Variable, Variable, Bool, Bool, Variable?, Int, LossReduction, Bool, SoftTargetLoss> =
        Op(
            "softmax_cross_entropy", "Cross entropy of softmax(x) along axis 1 and the labels t.",
            .array("x", "Unnormalized log probabilities, of shape (n, classes, ...)."),
            .array(
                "t", "Labels of shape (n, ...), or soft targets of x's shape.", .numbers, in: 0...1,
                sharesDType: false, inline: .int32),
            .option("normalize", true, "Whether the mean is over the labels that count, not over n."),
            .option("cache_score", true, "Of no effect here; in Chainer it saves time."),
            .optional("class_weight", "A factor for each class; a constant.", in: 0.5...2),
            .option("ignore_label", -1, "A label that does not count."),
            .option("reduce", .mean, "Whether the mean is taken."),
            .option("enable_double_backprop", false, "Of no effect here: it always can be."),
            .option("soft_target_loss", .crossEntropy, "What is computed of soft targets.")
        ) { x, t, normalize, _, weight, ignored, reduce, _, softLoss in
            try checkShapes(x, t, weight)
            if t.dtype.isFloat {
                let loss = try loss.softTargetLoss(x, t, softLoss)
                guard reduce == .mean else { return loss }
                return try loss.inFloat32 { try reduction.sum($0, nil, false) / Double(loss.size) }
            }
            var scores = try -activation.logSoftmax(x, 1)
            if let weight {
                let shape = x.shape.indices.map { $0 == 1 ? x.shape[1] : 1 }
                scores = try scores * arrayOps.reshape(weight.detached, Shape(shape))
            }
            // One row a label, the classes last.
            let order = x.shape.indices.filter { $0 != 1 } + [1]
            scores = try arrayOps.reshape(arrayOps.transpose(scores, Axes(order)), [t.size, x.shape[1]])
            let labels = t.detached
            let counts = try arithmetic.ne(labels, Variable(number: .int(Int64(ignored)), t.dtype))
            let chosen = try arrayOps.where(counts, labels, Variable(number: .int(0), t.dtype))
            var loss = try arrayOps.selectItem(scores, arrayOps.reshape(chosen, [t.size]))
            loss = try arrayOps.reshape(loss, Shape(t.shape)) * arrayOps.cast(counts, x.dtype)
            guard reduce == .mean else { return loss }
            let counted = try counts.array.cast(to: .int64).reduced(
                Sum.self, axes: Array(0..<t.ndim), keepdims: false)
            let count = normalize ? Int(counted.item(Int64.self) ?? 0) : x.shape[0]
            return try loss.inFloat32 { try reduction.sum($0, nil, false) / Double(Swift.max(count, 1)) }
        }

    /// Chainer's own gradient, softmax(x) − t, which takes for granted that the targets sum to 1.
    let softTargetLoss: Op<Variable, Variable, SoftTargetLoss> = Op(
        "_soft_target_loss", "Cross entropy of softmax(x) along axis 1 and soft targets.", .array("x"),
        .array("t", "Soft targets.", in: 0...1), .required("form", "What is computed."), reads: .inputs
    ) { x, t, form in
        let (x, t) = (x.detached, t.detached)
        var score = try -activation.logSoftmax(x, 1)
        if form == .klDivergence { score = try elementwise.log(t + 1e-7) + score }
        return try reduction.sum(t * score, 1, false).array
    } backward: { gy, _, x, t, _ in
        [{ try gy.unreduced(1, to: x) * (activation.softmax(x, 1) - t) }, { nil }]
    }
}

private func checkShapes(_ x: Variable, _ t: Variable, _ weight: Variable?) throws {
    guard x.ndim >= 2 else {
        throw EngineError(
            .shape, "x needs an axis of samples and one of classes.", expected: "at least 2 dimensions",
            actual: describe(x.shape), at: .input(0))
    }
    let wanted = t.dtype.isFloat ? x.shape : x.shape.indices.filter { $0 != 1 }.map { x.shape[$0] }
    guard t.shape == wanted else {
        throw EngineError(
            .shape, t.dtype.isFloat ? "Soft targets are of x's shape." : "Labels are of x's shape without axis 1.",
            expected: describe(wanted), actual: describe(t.shape), at: .input(1))
    }
    if t.dtype.isFloat, t.dtype != x.dtype {
        var error = NDArray.mixedDTypes(x.dtype, t.dtype)
        error.place = .input(1)
        throw error
    }
    if let weight, weight.shape != [x.shape[1]] {
        throw EngineError(
            .shape, "class_weight has a factor for each class.", expected: describe([x.shape[1]]),
            actual: describe(weight.shape), at: .input(2))
    }
}

let loss: LossOps = LossOps()
