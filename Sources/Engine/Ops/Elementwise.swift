import RealModule

private enum Exp: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { T.exponential(x) } }
private enum Log: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { T.log(x) } }
private enum Sqrt: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { x.squareRoot() } }
private enum Square: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { x * x } }
private enum Sin: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { T.sin(x) } }
private enum Cos: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { T.cos(x) } }
private enum Tanh: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { T.hyperbolicTangent(x) } }
private enum Floor: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { x.rounded(.down) } }
private enum Ceil: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { x.rounded(.up) } }
private enum Fix: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { x.rounded(.towardZero) } }
private enum Log1p: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { T.log(onePlus: x) } }
private enum Log2: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { T.log2(x) } }
private enum Log10: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { T.log10(x) } }
private enum Expm1: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { T.expMinusOne(x) } }
private enum Fmod: FloatBinary {
    static func apply<T: FloatElement>(_ a: T, _ b: T) -> T { a.truncatingRemainder(dividingBy: b) }
}
/// How many times fmod takes the divisor away; the quotient itself may be rounded up to a whole number.
private enum FmodQuotient: FloatBinary {
    static func apply<T: FloatElement>(_ a: T, _ b: T) -> T { ((a - Fmod.apply(a, b)) / b).rounded() }
}
private enum Sign: NumberUnary {
    static func apply<T: NumberElement>(_ x: T) -> T {
        x > .zero ? .one : x < .zero ? T.difference(.zero, .one) : x.isNaNElement ? x : .zero
    }
}

/// Functions of every element (Chainer: `functions/math`).
struct ElementwiseOps: Sendable {
    let exp: Op<Variable> = Op("exp", "Exponential of every element.", .array("x"), reads: .results) { x in
        try x.array.mapped(float: Exp.self)
    } backward: { gy, y, _ in
        [{ try gy * y }]
    }

    let log: Op<Variable> = Op("log", "Natural logarithm of every element.", .array("x", in: 0.5...3), reads: .inputs) {
        x in
        try x.array.mapped(float: Log.self)
    } backward: { gy, _, x in
        [{ try gy / x }]
    }

    let log1p: Op<Variable> = Op(
        "log1p", "log(1 + x) of every element, exact where x is small.", .array("x", in: -0.5...3), reads: .inputs
    ) { x in
        try x.array.mapped(float: Log1p.self)
    } backward: { gy, _, x in
        [{ try gy / (x + 1) }]
    }

    let log2: Op<Variable> = Op(
        "log2", "Logarithm to the base 2 of every element.", .array("x", in: 0.5...3), reads: .inputs
    ) { x in
        try x.array.mapped(float: Log2.self)
    } backward: { gy, _, x in
        [{ try gy / x * (1 / Double.log(2)) }]
    }

    let log10: Op<Variable> = Op(
        "log10", "Logarithm to the base 10 of every element.", .array("x", in: 0.5...3), reads: .inputs
    ) { x in
        try x.array.mapped(float: Log10.self)
    } backward: { gy, _, x in
        [{ try gy / x * (1 / Double.log(10)) }]
    }

    let expm1: Op<Variable> = Op(
        "expm1", "exp(x) - 1 of every element, exact where x is small.", .array("x"), reads: .inputs
    ) { x in
        try x.array.mapped(float: Expm1.self)
    } backward: { gy, _, x in
        // Not y + 1, which is 0 already where the exponential is small.
        [{ try gy * elementwise.exp(x) }]
    }

    let sqrt: Op<Variable> = Op("sqrt", "Square root of every element.", .array("x", in: 0.5...3), reads: .results) {
        x in
        try x.array.mapped(float: Sqrt.self)
    } backward: { gy, y, _ in
        [{ try gy / (y * 2) }]
    }

    let rsqrt: Op<Variable> = Op("rsqrt", "1 / sqrt(x) of every element.", .array("x", in: 0.5...3)) { x in
        try 1 / elementwise.sqrt(x)
    }

    let square: Op<Variable> = Op("square", "Square of every element.", .array("x"), reads: .inputs) { x in
        try x.array.mapped(float: Square.self)
    } backward: { gy, _, x in
        [{ try gy * 2 * x }]
    }

    let sin: Op<Variable> = Op("sin", "Sine of every element, in radians.", .array("x"), reads: .inputs) { x in
        try x.array.mapped(float: Sin.self)
    } backward: { gy, _, x in
        [{ try gy * elementwise.cos(x) }]
    }

    let cos: Op<Variable> = Op("cos", "Cosine of every element, in radians.", .array("x"), reads: .inputs) { x in
        try x.array.mapped(float: Cos.self)
    } backward: { gy, _, x in
        [{ try -(gy * elementwise.sin(x)) }]
    }

