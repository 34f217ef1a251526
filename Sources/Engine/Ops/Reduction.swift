/// Folds along axes (Chainer: `functions/math`).
struct ReductionOps: Sendable {
    let sum: Op<Variable, Axes?, Bool> = Op(
        "sum", "Sum of the elements along axes.", .array("x"), .axis, .keepdims
    ) { x, axis, keepdims in
        try x.array.reduced(Sum.self, axes: x.axes(axis), keepdims: keepdims)
    } backward: { gy, _, x, axis, keepdims in
        [{ try gy.unreduced(axis, to: x) }]
    }

    let mean: Op<Variable, Axes?, Variable?, Bool> = weightedMean("mean")
    let average: Op<Variable, Axes?, Variable?, Bool> = weightedMean("average")

    let max: Op<Variable, Axes?, Bool> = Op(
        "max", "Greatest element along axes; equal ones all get the gradient.", .array("x"), .axis, .keepdims,
        reads: [.inputs, .results]
    ) { x, axis, keepdims in
        try x.array.reduced(Maximum.self, axes: x.axes(axis), keepdims: keepdims)
    } backward: { gy, y, x, axis, keepdims in
        [{ try gy.selected(y, x, axis) }]
    }

    let min: Op<Variable, Axes?, Bool> = Op(
        "min", "Least element along axes; equal ones all get the gradient.", .array("x"), .axis, .keepdims,
        reads: [.inputs, .results]
    ) { x, axis, keepdims in
        try x.array.reduced(Minimum.self, axes: x.axes(axis), keepdims: keepdims)
    } backward: { gy, y, x, axis, keepdims in
        [{ try gy.selected(y, x, axis) }]
    }

    let prod: Op<Variable, Axes?, Bool> = Op(
        "prod", "Product of the elements along axes.", .array("x"), .axis, .keepdims, reads: .inputs
    ) { x, axis, keepdims in
        try x.array.reduced(Product.self, axes: x.axes(axis), keepdims: keepdims)
    } backward: { gy, _, x, axis, _ in
        [{ try gy.multipliedByOthers(of: x, axis) }]
    }

    let batchL2NormSquared: Op<Variable> = Op(
        "batch_l2_norm_squared", "Sum of squares over all axes but the first.", .array("x")
    ) { x in
        guard x.ndim >= 2 else {
            throw EngineError(
                .shape, "x needs an axis of samples and one of their elements.", expected: "at least 2 dimensions",
                actual: describe(x.shape), at: .input(0))
        }
        return try x.inFloat32 { try reduction.sum(elementwise.square($0), Axes(Array(1..<x.ndim)), false) }
    }

    let argmax: Op<Variable, Int?> = Op(
        "argmax", "Index of the first greatest element along an axis, of all elements where it is null; int32.",
        .array("x"), .option("axis", nil, "Axis; null: all elements.")
    ) { x, axis in
        try x.array.selectedIndex(Maximum.self, axis: axis.map { try resolve($0, x.ndim) })
    }

    let argmin: Op<Variable, Int?> = Op(
        "argmin", "Index of the first least element along an axis, of all elements where it is null; int32.",
        .array("x"), .option("axis", nil, "Axis; null: all elements.")
    ) { x, axis in
        try x.array.selectedIndex(Minimum.self, axis: axis.map { try resolve($0, x.ndim) })
    }

    let logsumexp: Op<Variable, Axes?> = Op(
        "logsumexp", "Logarithm of the sum of the exponentials along axes, shifted by the maximum.", .array("x"), .axis,
        reads: [.inputs, .results]
    ) { x, axis in
        // The axes are folded as one: where they stand if they are neighbours, else moved to the end.
        let axes = try x.axes(axis).sorted()
        let rest = (0..<x.ndim).filter { !axes.contains($0) }
        let areNeighbours = zip(axes, axes.dropFirst()).allSatisfy { $0 + 1 == $1 }
        let place = areNeighbours ? axes.first ?? 0 : rest.count
        let length = axes.reduce(1) { $0 * x.shape[$1] }
        let shape = rest.map { x.shape[$0] }
        return try x.array.transposed(Array(rest[..<place]) + axes + rest[place...])
            .reshaped(shape[..<place] + [length] + shape[place...])
            .softmax(axis: place, .logSumExp).reshaped(shape)
    } backward: { gy, y, x, axis in
        [{ try gy.unreduced(axis, to: x) * elementwise.exp(x - y.unreduced(axis, to: x)) }]
    }

