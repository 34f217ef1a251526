// Means and variances, and how they stand beside the batch that they were taken of.

/// Mean and variance along axes, which stay with length 1; the variance in a second pass.
struct Statistics {
    let mean: Variable
    /// The elements less their mean.
    let deviation: Variable
    let variance: Variable

    init(of x: Variable, _ axes: Axes) throws {
        mean = try reduction.mean(x, axes, nil, true)
        deviation = try x - mean
        variance = try reduction.mean(elementwise.square(deviation), axes, nil, true)
    }

    /// The elements with mean 0 and variance 1, but for eps.
    func normalized(_ eps: Double) throws -> Variable { try deviation * (1 / elementwise.sqrt(variance + eps)) }
}

/// The channels of a batch: each has statistics of its own.
struct Channels {
    private let averaged: Axes
    /// Of the statistics: gamma's.
    private let shape: [Int]
    /// Of the statistics where they stand beside the batch.
    private let spread: Shape
    /// The elements of a channel.
    private let count: Int
    /// What is computed in.
    private let dtype: DType

    /// - Parameter axis: to average over; nil: the first, and those after as many more as gamma has.
    init(of x: Variable, _ gamma: Variable, _ beta: Variable, _ axis: Axes?) throws {
        dtype = .working(x, gamma)
        let axes = axis?.axes ?? x.shape.indices.filter { $0 == 0 || $0 > gamma.ndim }
        guard zip(axes, axes.dropFirst()).allSatisfy({ $0 < $1 }), axes.allSatisfy(x.shape.indices.contains) else {
            throw EngineError(
                .argument, "The axes to average over must rise, from 0 on.", expected: "0 to \(x.ndim - 1), rising",
                actual: axis.map { "\($0.argument)" }, at: .argument("axis"))
        }
        averaged = Axes(axes)
        shape = x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] }
        spread = Shape(x.shape.indices.map { axes.contains($0) ? 1 : x.shape[$0] })
        count = axes.reduce(1) { $0 * x.shape[$1] }
        guard x.ndim > gamma.ndim || axis != nil else {
            throw EngineError(
                .shape, "x needs an axis of samples before gamma's.", expected: "at least \(gamma.ndim + 1) dimensions",
                actual: describe(x.shape), at: .input(0))
        }
        try gamma.require(shape: shape, "gamma has a factor for each channel.", at: 1)
        try beta.require(shape: shape, "beta has a summand for each channel.", at: 2)
    }

    /// Checks running statistics, of which there are both or none.
    func check(running mean: Variable?, _ variance: Variable?, required: Bool) throws {
        guard let mean, let variance else {
            if mean == nil, variance == nil, !required { return }
            throw EngineError(
                .argument,
                required
                    ? "Without training it is the running statistics that are used: give both."
                    : "Running statistics are given both or none.",
                expected: "running_mean and running_var",
                actual: mean == nil && variance == nil ? "neither" : "one of them", at: .inputs)
        }
        try mean.require(shape: shape, "The running mean is of gamma's shape.", at: 3)
        try variance.require(shape: shape, "The running variance is of gamma's shape.", at: 4)
    }

    func statistics(of x: Variable) throws -> Statistics { try Statistics(of: x.cast(to: dtype), averaged) }

    /// Something of gamma's shape, as it stands beside the batch.
    func beside(_ variable: Variable) throws -> Variable {
        try arrayOps.reshape(variable.cast(to: dtype), spread)
    }

    /// gamma (deviation * factor + shift) + beta: all but one product in the statistics' shape.
    func scaled(
        _ deviation: Variable, by factor: Variable, _ gamma: Variable, _ beta: Variable, shift: Variable? = nil
    ) throws -> Variable {
        let gamma = try beside(gamma)
        var summand = try beside(beta)
        if let shift { summand = try gamma * shift + summand }
        return try deviation * (gamma * factor) + summand
    }

    /// With a given mean and variance; of x's dtype.
    func normalized(
        _ x: Variable, _ gamma: Variable, _ beta: Variable, _ mean: Variable, _ variance: Variable, _ eps: Double
    ) throws -> Variable {
        try mean.require(shape: shape, "The mean is of gamma's shape.", at: 3)
        try variance.require(shape: shape, "The variance is of gamma's shape.", at: 4)
        let factor = try 1 / elementwise.sqrt(beside(variance) + eps)
        return try scaled(x.cast(to: dtype) - beside(mean), by: factor, gamma, beta).cast(to: x.dtype)
    }

    /// What running statistics become; the variance is made unbiased.
    func updates(
        of mean: Variable, _ variance: Variable, _ batch: Statistics, _ decay: Double
    ) throws -> [(variable: Variable, data: NDArray)] {
        let unbiased = Double(count) / Swift.max(Double(count) - 1, 1)
        return [
            (mean, try mean.following(batch.mean, decay)),
            (variance, try variance.following(batch.variance, decay, factor: unbiased)),
        ]
    }
}

extension Variable {
    /// A running statistic after a batch: `self * decay + statistic * factor * (1 - decay)`, of its own dtype.
    func following(_ statistic: Variable, _ decay: Double, factor: Double = 1) throws -> NDArray {
        let dtype = DType.working(self, statistic)
        let batch = try arrayOps.reshape(statistic.detached.cast(to: dtype), Shape(shape))
        return try (detached.cast(to: dtype) * decay + batch * (factor * (1 - decay))).cast(to: self.dtype).array
    }

    /// The elements limited to a range, as NumPy limits them to one that is empty too.
    func limited(_ least: Double, _ greatest: Double) throws -> Variable {
        try elementwise.minimum(elementwise.maximum(self, constant(least)), constant(greatest))
    }
}

extension EngineError {
    static func tooFewAxes(_ x: Variable) -> EngineError {
        EngineError(
            .shape, "x needs an axis of samples and one of channels.", expected: "at least 2 dimensions",
            actual: describe(x.shape), at: .input(0))
    }
}

/// - Throws: `EngineError.Kind.argument` where the channels cannot be divided into so many groups.
func requireGroups(_ groups: Int, channels: Int) throws {
    guard groups > 0, channels.isMultiple(of: groups) else {
        throw EngineError(
            .argument, "The channels cannot be divided into that many groups.", expected: "a divisor of \(channels)",
            actual: "\(groups)", at: .argument("groups"))
    }
}
