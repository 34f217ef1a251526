import RealModule

private enum Leak: FloatBinary { static func apply<T: FloatElement>(_ x: T, _ w: T) -> T { x >= 0 ? x : x * w } }
private enum Elu: FloatBinary {
    static func apply<T: FloatElement>(_ x: T, _ alpha: T) -> T { x > 0 ? x : alpha * T.expMinusOne(x) }
}
private enum ClippedRelu: FloatBinary {
    static func apply<T: FloatElement>(_ x: T, _ z: T) -> T { Minimum.combine(Maximum.combine(x, 0), z) }
}

/// Activation functions that are linear where x is positive (Chainer: `functions/activation`).
struct RectifierOps: Sendable {
    let clippedRelu: Op<Variable, Double> = Op(
        "clipped_relu", "min(max(0, x), z) of every element; the bounds pass no gradient.", .array("x"),
        .option("z", 20, "Greatest value, above 0."), reads: .inputs
    ) { x, z in
        guard z > 0 else {
            throw EngineError(
                .argument, "The greatest value must be positive.", expected: "above 0", actual: "\(z)",
                at: .argument("z"))
        }
        return try x.array.combined(x.constant(z).array, float: ClippedRelu.self)
    } backward: { gy, _, x, z in
        [
            {
                let zero = try gy.constant(0)
                let below = try arrayOps.where(arithmetic.lt(x.detached, x.constant(z)), gy, zero)
                return try arrayOps.where(arithmetic.gt(x.detached, zero), below, zero)
            }
        ]
    }

    let relu6: Op<Variable> = Op("relu6", "min(max(0, x), 6) of every element.", .array("x")) { x in
        try rectifiers.clippedRelu(x, 6)
    }

    let crelu: Op<Variable, Int> = Op(
        "crelu", "max(0, x) and max(0, -x), joined along an axis.", .array("x"), .option("axis", 1, "Axis.")
    ) { x, axis in
        let axis = try resolve(axis, x.ndim)
        return try arrayOps.concat([activation.relu(x), activation.relu(-x)], axis)
    }

    let leakyRelu: Op<Variable, Double> = Op(
        "leaky_relu", "x, times the slope where it is not positive.", .array("x"),
        .option("slope", 0.2, "Slope where x is not positive."), reads: .inputs
    ) { x, slope in
        try x.array.combined(x.constant(slope).array, float: Leak.self)
    } backward: { gy, _, x, slope in
        [{ try arrayOps.where(arithmetic.le(x.detached, x.constant(0)), gy * slope, gy) }]
    }

    let prelu: Op<Variable, Variable> = Op(
        "prelu", "x, times W where it is negative.", .array("x", "Samples along the first axis."),
        .array("W", "Slopes, of the shape of x's axes after the first, or of the first few of these.")
    ) { x, w in
        try rectifiers.leak(x, w.spreadOverSamples(of: x))
    }

    let rrelu: Op<Variable, Double, Double, Variable?, Bool, Seed, Bool> = Op(
        severalResults: "rrelu",
        "x, times a random r where it is negative."
            + " The gradient goes by the sign of x, where Chainer goes by y's.", .array("x"),
        .option("l", 1.0 / 8, "Least r, at least 0."), .option("u", 1.0 / 3, "Bound of r, above l and below 1."),
        .optional("r", "What to multiply by in place of drawing; a constant of x's shape.", in: 0.1...0.9),
        .option("return_r", false, "Whether r is a second result."), .seed, .train
    ) { x, l, u, r, returnsR, seed, train in
        guard l >= 0, l < u, u < 1 else {
            throw EngineError(
                .argument, "The bounds of r are out of range.", expected: "0 <= l < u < 1", actual: "l \(l), u \(u)",
                at: .argument(l >= 0 && l < 1 ? "u" : "l"))
        }
        if let r, r.shape != x.shape {
            throw EngineError(
                .shape, "r is of x's shape.", expected: describe(x.shape), actual: describe(r.shape), at: .input(1))
        }
        let factors: Variable
        if !train {
            factors = Variable(constant: try NDArray(.real((l + u) / 2), shape: x.shape, x.dtype))
        } else {
            factors = try r?.detached ?? .drawn(from: UniformDistribution(low: l, high: u), like: x, seed)
        }
        let y = try rectifiers.leak(x, factors)
        return returnsR ? .list([.one(y), .one(factors)]) : .one(y)
    }

    let leak: Op<Variable, Variable> = Op(
        "_leak", "x, times w where x is negative.", .array("x"), .array("w"), reads: .inputs
    ) { x, w in
        try x.array.combined(w.array, float: Leak.self)
    } backward: { gy, _, x, w in
        let passes = try arithmetic.ge(x.detached, x.constant(0))
        return [{ try arrayOps.where(passes, gy, gy * w) }, { try arrayOps.where(passes, gy.constant(0), gy * x) }]
    }

    let elu: Op<Variable, Double> = Op(
        "elu", "x where it is positive, alpha (exp(x) - 1) elsewhere.", .array("x"), .alpha(1),
        reads: [.inputs, .results]
    ) { x, alpha in
        try x.array.combined(x.constant(alpha).array, float: Elu.self)
    } backward: { gy, y, x, alpha in
        [{ try arrayOps.where(arithmetic.gt(x.detached, x.constant(0)), gy, gy * (y + alpha)) }]
    }

    let selu: Op<Variable, Double, Double> = Op(
        "selu", "scale elu(x, alpha): by default it keeps mean 0 and variance 1.", .array("x"),
        .alpha(1.6732632423543772), .option("scale", 1.0507009873554805, "Factor.")
    ) { x, alpha, scale in
        try rectifiers.elu(x, alpha) * scale
    }
}

extension Parameter where Value == Double {
    fileprivate static func alpha(_ fallback: Double) -> Parameter {
        .option("alpha", fallback, "Minus the limit to the left.")
    }
}

extension Variable {
    /// Parameters that all samples share, which lie along the first axis of `x`: of the shape of x's next axes.
    func spreadOverSamples(of x: Variable) throws -> Variable {
        guard ndim < x.ndim, shape == Array(x.shape[1..<ndim + 1]) else {
            throw EngineError(
                .shape, "The shape must be that of x's axes after the first, or of the first few of these.",
                expected: "\(describe(Array(x.shape.dropFirst()))), or a start of it", actual: describe(shape),
                at: .input(1))
        }
        return try spread(over: x, from: 1)
    }
}

let rectifiers: RectifierOps = RectifierOps()
