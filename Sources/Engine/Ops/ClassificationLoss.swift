import RealModule

private enum LogisticLoss: FloatBinary {
    static func apply<T: FloatElement>(_ x: T, _ t: T) -> T {
        T.log(onePlus: T.exp(-abs(x))) - x * (t - (x >= 0 ? 1 : 0))
    }
}

enum LossReduction: String, Choice { case mean, no }
enum HingeNorm: String, Choice {
    case l1 = "L1"
    case l2 = "L2"
}
enum SoftTargetLoss: String, Choice {
    case crossEntropy = "cross-entropy"
    case klDivergence = "kl-divergence"
}

/// Losses of a class for each sample (Chainer: `functions/loss`).
struct ClassificationLossOps: Sendable {
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
                let loss = try classificationLoss.softTargetLoss(x, t, softLoss)
                guard reduce == .mean else { return loss }
                return try loss.averaged(over: loss.size)
            }
            var scores = try -activation.logSoftmax(x, 1)
            if let weight {
                let shape = x.shape.indices.map { $0 == 1 ? x.shape[1] : 1 }
                scores = try scores * arrayOps.reshape(weight.detached, Shape(shape))
            }
            // One row a label, the classes last.
            let order = x.shape.indices.filter { $0 != 1 } + [1]
            scores = try arrayOps.reshape(arrayOps.transpose(scores, Axes(order)), [t.size, x.shape[1]])
            let counts = try t.differs(from: ignored)
            let chosen = try arrayOps.where(counts, t.detached, Variable(number: .int(0), t.dtype))
            var loss = try arrayOps.selectItem(scores, arrayOps.reshape(chosen, [t.size]))
            loss = try arrayOps.reshape(loss, Shape(t.shape)) * arrayOps.cast(counts, x.dtype)
            guard reduce == .mean else { return loss }
            return try loss.averaged(over: Swift.max(normalize ? counts.countTrue() : x.shape[0], 1))
        }

    let sigmoidCrossEntropy: Op<Variable, Variable, Bool, LossReduction> = Op(
        "sigmoid_cross_entropy", "Cross entropy of sigmoid(x) and the labels t; where t is -1 it does not count.",
        .array("x", "Unnormalized log probabilities."),
        .array("t", "Labels 0, 1 or -1, of x's shape.", .integers, sharesDType: false, inline: .int32),
        .option("normalize", true, "Whether the mean is over the labels that count, not over the first axis."),
        .option("reduce", .mean, "Whether the mean is taken.")
    ) { x, t, normalize, reduce in
        try t.require(shape: x.shape, "t is of x's shape.", at: 1)
        let counts = try t.differs(from: -1)
        let target = try arrayOps.cast(t.detached, x.dtype)
        let loss = try classificationLoss.logisticLoss(x, target) * arrayOps.cast(counts, x.dtype)
        guard reduce == .mean else { return loss }
        return try loss.averaged(over: Swift.max(normalize ? counts.countTrue() : x.shape.first ?? 1, 1))
    }

    let hinge: Op<Variable, Variable, HingeNorm, LossReduction> = Op(
        "hinge",
        "max(0, 1 - x) at the label's class and max(0, 1 + x) at the others, or the squares of these."
            + " Chainer differentiates it once.",
        .array("x", "Scores of shape (n, classes)."),
        .array("t", "Labels of shape (n,).", .integers, sharesDType: false, inline: .int32),
        .option("norm", .l1, "Whether the terms are squared (L2)."),
        .option("reduce", .mean, "Whether the terms are summed over the classes and averaged over the samples.")
    ) { x, t, norm, reduce in
        try x.require(axes: "n, classes", count: 2, at: 0)
        try t.require(shape: [x.shape[0]], "t has a label for each sample.", at: 1)
        let isLabel = try t.labels(below: x.shape[1], at: 1).oneHot(x.shape[1])
        var loss = try activation.relu(arrayOps.where(isLabel, -x, x) + 1)
        if norm == .l2 { loss = try elementwise.square(loss) }
        return reduce == .no ? loss : try loss.averaged(over: x.shape[0])
    }

    /// The logarithm of 1 + exp(x) does not overflow, and keeps its digits beside x t.
    let logisticLoss: Op<Variable, Variable> = Op(
        "_logistic_loss", "log(1 + exp(x)) - x t: minus the logarithm of the likelihood of t where sigmoid(x) is 1's.",
        .array("x", "Array."), .array("t", "Target."), reads: .inputs
    ) { x, t in
        try x.array.combined(t.array, float: LogisticLoss.self)
    } backward: { gy, _, x, t in
        [{ try gy * (activation.sigmoid(x) - t) }, { try -(gy * x) }]
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

let classificationLoss: ClassificationLossOps = ClassificationLossOps()