    let tanh: Op<Variable> = Op("tanh", "Hyperbolic tangent of every element.", .array("x"), reads: .results) { x in
        try x.array.mapped(float: Tanh.self)
    } backward: { gy, y, _ in
        [{ try gy * (1 - y * y) }]
    }

    let floor: Op<Variable> = Op(
        "floor", "Every element rounded down; without a gradient.", .array("x", "Array.", .numbers)
    ) {
        x in x.dtype.isFloat ? try x.array.mapped(float: Floor.self) : try x.array
    }

    let ceil: Op<Variable> = Op(
        "ceil", "Every element rounded up; without a gradient.", .array("x", "Array.", .numbers)
    ) {
        x in x.dtype.isFloat ? try x.array.mapped(float: Ceil.self) : try x.array
    }

    let fix: Op<Variable> = Op(
        "fix", "Every element rounded towards zero; without a gradient.", .array("x", "Array.", .numbers)
    ) {
        x in x.dtype.isFloat ? try x.array.mapped(float: Fix.self) : try x.array
    }

    let fmod: Op<Variable, Variable> = Op(
        "fmod",
        "x - fix(x / divisor) divisor: the remainder, of x's sign, element by element."
            + " Chainer's gradient is of the wrong shape where the arrays are broadcast.",
        .array("x", "Dividend."), .array("divisor", "Divisor.", in: 0.5...3), reads: .inputs
    ) { x, divisor in
        try x.array.combined(divisor.array, float: Fmod.self)
    } backward: { gy, _, x, divisor in
        [
            { gy },
            {
                let quotient = try x.array.combined(divisor.array, float: FmodQuotient.self)
                return try -(Variable(constant: quotient) * gy)
            },
        ]
    }

    let sign: Op<Variable> = Op(
        "sign", "-1, 0 or 1 for the sign of every element; without a gradient.", .array("x", "Array.", .numbers)
    ) { x in
        try x.array.mapped(Sign.self)
    }

    let maximum: Op<Variable, Variable> = Op(
        "maximum", "The greater of two elements; where equal, the gradient goes to x1.", .array("x1"), .array("x2"),
        reads: .inputs
    ) { x1, x2 in
        try x1.array.combined(x2.array, Maximum.self)
    } backward: { gy, _, x1, x2 in
        let first = try arithmetic.ge(x1.detached, x2.detached)
        return [
            { try arrayOps.where(first, gy, gy.constant(0)) }, { try arrayOps.where(first, gy.constant(0), gy) },
        ]
    }

    let minimum: Op<Variable, Variable> = Op(
        "minimum", "The lesser of two elements; where equal, the gradient goes to x1.", .array("x1"), .array("x2"),
        reads: .inputs
    ) { x1, x2 in
        try x1.array.combined(x2.array, Minimum.self)
    } backward: { gy, _, x1, x2 in
        // As Chainer's, which at NaN gives the gradient to neither.
        [
            { try arrayOps.where(arithmetic.le(x1.detached, x2.detached), gy, gy.constant(0)) },
            { try arrayOps.where(arithmetic.gt(x1.detached, x2.detached), gy, gy.constant(0)) },
        ]
    }

    let clip: Op<Variable, Double?, Double?> = Op(
        "clip", "Every element limited to a range; the bounds themselves pass the gradient.", .array("x", in: -3...3),
        .option("x_min", nil, "Least value; null: none."), .option("x_max", nil, "Greatest value; null: none."),
        reads: .inputs
    ) { x, least, greatest in
        guard least != nil || greatest != nil else {
            throw EngineError(
                .argument, "Nothing to clip to: give x_min, x_max or both.", expected: "x_min or x_max",
                actual: "neither", at: .argument("x_min"))
        }
        if let least, let greatest, least >= greatest {
            throw EngineError(
                .argument, "x_min must be less than x_max.", expected: "less than \(greatest)", actual: "\(least)",
                at: .argument("x_min"))
        }
        var result = try x.array
        // As NumPy's clip, a bound that is NaN is none.
        if let least, !least.isNaN { result = try result.combined(x.constant(least).array, Maximum.self) }
        if let greatest, !greatest.isNaN { result = try result.combined(x.constant(greatest).array, Minimum.self) }
        return result
    } backward: { gy, _, x, least, greatest in
        [
            {
                var gradient = gy
                let zero = try gy.constant(0)
                if let least {
                    gradient = try arrayOps.where(arithmetic.ge(x.detached, x.constant(least)), gradient, zero)
                }
                if let greatest {
                    gradient = try arrayOps.where(arithmetic.le(x.detached, x.constant(greatest)), gradient, zero)
                }
                return gradient
            }
        ]
    }
}

let elementwise: ElementwiseOps = ElementwiseOps()
