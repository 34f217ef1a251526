import RealModule

private enum Erf: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { T.erf(x) } }
private enum Polygamma: FloatBinary {
    static func apply<T: FloatElement>(_ n: T, _ x: T) -> T { T(SpecialFunctions.polygamma(Double(n), Double(x))) }
}
private enum Zeta: FloatBinary {
    static func apply<T: FloatElement>(_ x: T, _ q: T) -> T { T(SpecialFunctions.zeta(Double(x), Double(q))) }
}
/// exp(y²), where erfc(|y|) is known: erfcx changes little where the square of y is large.
private enum ExponentialOfSquare: FloatBinary {
    static func apply<T: FloatElement>(_ y: T, _ tail: T) -> T {
        tail == 0 ? .infinity : T(SpecialFunctions.erfcx(Double(y.magnitude)) / Double(tail))
    }
}

private let sqrtPi = Double.pi.squareRoot()
private let sqrtHalf = 0.5.squareRoot()

/// The error function, the normal distribution, the gamma function and their kin (Chainer: `functions/math`).
struct SpecialOps: Sendable {
    let erf: Op<Variable> = Op(
        "erf", "Error function: 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to every element.", .array("x"),
        reads: .inputs
    ) { x in
        try x.array.mapped(float: Erf.self)
    } backward: { gy, _, x in
        [{ try gy * special.gaussian(x, -1) * (2 / sqrtPi) }]
    }

    let erfc: Op<Variable> = Op("erfc", "1 - erf(x) of every element.", .array("x"), reads: .inputs) { x in
        try x.array.mapped(double: Double.erfc)
    } backward: { gy, _, x in
        [{ try gy * special.gaussian(x, -1) * (-2 / sqrtPi) }]
    }

    let erfcx: Op<Variable> = Op(
        "erfcx", "exp(x^2) erfc(x) of every element.", .array("x", in: -1.5...3), reads: .inputs
    ) { x in
        try x.array.mapped(double: SpecialFunctions.erfcx)
    } backward: { gy, _, x in
        [{ try gy * special.erfcxDerivative(x, 1, 1) }]
    }

    let erfinv: Op<Variable> = Op(
        "erfinv", "Inverse of erf, of every element.", .array("x", "Values from -1 to 1.", in: -0.8...0.8),
        reads: [.inputs, .results]
    ) { x in
        try x.array.mapped(double: SpecialFunctions.erfinv)
    } backward: { gy, y, x in
        [
            {
                let tail = try 1 - arithmetic.absolute(x.detached)
                return try gy * special.exponentialOfSquare(y, tail) * (sqrtPi / 2)
            }
        ]
    }

    let erfcinv: Op<Variable> = Op(
        "erfcinv", "Inverse of erfc, of every element.", .array("x", "Values from 0 to 2.", in: 0.3...1.7),
        reads: [.inputs, .results]
    ) { x in
        try x.array.mapped(double: SpecialFunctions.erfcinv)
    } backward: { gy, y, x in
        [
            {
                let tail = try elementwise.minimum(x.detached, 2 - x.detached)
                return try gy * special.exponentialOfSquare(y, tail) * (-sqrtPi / 2)
            }
        ]
    }

    let ndtr: Op<Variable> = Op(
        "ndtr", "Distribution function of the normal distribution: (1 + erf(x / sqrt(2))) / 2 of every element.",
        .array("x"), reads: .inputs
    ) { x in
        try x.array.mapped(double: SpecialFunctions.ndtr)
    } backward: { gy, _, x in
        [{ try gy * special.gaussian(x, -0.5) * (sqrtHalf / sqrtPi) }]
    }

    let logNdtr: Op<Variable> = Op(
        "log_ndtr", "Logarithm of ndtr, of every element.", .array("x"), reads: .inputs
    ) { x in
        try x.array.mapped(double: SpecialFunctions.logNdtr)
    } backward: { gy, _, x in
        [{ try gy * densityOverDistribution(x) }]
    }

    let ndtri: Op<Variable> = Op(
        "ndtri", "Inverse of ndtr, of every element.", .array("x", "Probabilities.", in: 0.1...0.9),
        reads: [.inputs, .results]
    ) { x in
        try x.array.mapped(double: SpecialFunctions.ndtri)
    } backward: { gy, y, x in
        [
            {
                let tail = try elementwise.minimum(x.detached, 1 - x.detached) * 2
                return try gy * special.exponentialOfSquare(y * sqrtHalf, tail) * (2 * sqrtHalf * sqrtPi)
            }
        ]
    }

