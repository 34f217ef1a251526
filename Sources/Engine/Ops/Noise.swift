/// Functions that draw numbers (Chainer: `functions/noise`).
struct NoiseOps: Sendable {
    let dropout: Op<Variable, Double, Variable?, Bool, Seed, Bool> = Op(
        severalResults: "dropout", "Elements dropped at random, the others scaled to keep the mean.", .array("x"),
        .option("ratio", 0.5, "Chance of an element to be dropped, at least 0 and less than 1."),
        .optional("mask", "What to multiply by in place of drawing; a constant."),
        .option("return_mask", false, "Whether the mask is a second result."), .seed, .train
    ) { x, ratio, mask, returnsMask, seed, train in
        guard train else { return returnsMask ? .list([.one(x), .none]) : .one(x) }
        guard mask != nil || (ratio >= 0 && ratio < 1) else { throw EngineError.ratio(ratio) }
        try mask?.require(shape: x.shape, "The mask is of x's shape.", at: 1)
        let mask = try mask?.detached ?? .drawn(from: DropDistribution(ratio: ratio), like: x, seed)
        let y = try x * mask
        return returnsMask ? .list([.one(y), .one(mask)]) : .one(y)
    }

    let gaussian: Op<Variable, Variable, Variable?, Bool, Seed> = Op(
        severalResults: "gaussian", "mean + exp(ln_var / 2) eps, with eps drawn from the standard normal distribution.",
        .array("mean", "Means."), .array("ln_var", "Logarithms of the variances, of mean's shape."),
        .optional("eps", "What to take in place of drawing; a constant of mean's shape."),
        .option("return_eps", false, "Whether eps is a second result."), .seed
    ) { mean, logVariance, eps, returnsEps, seed in
        try logVariance.require(shape: mean.shape, "ln_var is of mean's shape.", at: 1)
        try eps?.require(shape: mean.shape, "eps is of mean's shape.", at: 2)
        let eps = try eps?.detached ?? .drawn(from: NormalDistribution(), like: mean, seed)
        let y = try mean + elementwise.exp(logVariance * 0.5) * eps
        return returnsEps ? .list([.one(y), .one(eps)]) : .one(y)
    }

    let gumbelSoftmax: Op<Variable, Double, Int, Seed> = Op(
        "gumbel_softmax", "softmax((log_pi + g) / tau) along an axis, with g drawn from the Gumbel distribution.",
        .array("log_pi", "Logarithms of probabilities, which need not sum to 1."),
        .option("tau", 0.1, "Temperature: the lower, the nearer is one element to 1 and the others to 0."),
        .option("axis", 1, "Axis."), .seed
    ) { logPi, tau, axis, seed in
        guard logPi.ndim > 0 else { return try logPi.constant(1) }
        let noise = try Variable.drawn(from: GumbelDistribution(), like: logPi, seed)
        return try activation.softmax((logPi + noise) / tau, axis)
    }

    let simplifiedDropconnect: Op<Variable, Variable, Variable?, Double, Bool, Variable?, Bool, Seed> = Op(
        "simplified_dropconnect",
        "x W^T + b, with elements of W dropped at random and the others scaled to keep the mean; the axes of x after the"
            + " first are flattened.", .array("x", "Batch of shape (n, ...)."),
        .array("W", "Weights of shape (m, the elements of a sample).", sharesDType: false),
        .optional("b", "Bias of shape (m,)."),
        .option("ratio", 0.5, "Chance of a weight to be dropped, at least 0 and less than 1."),
        .option("train", true, "Whether any are dropped."),
        .optional(
            "mask",
            "Which weights stay, in place of drawing: of W's shape, after an axis for the samples if they"
                + " differ; a constant.", .all, sharesDType: false),
        .option("use_batchwise_mask", true, "Whether each sample has weights dropped of its own."), .seed
    ) { x, w, b, ratio, train, mask, differs, seed in
        guard !train || (ratio >= 0 && ratio < 1) else { throw EngineError.ratio(ratio) }
        guard x.ndim >= 2 else {
            throw EngineError(
                .shape, "x needs an axis after that of the samples.", expected: "at least 2 dimensions",
                actual: describe(x.shape), at: .input(0))
        }
        let features = x.shape[1...].reduce(1, *)
        guard w.ndim == 2, w.shape[1] == features else {
            throw EngineError(
                .shape, "W does not fit x.", expected: "shape (m, \(features))", actual: describe(w.shape),
                at: .input(1))
        }
        try b?.require(shape: [w.shape[0]], "b does not fit W.", at: 2)
        let maskShape = differs ? [x.shape[0]] + w.shape : w.shape
        try mask?.require(
            shape: maskShape, differs ? "The mask has one of W's shape for each sample." : "The mask is of W's shape.",
            at: b == nil ? 2 : 3)
        let dtype = DType.working(x, w)
        var weights = try w.cast(to: dtype)
        let drops = DropDistribution(ratio: train ? ratio : 0)
        if let mask {
            weights = try weights * (mask.detached.cast(to: dtype) * drops.value)
        } else if train {
            weights = try weights * Variable(constant: NDArray(drawnFrom: drops, shape: maskShape, dtype, seed))
        }
        // A sample with weights of its own is a column that they are multiplied by.
        let samples = try x.cast(to: dtype)
        let y =
            weights.ndim == 3
            ? try arithmetic.matmul(weights, arrayOps.reshape(samples, [x.shape[0], features, 1]), false, false)
            : try arithmetic.matmul(arrayOps.reshape(samples, [x.shape[0], features]), weights, false, true)
        let result = try arrayOps.reshape(y, [x.shape[0], w.shape[0]]).cast(to: x.dtype)
        return try b.map { try result + $0 } ?? result
    }

    let zoneout: Op<Variable, Variable, Double, Seed, Bool> = Op(
        "zoneout", "x with elements of h in its place at random; x itself without training.",
        .array("h", "Previous values, of x's shape."), .array("x", "Values."),
        .option("ratio", 0.5, "Chance of an element to be h's."), .seed, .train
    ) { h, x, ratio, seed, train in
        guard train else { return x }
        let numbers = try NDArray(drawnFrom: UniformDistribution(), shape: x.shape, .float64, seed)
        let isNew = try arithmetic.ge(Variable(constant: numbers), Variable(number: .real(ratio), .float64))
        return try arrayOps.where(isNew, x, h)
    }
}

extension Variable {
    /// Random numbers of another one's shape and dtype, as a constant.
    static func drawn(from distribution: some Distribution, like x: Variable, _ seed: Seed) throws -> Variable {
        Variable(constant: try NDArray(drawnFrom: distribution, shape: x.shape, x.dtype, seed))
    }
}

extension DropDistribution {
    /// What stays is scaled to keep the mean.
    init(ratio: Double) { self.init(ratio: ratio, value: 1 / (1 - ratio)) }
}

extension EngineError {
    static func ratio(_ ratio: Double, argument: String = "ratio") -> EngineError {
        EngineError(
            .argument, "The ratio is out of range.", expected: "at least 0 and less than 1", actual: "\(ratio)",
            at: .argument(argument))
    }
}

extension Parameter where Value == Bool {
    static var train: Parameter { .option("train", true, "Whether to work as in training (chainer.config.train).") }
}

/// Random numbers that a seed repeats on every machine (Steele, Lea and Flood, 2014).
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: Seed) { state = UInt64(bitPattern: seed.value) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// At least 0 and less than 1, a multiple of 2^-53.
    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// More than 0 and less than 1.
    mutating func openUniform() -> Double { (Double(next() >> 12) + 0.5) * 0x1p-52 }
}

let noise: NoiseOps = NoiseOps()
