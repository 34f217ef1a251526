enum CovarianceReduction: String, Choice {
    case sum = "half_squared_sum"
    case no
}

/// Losses of how samples lie to one another (Chainer: `functions/loss`).
struct EmbeddingLossOps: Sendable {
    let contrastive: Op<Variable, Variable, Variable, Double, LossReduction> = Op(
        "contrastive",
        "d^2 / 2 for pairs that belong together, max(0, margin - d)^2 / 2 for others; d is their distance.",
        .array("x0", "Vectors of shape (n, k)."), .array("x1", "The others of the pairs, of x0's shape."),
        .array(
            "y", "For each pair 1 where the two belong together, else 0.", .integers, sharesDType: false,
            inline: .int32),
        .option("margin", 1, "The distance that others should have at least; positive."),
        .option("reduce", .mean, "Whether the mean is taken.")
    ) { x0, x1, y, margin, reduce in
        try x0.require(axes: "n, k", count: 2, at: 0)
        try checkSamples([x0, x1], margin)
        try y.require(shape: [x0.shape[0]], "y says of each pair whether the two belong together.", at: 2)
        let squares = try reduction.sum(elementwise.square(x0.widened - x1.widened), 1, false)
        let gap = try activation.relu(margin - distance(squares))
        let isPair = try arrayOps.cast(y.detached, squares.dtype)
        let loss = try (isPair * squares + (1 - isPair) * elementwise.square(gap)) / 2
        return try (reduce == .no ? loss : loss.averaged(over: x0.shape[0])).cast(to: x0.dtype)
    }

    let triplet: Op<Variable, Variable, Variable, Double, LossReduction> = Op(
        "triplet", "max(0, |anchor - positive|^2 - |anchor - negative|^2 + margin) of every sample.",
        .array("anchor", "Vectors of shape (n, k)."),
        .array("positive", "For each of them a vector like it, of anchor's shape."),
        .array("negative", "For each of them a vector unlike it, of anchor's shape."),
        .option("margin", 0.2, "How much farther the negative one should be; positive."),
        .option("reduce", .mean, "Whether the mean over the samples is taken.")
    ) { anchor, positive, negative, margin, reduce in
        guard anchor.ndim >= 2 else {
            throw EngineError(
                .shape, "The arrays need an axis of samples and one of vectors.", expected: "at least 2 dimensions",
                actual: describe(anchor.shape), at: .input(0))
        }
        try checkSamples([anchor, positive, negative], margin)
        let (near, far) = try (anchor.widened - positive.widened, anchor.widened - negative.widened)
        let excess = try reduction.sum(elementwise.square(near) - elementwise.square(far), 1, false)
        let loss = try activation.relu(excess + margin)
        return try (reduce == .no ? loss : loss.averaged(over: anchor.shape[0])).cast(to: anchor.dtype)
    }

    let crossCovariance: Op<Variable, Variable, CovarianceReduction> = Op(
        "cross_covariance", "Covariances of the columns of y with those of z, or half the sum of their squares.",
        .array("y", "Samples of shape (n, k)."), .array("z", "Samples of shape (n, l)."),
        .option("reduce", .sum, "Whether half the sum of the squares is taken.")
    ) { y, z, reduce in
        try y.require(axes: "n, k", count: 2, at: 0)
        try z.require(axes: "n, l", count: 2, at: 1)
        try z.require(shape: [y.shape[0], z.shape[1]], "z has as many samples as y.", at: 1)
        let covariances = try covariances(y, z)
        return try (reduce == .no ? covariances : halfSquaredSum(covariances)).cast(to: y.dtype)
    }

    let decov: Op<Variable, CovarianceReduction> = Op(
        "decov",
        "Covariances of different columns of h, 0 on the diagonal, or half the sum of their squares."
            + " Chainer differentiates it once.",
        .array("h", "Samples of shape (n, k)."),
        .option("reduce", .sum, "Whether half the sum of the squares is taken.")
    ) { h, reduce in
        try h.require(axes: "n, k", count: 2, at: 0)
        let covariances = try covariances(h, h)
        let isDiagonal = try Variable.range(h.shape[1]).oneHot(h.shape[1])
        let others = try arrayOps.where(isDiagonal, covariances.constant(0), covariances)
        return try (reduce == .no ? others : halfSquaredSum(others)).cast(to: h.dtype)
    }

    let clustering: Op<Variable, Variable, Double, Double, Int, Int, Double, Double, Double> = Op(
        severalResults: "discriminative_margin_based_clustering_loss",
        "Three losses of pixels: how far they are from their instances' means, how near these are, how large they are."
            + " Chainer's works for few batch sizes only.",
        .array("embeddings", "Vectors of pixels, of shape (n, max_embedding_dim, height, width)."),
        .array(
            "labels", "Of each pixel the instance, 1 to max_embedding_dim; of shape (n, height, width).", .integers,
            sharesDType: false, inline: .int32),
        .required("delta_v", "The distance from the mean of its instance that costs a pixel nothing."),
        .required("delta_d", "Half the distance that means of two instances should have at least."),
        .required("max_embedding_dim", "The length of the vectors, and the number of instances."),
        .option("norm", 1, "How distances are measured: 1 or 2."), .option("alpha", 1, "Factor of the first loss."),
        .option("beta", 1, "Factor of the second."), .option("gamma", 0.001, "Factor of the third.")
    ) { embeddings, labels, variance, spread, count, norm, alpha, beta, gamma in
        guard norm == 1 || norm == 2 else {
            throw EngineError(
                .argument, "There is no such norm.", expected: "1 or 2", actual: "\(norm)", at: .argument("norm"))
        }
        try embeddings.require(axes: "n, max_embedding_dim, height, width", count: 4, at: 0)
        guard count > 0, count == embeddings.shape[1] else {
            throw EngineError(
                .argument, "max_embedding_dim is the length of axis 1 of embeddings, at least 1.",
                expected: "\(embeddings.shape[1])", actual: "\(count)", at: .argument("max_embedding_dim"))
        }
        let (batch, height, width) = (embeddings.shape[0], embeddings.shape[2], embeddings.shape[3])
        try labels.require(shape: [batch, height, width], "labels names an instance for each pixel.", at: 1)
        let clusters = try Clusters(embeddings.widened, labels, count, norm)
        return .list(
            try [
                clusters.variance(beyond: variance) * alpha, clusters.proximity(within: 2 * spread) * beta,
                clusters.size() * gamma,
            ].map { .one(try $0.cast(to: embeddings.dtype)) })
    }
}

