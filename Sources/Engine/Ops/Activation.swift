import RealModule

private enum Sigmoid: FloatUnary {
    // Of exp(-|x|), which neither overflows nor cancels: Chainer's form by tanh loses all digits where x is far below 0.
    static func apply<T: FloatElement>(_ x: T) -> T {
        let power = T.exponential(-x.magnitude)
        return (x < 0 ? power : 1) / (1 + power)
    }
}
private enum HardSigmoid: FloatUnary {
    static func apply<T: FloatElement>(_ x: T) -> T { Minimum.combine(Maximum.combine(x * 0.2 + 0.5, 0), 1) }
}
private enum Softplus: FloatBinary {
    static func apply<T: FloatElement>(_ x: T, _ beta: T) -> T {
        let product = beta * x
        return (Maximum.combine(product, 0) + T.log(onePlus: T.exp(-product.magnitude))) / beta
    }
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

    let hardSigmoid: Op<Variable> = Op(
        "hard_sigmoid", "0.2 x + 0.5 of every element, limited to 0...1.", .array("x"), reads: .inputs
    ) { x in
        try x.array.mapped(float: HardSigmoid.self)
    } backward: { gy, _, x in
        [
            {
                let rises = try arithmetic.lt(arithmetic.absolute(x.detached), x.constant(2.5))
                return try arrayOps.where(rises, gy * 0.2, gy.constant(0))
            }
        ]
    }

    let softplus: Op<Variable, Double> = Op(
        "softplus", "log(1 + exp(beta x)) / beta of every element.", .array("x"),
        .option("beta", 1, "How sharp the bend is; not 0."), reads: .inputs
    ) { x, beta in
        guard beta != 0 else {
            throw EngineError(
                .argument, "beta is divided by.", expected: "a number other than 0", actual: "0",
                at: .argument("beta"))
        }
        return try x.array.combined(x.constant(beta).array, float: Softplus.self)
    } backward: { gy, _, x, beta in
        [{ try gy * activation.sigmoid(x * beta) }]
    }

    let swish: Op<Variable, Variable> = Op(
        "swish", "x sigmoid(beta x).", .array("x", "Samples along the first axis."),
        .array("beta", "Of the shape of x's axes after the first, or of the first few of these.")
    ) { x, beta in
        try x * activation.sigmoid(beta.spreadOverSamples(of: x) * x)
    }

    let maxout: Op<Variable, Int, Int> = Op(
        "maxout", "Greatest of every pool_size neighbours along an axis; equal ones all get the gradient.", .array("x"),
        .required("pool_size", "How many neighbours."), .option("axis", 1, "Axis.")
    ) { x, size, axis in
        let axis = try resolve(axis, x.ndim)
        guard size > 0, x.shape[axis].isMultiple(of: size) else {
            throw EngineError(
                .argument, "The axis does not consist of pools of that size.",
                expected: "a positive divisor of \(x.shape[axis])", actual: "\(size)", at: .argument("pool_size"))
        }
        var shape = x.shape
        shape.replaceSubrange(axis...axis, with: [shape[axis] / size, size])
        return try reduction.max(arrayOps.reshape(x, Shape(shape)), Axes([axis + 1]), false)
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