    let lgamma: Op<Variable> = Op(
        "lgamma", "Logarithm of the absolute value of the gamma function of every element.", .array("x", in: 0.5...3),
        reads: .inputs
    ) { x in
        try x.array.mapped(double: SpecialFunctions.lgamma)
    } backward: { gy, _, x in
        [{ try gy * special.digamma(x) }]
    }

    let digamma: Op<Variable> = Op(
        "digamma", "Derivative of lgamma, of every element.", .array("x", in: 0.5...3), reads: .inputs
    ) { x in
        try x.array.mapped(double: SpecialFunctions.digamma)
    } backward: { gy, _, x in
        [{ try gy * special.polygamma(Variable(number: .int(1), .int64), x) }]
    }

    let polygamma: Op<Variable, Variable> = Op(
        "polygamma", "Derivative of order n of digamma, element by element; differentiable in x.",
        .array("n", "Order: 0 is digamma itself.", .integers, in: 0...3, sharesDType: false, inline: .int32),
        .array("x", in: 0.5...3), reads: .inputs
    ) { n, x in
        try n.array.cast(to: .float64)
            .combined(x.array.cast(to: .float64), float: Polygamma.self).cast(to: x.dtype)
    } backward: { gy, _, n, x in
        [{ nil }, { try gy * special.polygamma(arrayOps.cast(n.detached, .int64) + 1, x) }]
    }

    let zeta: Op<Variable, Variable> = Op(
        "zeta", "Hurwitz's zeta function: the sum of (k + q)^-x over k = 0, 1, ...; differentiable in q.",
        .array("x", "Exponent, at least 1.", .numbers, in: 1.5...4, sharesDType: false, inline: .float64),
        .array("q", in: 0.5...3), reads: .inputs
    ) { x, q in
        try x.array.cast(to: .float64)
            .combined(q.array.cast(to: .float64), float: Zeta.self).cast(to: q.dtype)
    } backward: { gy, _, x, q in
        [
            { nil },
            {
                let x = try arrayOps.cast(x.detached, .float64)
                return try -(gy * arrayOps.cast(x, q.dtype) * special.zeta(x + 1, q))
            },
        ]
    }

    // MARK: What the gradients are made of

    let gaussian: Op<Variable, Double> = Op(
        "_gaussian", "exp(factor x^2) of every element.", .array("x"), .required("factor", "Factor, ±1 or ±1/2."),
        reads: [.inputs, .results]
    ) { x, factor in
        try x.array.mapped(double: { SpecialFunctions.exponential(ofSquare: $0, times: factor) })
    } backward: { gy, y, x, factor in
        [{ try gy * (2 * factor) * x * y }]
    }

    let exponentialOfSquare: Op<Variable, Variable> = Op(
        "_exp_square", "exp(y^2) of every element, to more digits than y has.", .array("y"),
        .array("tail", "erfc(|y|)."), reads: [.input(0), .results]
    ) { y, tail in
        try y.array.combined(tail.array, float: ExponentialOfSquare.self)
    } backward: { gy, result, y, _ in
        [{ try gy * 2 * y * result }, { nil }]
    }

    let erfcxDerivative: Op<Variable, Int, Double> = Op(
        "_erfcx_derivative", "Derivative of erfcx at scale x, for every element.", .array("x"),
        .required("order", "Order of the derivative."), .required("scale", "Factor of x."), reads: .inputs
    ) { x, order, scale in
        try x.array.mapped(double: { SpecialFunctions.erfcxDerivative(order, scale * $0) })
    } backward: { gy, _, x, order, scale in
        [{ try gy * scale * special.erfcxDerivative(x, order + 1, scale) }]
    }
}

/// The density of the normal distribution divided by ndtr. For negative x, where both vanish, by erfcx.
private func densityOverDistribution(_ x: Variable) throws -> Variable {
    let zero = try x.constant(0)
    let isNegative = try arithmetic.lt(x.detached, zero)
    // Each formula is given only what it is for: 0 times the gradient of the other's overflow would be NaN.
    let (left, right) = (try arrayOps.where(isNegative, x, zero), try arrayOps.where(isNegative, zero, x))
    return try arrayOps.where(
        isNegative, 2 * sqrtHalf / sqrtPi / special.erfcxDerivative(left, 0, -sqrtHalf),
        special.gaussian(right, -0.5) * (sqrtHalf / sqrtPi) / special.ndtr(right))
}

let special: SpecialOps = SpecialOps()
