/// Normalizations by statistics of the batch (Chainer: `functions/normalization`).
struct NormalizationOps: Sendable {
    let batchNormalization: Op<Variable, Variable, Variable, Double, Variable?, Variable?, Double, Axes?, Bool> = Op(
        updating: "batch_normalization",
        "gamma (x - mean) / sqrt(var + eps) + beta, with each channel's mean and variance over the batch, which the"
            + " running ones follow.",
        .batch, .gamma, .beta, .eps(2e-5),
        .running("running_mean", "Running mean, of gamma's shape; updated in place."),
        .running("running_var", "Running unbiased variance, of gamma's shape; updated in place."), .decay,
        .averagedAxes, .train
    ) { x, gamma, beta, eps, runningMean, runningVar, decay, axis, train in
        let channels = try Channels(of: x, gamma, beta, axis)
        try channels.check(running: runningMean, runningVar, required: !train)
        if let runningMean, let runningVar, !train {
            let (mean, variance) = (runningMean.detached, runningVar.detached)
            return Outcome(results: .one(try channels.normalized(x, gamma, beta, mean, variance, eps)))
        }
        let statistics = try channels.statistics(of: x)
        let y = try channels.scaled(
            statistics.deviation, by: 1 / elementwise.sqrt(statistics.variance + eps), gamma, beta)
        var updates: [(variable: Variable, data: NDArray)] = []
        if let runningMean, let runningVar {
            updates = try channels.updates(of: runningMean, runningVar, statistics, decay)
        }
        return Outcome(results: .one(try y.cast(to: x.dtype)), updates: updates)
    }

    let fixedBatchNormalization: Op<Variable, Variable, Variable, Variable, Variable, Double, Axes?> = Op(
        "fixed_batch_normalization", "gamma (x - mean) / sqrt(var + eps) + beta, with a given mean and variance.",
        .batch, .gamma, .beta, .array("mean", "Means, of gamma's shape."),
        .array("var", "Variances, of gamma's shape.", in: 0.5...3), .eps(2e-5), .averagedAxes
    ) { x, gamma, beta, mean, variance, eps, axis in
        try Channels(of: x, gamma, beta, axis).normalized(x, gamma, beta, mean, variance, eps)
    }

    let batchRenormalization:
        Op<Variable, Variable, Variable, Double, Double, Double, Variable, Variable, Double, Bool, Bool> = Op(
            updating: "batch_renormalization",
            "gamma (r (x - mean) / sqrt(var + eps) + d) + beta, where the constants r and d, within bounds, lead from"
                + " the batch's mean and variance to the running ones."
                + " Chainer differentiates it once.",
            .batch, .gamma, .beta, .required("rmax", "r is at most this, and at least 1 / rmax."),
            .required("dmax", "d is at most this, and at least -dmax."), .eps(2e-5),
            .array("running_mean", "Running mean, of gamma's shape.", sharesDType: false),
            .array("running_var", "Running unbiased variance, of gamma's shape.", in: 0.5...3, sharesDType: false),
            .decay,
            .option("update_statistics", false, "Whether the running statistics are updated in place."), .train
        ) { x, gamma, beta, rMax, dMax, eps, runningMean, runningVar, decay, updates, train in
            let channels = try Channels(of: x, gamma, beta, nil)
            try channels.check(running: runningMean, runningVar, required: true)
            guard rMax != 0 else {
                throw EngineError(
                    .argument, "r cannot be limited to 1 / rmax and rmax.", expected: "a number other than 0",
                    actual: "0", at: .argument("rmax"))
            }
            let (mean, variance) = (runningMean.detached, runningVar.detached)
            guard train else {
                return Outcome(results: .one(try channels.normalized(x, gamma, beta, mean, variance, eps)))
            }
            let statistics = try channels.statistics(of: x)
            let deviation = try elementwise.sqrt(statistics.variance + eps)
            let running = try elementwise.sqrt(channels.beside(variance) + eps)
            let r = try (deviation.detached / running).limited(1 / rMax, rMax)
            let d = try ((statistics.mean.detached - channels.beside(mean)) / running).limited(-dMax, dMax)
            let y = try channels.scaled(statistics.deviation, by: r / deviation, gamma, beta, shift: d)
            return Outcome(
                results: .one(try y.cast(to: x.dtype)),
                updates: updates ? try channels.updates(of: runningMean, runningVar, statistics, decay) : [])
        }

    let fixedBatchRenormalization: Op<Variable, Variable, Variable, Variable, Variable, Double> = Op(
        "fixed_batch_renormalization", "The same as fixed_batch_normalization, with the axes that gamma leaves.",
        .batch, .gamma, .beta, .array("mean", "Means, of gamma's shape."),
        .array("var", "Variances, of gamma's shape.", in: 0.5...3), .eps(2e-5)
    ) { x, gamma, beta, mean, variance, eps in
        try Channels(of: x, gamma, beta, nil).normalized(x, gamma, beta, mean, variance, eps)
    }

