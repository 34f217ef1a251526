/// Normalizations that make channels independent of one another (Chainer:
/// `functions/normalization/decorrelated_batch_normalization.py`).
struct DecorrelationOps: Sendable {
    let decorrelatedBatchNormalization: Op<Variable, Int, Double, Variable?, Variable?, Double, Bool> = Op(
        updating: "decorrelated_batch_normalization",
        "(covariance + eps I)^(-1/2) (x - mean), with the mean and covariance of each group of channels over the batch,"
            + " which the running ones follow."
            + " Chainer differentiates it once.",
        .channels, .groups, .option("eps", 2e-5, "Added to the variances, so that the covariance is not singular."),
        .optional(
            "running_mean", "Running mean of shape (groups, channels / groups); updated in place.", sharesDType: false),
        .optional(
            "running_projection",
            "Running power of the covariance, of shape (groups, channels / groups, channels / groups); updated in"
                + " place.", sharesDType: false), .decay, .train
    ) { x, groups, eps, runningMean, runningProjection, decay, train in
        let grouped = try ChannelGroups(of: x, groups)
        try runningMean?.require(shape: grouped.meanShape, "The running mean has a mean for each channel.", at: 1)
        try runningProjection?.require(
            shape: grouped.projectionShape, "The running projection has a matrix for each group.",
            at: runningMean == nil ? 1 : 2)
        guard train else {
            guard let runningMean, let runningProjection else {
                throw EngineError(
                    .argument, "Without training it is the running statistics that are used: give both.",
                    expected: "running_mean and running_projection",
                    actual: runningMean == nil && runningProjection == nil ? "neither" : "one of them", at: .inputs)
            }
            let (mean, projection) = (
                try runningMean.detached.cast(to: x.dtype), try runningProjection.detached.cast(to: x.dtype)
            )
            return Outcome(
                results: .one(try decorrelation.fixedDecorrelatedBatchNormalization(x, mean, projection, groups)))
        }
        // In float64: the covariance squares the condition of the batch.
        let statistics = try Statistics(of: grouped.split(x.cast(to: .float64)), 2)
        let deviation = statistics.deviation
        let covariance = try arithmetic.matmul(deviation, deviation, false, true) / Double(grouped.samples)
        let projection = try decorrelation.inverseRoot(covariance + grouped.identity() * eps)
        let y = try grouped.joined(arithmetic.matmul(projection, deviation, false, false))
        var updates: [(variable: Variable, data: NDArray)] = []
        if let runningMean {
            updates.append((runningMean, try runningMean.following(statistics.mean, decay)))
        }
        if let runningProjection {
            let unbiased = Double(grouped.samples) / Double(Swift.max(grouped.samples - 1, 1))
            updates.append(
                (runningProjection, try runningProjection.following(projection, decay, factor: unbiased)))
        }
        return Outcome(results: .one(try y.cast(to: x.dtype)), updates: updates)
    }

    let fixedDecorrelatedBatchNormalization: Op<Variable, Variable, Variable, Int> = Op(
        "fixed_decorrelated_batch_normalization",
        "projection (x - mean), with a given mean and projection for each group of channels."
            + " Chainer differentiates it once."
            + " Chainer's gradients of mean and projection are wrong.", .channels,
        .array("mean", "Means of shape (groups, channels / groups)."),
        .array("projection", "Matrices of shape (groups, channels / groups, channels / groups)."), .groups
    ) { x, mean, projection, groups in
        let grouped = try ChannelGroups(of: x, groups)
        try mean.require(shape: grouped.meanShape, "The mean has a mean for each channel.", at: 1)
        try projection.require(shape: grouped.projectionShape, "The projection has a matrix for each group.", at: 2)
        let dtype = DType.working(x)
        let column = try arrayOps.reshape(mean.cast(to: dtype), Shape(grouped.meanShape + [1]))
        let deviation = try grouped.split(x.cast(to: dtype)) - column
        let y = try arithmetic.matmul(projection.cast(to: dtype), deviation, false, false)
        return try grouped.joined(y).cast(to: x.dtype)
    }