    let sumTo: Op<Variable, Shape> = Op(
        "sum_to", "Sum along axes to a shape that stretches to the array's: what undoes broadcasting.",
        .array("x", "Array.", .numbers), .required("shape", "Shape of the result.")
    ) { x, shape in
        try x.array.summed(to: shape.lengths)
    } backward: { gy, _, x, _ in
        [{ try arrayOps.broadcastTo(gy, Shape(x.shape)) }]
    }
}

private func weightedMean(_ name: String) -> Op<Variable, Axes?, Variable?, Bool> {
    Op(
        name, "Mean of the elements along axes, weighted where weights are given.", .array("x"), .axis,
        .optional("weights", "Weights: of x's shape, or of the one axis' length.", in: 0.5...2), .keepdims
    ) { x, axis, weights, keepdims in
        let axes = try x.axes(axis)
        guard let weights else {
            let count = axes.reduce(1) { $0 * x.shape[$1] }
            return try x.inFloat32 { try reduction.sum($0, axis, keepdims) / Double(count) }
        }
        var spread = weights
        if axis != nil {
            guard axes.count == 1 else {
                throw EngineError(
                    .argument, "With weights there can be one axis only.", expected: "one axis",
                    actual: "\(axes.count)",
                    at: .argument("axis"))
            }
            let shape = x.shape.indices.map { axes.contains($0) ? x.shape[$0] : 1 }
            spread = try arrayOps.broadcastTo(arrayOps.reshape(weights, Shape(shape)), Shape(x.shape))
        }
        return try reduction.sum(x * spread, axis, keepdims) / reduction.sum(weights, nil, false)
    }
}

extension Parameter where Value == Axes? {
    static var axis: Parameter { .option("axis", nil, "Axis or axes; null: all.") }
}

extension Parameter where Value == Bool {
    static var keepdims: Parameter { .option("keepdims", false, "Whether folded axes stay, of length 1.") }
}

extension Variable {
    /// The axes that an argument means, counted from the front; null: all.
    func axes(_ axis: Axes?) throws -> [Int] {
        try axis?.resolved(ndim) ?? Array(0..<ndim)
    }

    /// A result of a fold stretched back to the shape of what was folded.
    func unreduced(_ axis: Axes?, to x: Variable) throws -> Variable {
        let axes = try x.axes(axis)
        let kept = x.shape.indices.map { axes.contains($0) ? 1 : x.shape[$0] }
        return try arrayOps.broadcastTo(arrayOps.reshape(self, Shape(kept)), Shape(x.shape))
    }

    /// A product's gradient: times the other factors of each, without a division, so that zeros do no harm.
    fileprivate func multipliedByOthers(of x: Variable, _ axis: Axes?) throws -> Variable {
        // The factors are moved to the first axis.
        let axes = try x.axes(axis)
        let order = axes + x.shape.indices.filter { !axes.contains($0) }
        let (moved, rest) = (order.map { x.shape[$0] }, order.dropFirst(axes.count).map { x.shape[$0] })
        let count = axes.reduce(1) { $0 * x.shape[$1] }
        guard count > 0 else { return try unreduced(axis, to: x) }
        let factors = try arrayOps.reshape(arrayOps.transpose(x, Axes(order)), Shape([count] + rest))
        // The product of those after each, times the gradient, then of those before it.
        let zeros = try Variable(constant: NDArray.zeros([count - 1] + rest, dtype))
        let last = try arrayOps.concat([zeros, arrayOps.reshape(self, Shape([1] + rest))], 0)
        let after = try cumulative.recurrence(factors, last, 0, true)
        let gradient = try cumulative.products(factors, 0).previous(0, first: 1) * after
        let inverse = order.indices.map { order.firstIndex(of: $0) ?? 0 }
        return try arrayOps.transpose(arrayOps.reshape(gradient, Shape(moved)), Axes(inverse))
    }

    /// A gradient stretched back to the elements that a fold selected.
    fileprivate func selected(_ y: Variable, _ x: Variable, _ axis: Axes?) throws -> Variable {
        let condition = try arithmetic.eq(x.detached, y.detached.unreduced(axis, to: x))
        return try arrayOps.where(condition, unreduced(axis, to: x), constant(0))
    }
}

let reduction: ReductionOps = ReductionOps()