    let groupNormalization: Op<Variable, Int, Variable, Variable, Double> = Op(
        "group_normalization",
        "gamma (x - mean) / sqrt(var + eps) + beta, with the mean and variance of each sample's groups of channels.",
        .array("x", "Batch of shape (n, channels, ...).", sharesDType: false),
        .required("groups", "The number of groups, which divides the channels."),
        .array("gamma", "Factor for each channel."), .array("beta", "Summand for each channel."), .eps(1e-5)
    ) { x, groups, gamma, beta, eps in
        guard x.ndim >= 2 else { throw EngineError.tooFewAxes(x) }
        try gamma.require(shape: [x.shape[1]], "gamma has a factor for each channel.", at: 1)
        try beta.require(shape: [x.shape[1]], "beta has a summand for each channel.", at: 2)
        try requireGroups(groups, channels: x.shape[1])
        let dtype = DType.working(x, gamma)
        let parts = x.shape[1] / groups * x.shape[2...].reduce(1, *)
        let statistics = try Statistics(
            of: arrayOps.reshape(x.cast(to: dtype), [x.shape[0], groups, parts]), Axes([2]))
        let normalized = try arrayOps.reshape(statistics.normalized(eps), Shape(x.shape))
        let perChannel = Shape(x.shape.indices.map { $0 == 1 ? x.shape[1] : 1 })
        func beside(_ v: Variable) throws -> Variable { try arrayOps.reshape(v.cast(to: dtype), perChannel) }
        return try (normalized * beside(gamma) + beside(beta)).cast(to: x.dtype)
    }

    let layerNormalization: Op<Variable, Variable, Variable, Double> = Op(
        "layer_normalization", "gamma (x - mean) / sqrt(var + eps) + beta, with each row's mean and variance.",
        .array("x", "Matrix, a row for each sample."), .array("gamma", "Factor for each column."),
        .array("beta", "Summand for each column."), .eps(1e-5)
    ) { x, gamma, beta, eps in
        guard x.ndim == 2 else {
            throw EngineError(
                .shape, "x is a matrix, a row for each sample.", expected: "2 dimensions", actual: describe(x.shape),
                at: .input(0))
        }
        try gamma.require(shape: [x.shape[1]], "gamma has a factor for each column.", at: 1)
        try beta.require(shape: [x.shape[1]], "beta has a summand for each column.", at: 2)
        let dtype = DType.working(x)
        let normalized = try Statistics(of: x.cast(to: dtype), Axes([1])).normalized(eps)
        return try (normalized * gamma.cast(to: dtype) + beta.cast(to: dtype)).cast(to: x.dtype)
    }

    let normalize: Op<Variable, Double, Axes?> = Op(
        "normalize", "x / (norm + eps), with the Euclidean norm along axes.", .array("x"),
        .option("eps", 1e-5, "Added to the norm, so that it is not 0."),
        .option("axis", Axes(integerLiteral: 1), "Axis or axes; null: all.")
    ) { x, eps, axis in
        try x.inFloat32 { x in
            let squares = try reduction.sum(elementwise.square(x), axis, true)
            // The root's derivative at 0, which is infinite, is kept out: that of the norm counts as 0 there.
            let (zero, isZero) = (try x.constant(0), try arithmetic.eq(squares.detached, x.constant(0)))
            let root = try elementwise.sqrt(arrayOps.where(isZero, x.constant(1), squares))
            return try x / (arrayOps.where(isZero, zero, root) + eps)
        }
    }

    let localResponseNormalization: Op<Variable, Int, Double, Double, Double> = Op(
        "local_response_normalization",
        "x / (k + alpha * sum of squares over the n channels around each)^beta."
            + " Chainer differentiates it once.",
        .array("x", "Batch of shape (n, channels, ...)."), .option("n", 5, "Channels in a window: n / 2 on each side."),
        .option("k", 2, "Added to the sum, so that the power is defined."),
        .option("alpha", 1e-4, "Factor of the sum."), .option("beta", 0.75, "Exponent.")
    ) { x, n, k, alpha, beta in
        guard x.ndim >= 2 else { throw EngineError.tooFewAxes(x) }
        return try x.inFloat32 { x in
            let scale = try channelWindows(elementwise.square(x), reach: max(n / 2, 0)) * alpha + k
            return try x * arithmetic.pow(scale, scale.constant(-beta))
        }
    }
}

/// For each element the sum of those at most `reach` away along axis 1.
private func channelWindows(_ x: Variable, reach: Int) throws -> Variable {
    guard x.size > 0 else { return x }
    let size = [x.shape[1], x.shape[2...].reduce(1, *)]
    let reach = min(reach, size[0])
    let windows = try Windows(
        kernel: [2 * reach + 1, 1], stride: 1, pad: Axes([reach, 0]), dilate: 1, over: size)
    let sums = try pooling.windowSum(arrayOps.reshape(x, Shape([x.shape[0], 1] + size)), windows)
    return try arrayOps.reshape(sums, Shape(x.shape))
}

extension Parameter where Value == Variable {
    fileprivate static var batch: Parameter {
        .array("x", "Batch of shape (n, channels..., ...), unless axis says otherwise.", sharesDType: false)
    }
    fileprivate static var gamma: Parameter { .array("gamma", "Factors, of the channels' shape.") }
    fileprivate static var beta: Parameter { .array("beta", "Summands, of the channels' shape.") }
}

extension Parameter where Value == Variable? {
    fileprivate static func running(_ name: String, _ summary: String) -> Parameter {
        .optional(name, summary, in: 0.5...3, sharesDType: false)
    }
}

extension Parameter where Value == Double {
    static func eps(_ fallback: Double) -> Parameter {
        .option("eps", fallback, "Added to the variance, so that it is not 0.")
    }
    static var decay: Parameter { .option("decay", 0.9, "Share of the running statistics that an update leaves.") }
}

extension Parameter where Value == Axes? {
    fileprivate static var averagedAxes: Parameter {
        .option(
            "axis", nil,
            "Axis or axes to average over, rising from 0; null: the first, and those after the channels'.")
    }
}

let normalization: NormalizationOps = NormalizationOps()