/// - Throws: `EngineError` where the arrays are of different shapes or hold no sample, or the margin is not positive.
private func checkSamples(_ arrays: [Variable], _ margin: Double) throws {
    for (place, array) in arrays.enumerated() {
        try array.require(shape: arrays[0].shape, "The arrays must be of one shape.", at: place)
    }
    guard arrays[0].shape[0] > 0 else {
        throw EngineError(
            .shape, "There is no sample.", expected: "at least one", actual: describe(arrays[0].shape), at: .input(0))
    }
    guard margin > 0 else {
        throw EngineError(
            .argument, "The margin must be positive.", expected: "more than 0", actual: "\(margin)",
            at: .argument("margin"))
    }
}

/// The root of a sum of squares. Its gradient where that is 0, which has no limit, is taken as 0.
private func distance(_ squares: Variable) throws -> Variable {
    let isZero = try arithmetic.eq(squares.detached, squares.constant(0))
    let root = try elementwise.sqrt(arrayOps.where(isZero, squares.constant(1), squares))
    return try arrayOps.where(isZero, squares.constant(0), root)
}

private func covariances(_ y: Variable, _ z: Variable) throws -> Variable {
    func centered(_ x: Variable) throws -> Variable { try x - reduction.mean(x, 0, nil, true) }
    return try arithmetic.matmul(centered(y.widened), centered(z.widened), true, false) / Double(y.shape[0])
}

private func halfSquaredSum(_ x: Variable) throws -> Variable {
    try reduction.sum(elementwise.square(x), nil, false) / 2
}

/// The pixels of a batch of images, and the means of the instances that they belong to.
private struct Clusters {
    let embeddings: Variable
    /// 1 at an instance's pixels and 0 elsewhere, of shape (instances, n, 1, height, width).
    let masks: Variable
    /// Of each instance in each image, of shape (instances, n, length).
    let means: Variable
    let norm: Int

    init(_ embeddings: Variable, _ labels: Variable, _ count: Int, _ norm: Int) throws {
        let ids = try arrayOps.reshape(Variable.range(count), [count, 1, 1, 1, 1])
        // The first instance is 1.
        let pixels = try arrayOps.cast(labels.detached, .int64) - Variable(number: .int(1), .int64)
        masks = try arrayOps.cast(arithmetic.eq(arrayOps.expandDims(pixels, 1), ids), embeddings.dtype)
        means = try reduction.sum(embeddings * masks, [3, 4], false) / masks.sizes([3, 4])
        (self.embeddings, self.norm) = (embeddings, norm)
    }

    /// How far pixels are from their means.
    func variance(beyond margin: Double) throws -> Variable {
        let centers = try arrayOps.reshape(means, Shape(means.shape + [1, 1]))
        let excess = try activation.relu(length((centers - embeddings) * masks, 2) - margin)
        let totals = try reduction.sum(elementwise.square(excess), [1, 2, 3], false)
        return try (totals / masks.sizes([1, 2, 3, 4])).averaged(over: means.shape[0])
    }

    /// How near the means in one image are to one another.
    func proximity(within margin: Double) throws -> Variable {
        let (count, rest) = (means.shape[0], Array(means.shape[1...]))
        let (rows, columns) = (Shape([count, 1] + rest), Shape([1, count] + rest))
        let distances = try length(arrayOps.reshape(means, rows) - arrayOps.reshape(means, columns), 3)
        let overlaps = try elementwise.square(activation.relu(margin - distances))
        let numbers = try Variable.range(count)
        let isPair = try arithmetic.lt(
            arrayOps.reshape(numbers, [count, 1, 1]), arrayOps.reshape(numbers, [count, 1]))
        return try arrayOps.where(isPair, overlaps, overlaps.constant(0))
            .averaged(over: max(count * (count - 1) / 2 * rest[0], 1))
    }

    /// How long the means are.
    func size() throws -> Variable {
        try length(means, [1, 2]).averaged(over: means.shape[0] * means.shape[1])
    }

    private func length(_ x: Variable, _ axes: Axes) throws -> Variable {
        norm == 1
            ? try reduction.sum(arithmetic.absolute(x), axes, false)
            : try distance(reduction.sum(elementwise.square(x), axes, false))
    }
}

extension Variable {
    /// How many ones there are along axes, at least 1.
    fileprivate func sizes(_ axes: Axes) throws -> Variable {
        try elementwise.maximum(reduction.sum(self, axes, false), constant(1))
    }
}

let embeddingLoss: EmbeddingLossOps = EmbeddingLossOps()
