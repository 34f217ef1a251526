import RealModule

private enum Sigmoid: FloatUnary {
    // Chainer's formula; it neither overflows nor cancels.
    static func apply<T: FloatElement>(_ x: T) -> T { T.hyperbolicTangent(x * 0.5) * 0.5 + 0.5 }
}
private enum Relu: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { Maximum.combine(x, 0) } }

/// Activation functions (Chainer: `functions/activation`).
struct ActivationOps: Sendable {
    let sigmoid: Op<Variable> = Op("sigmoid", "1 / (1 + exp(-x)) of every element.", .array("x"), reads: .results) {
        x in
        try x.array.mapped(float: Sigmoid.self)
    } backward: { gy, y, _ in
        [{ try gy * y * (1 - y) }]
    }

    let relu: Op<Variable> = Op("relu", "max(0, x) of every element.", .array("x"), reads: .results) { x in
        try x.array.mapped(float: Relu.self)
    } backward: { gy, y, _ in
        [{ try arrayOps.where(arithmetic.gt(y.detached, y.constant(0)), gy, gy.constant(0)) }]
    }

    let softmax: Op<Variable, Int> = Op(
        "softmax", "exp(x) / sum(exp(x)) along an axis.", .array("x"), .option("axis", 1, "Axis."), reads: .results
    ) { x, axis in
        try x.array.softmax(axis: resolve(axis, x.ndim), .softmax)
    } backward: { gy, y, _, axis in
        [{ try y * (gy - reduction.sum(gy * y, Axes([axis]), true)) }]
    }

    let logSoftmax: Op<Variable, Int> = Op(
        "log_softmax", "Logarithm of softmax along an axis.", .array("x"), .option("axis", 1, "Axis."), reads: .results
    ) { x, axis in
        try x.array.softmax(axis: resolve(axis, x.ndim), .logSoftmax)
    } backward: { gy, y, _, axis in
        [{ try gy - elementwise.exp(y) * reduction.sum(gy, Axes([axis]), true) }]
    }
}

let activation: ActivationOps = ActivationOps()