    let inverseRoot: Op<Variable> = Op(
        "_inverse_root", "The positive definite matrices whose squares are the inverses of positive definite ones.",
        .array("a", "Symmetric positive definite matrices in float64."), reads: .results
    ) { a in
        let (values, vectors) = try eigen(a)
        let factors = try arrayOps.expandDims(1 / elementwise.sqrt(values), -1)
        return try arithmetic.matmul(vectors, vectors * factors, true, false).array
    } backward: { gy, y, _ in
        [
            {
                // y y a = 1 gives dy y + y dy = -y y da y y.
                let square = try arithmetic.matmul(y, y, false, false)
                let inner = try arithmetic.matmul(square, decorrelation.lyapunov(y, gy), false, false)
                return try -arithmetic.matmul(inner, square, false, false)
            }
        ]
    }

    let lyapunov: Op<Variable, Variable> = Op(
        "_lyapunov", "The solutions x of the Lyapunov equations a x + x a = q.",
        .array("a", "Symmetric positive definite matrices in float64."), .array("q", "Matrices."),
        reads: [.results, .input(0)]
    ) { a, q in
        let (values, vectors) = try eigen(a)
        // Between eigenvectors the equation is one of numbers.
        let inner = try arithmetic.matmul(arithmetic.matmul(vectors, q.detached, false, false), vectors, false, true)
        let sums = try arrayOps.expandDims(values, -1) + arrayOps.expandDims(values, -2)
        return try arithmetic.matmul(
            arithmetic.matmul(vectors, inner / sums, true, false), vectors, false, false
        ).array
    } backward: { gy, x, a, _ in
        let gradient = once { try decorrelation.lyapunov(a, gy) }
        return [
            {
                try -(arithmetic.matmul(gradient(), x, false, true) + arithmetic.matmul(x, gradient(), true, false))
            },
            { try gradient() },
        ]
    }
}

extension Parameter where Value == Variable {
    fileprivate static var channels: Parameter { .array("x", "Batch of shape (n, channels, ...).") }
}

extension Parameter where Value == Int {
    fileprivate static var groups: Parameter {
        .option("groups", 16, "The number of groups, which divides the channels.")
    }
}

/// A batch whose channels are divided into groups: to a matrix for each group, and back.
private struct ChannelGroups {
    private let shape: [Int]
    private let groups: Int
    /// The channels of a group.
    private let width: Int
    /// The elements of a channel.
    let samples: Int

    init(of x: Variable, _ groups: Int) throws {
        guard x.ndim >= 2 else { throw EngineError.tooFewAxes(x) }
        try requireGroups(groups, channels: x.shape[1])
        (shape, self.groups, width) = (x.shape, groups, x.shape[1] / groups)
        samples = x.shape[0] * x.shape[2...].reduce(1, *)
    }

    var meanShape: [Int] { [groups, width] }
    var projectionShape: [Int] { [groups, width, width] }

    /// Samples before channels, or back.
    private var swapped: Axes { Axes([1, 0] + Array(2..<shape.count)) }

    /// A row for each channel.
    func split(_ x: Variable) throws -> Variable {
        try arrayOps.reshape(arrayOps.transpose(x, swapped), Shape(meanShape + [samples]))
    }

    func joined(_ y: Variable) throws -> Variable {
        try arrayOps.transpose(arrayOps.reshape(y, Shape([shape[1], shape[0]] + shape[2...])), swapped)
    }

    func identity() throws -> Variable { try creation.eye(width, nil, 0, .float64).detached }
}

/// Eigenvalues, and the eigenvectors as rows: constants.
private func eigen(_ a: Variable) throws -> (values: Variable, vectors: Variable) {
    let (values, vectors) = try a.array.eigen()
    return (Variable(constant: values), Variable(constant: vectors))
}

let decorrelation: DecorrelationOps = DecorrelationOps()
