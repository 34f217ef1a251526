import RealModule

private enum Tan: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { T.tan(x) } }
private enum Arcsin: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { T.asin(x) } }
private enum Arccos: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { T.acos(x) } }
private enum Arctan: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { T.atan(x) } }
private enum Sinh: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { T.sinh(x) } }
private enum Cosh: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { T.cosh(x) } }
private enum Arctanh: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { T.atanh(x) } }
private enum Arctan2: FloatBinary {
    static func apply<T: FloatElement>(_ a: T, _ b: T) -> T { T.atan2(y: a, x: b) }
}
private enum OneMinusSquare: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { (1 - x) * (1 + x) } }
private enum Hypot: FloatBinary { static func apply<T: FloatElement>(_ a: T, _ b: T) -> T { T.hypot(a, b) } }

/// The other trigonometric and hyperbolic functions (Chainer: `functions/math/trigonometric.py`, `hyperbolic.py`,
/// `arctanh.py`).
struct TrigonometricOps: Sendable {
    let tan: Op<Variable> = Op(
        "tan", "Tangent of every element, in radians.", .array("x", in: -1...1), reads: .results
    ) { x in
        try x.array.mapped(float: Tan.self)
    } backward: { gy, y, _ in
        [{ try gy * (y * y + 1) }]
    }

    let arcsin: Op<Variable> = Op(
        "arcsin", "Arcsine of every element, in radians.", .array("x", "Values from -1 to 1.", in: -0.8...0.8),
        reads: .inputs
    ) { x in
        try x.array.mapped(float: Arcsin.self)
    } backward: { gy, _, x in
        [{ try gy / elementwise.sqrt(trigonometry.oneMinusSquare(x)) }]
    }

    let arccos: Op<Variable> = Op(
        "arccos", "Arccosine of every element, in radians.", .array("x", "Values from -1 to 1.", in: -0.8...0.8),
        reads: .inputs
    ) { x in
        try x.array.mapped(float: Arccos.self)
    } backward: { gy, _, x in
        [{ try -(gy / elementwise.sqrt(trigonometry.oneMinusSquare(x))) }]
    }

    let arctan: Op<Variable> = Op(
        "arctan", "Arctangent of every element, in radians.", .array("x"), reads: .inputs
    ) { x in
        try x.array.mapped(float: Arctan.self)
    } backward: { gy, _, x in
        [{ try gy / (x * x + 1) }]
    }

    let arctan2: Op<Variable, Variable> = Op(
        "arctan2",
        "Angle of the point (x2, x1) with the x axis, in radians, from -pi to pi."
            + " Chainer's gradient is of the wrong shape where the arrays are broadcast.",
        .array("x1", "Ordinate.", in: 0.5...3), .array("x2", "Abscissa."), reads: .inputs
    ) { x1, x2 in
        try x1.array.combined(x2.array, float: Arctan2.self)
    } backward: { gy, _, x1, x2 in
        // By the distance twice, not by its square, which is out of range long before.
        let distance = once { try trigonometry.hypot(x1, x2) }
        return [
            { try gy * (x2 / distance() / distance()) },
            { try -(gy * (x1 / distance() / distance())) },
        ]
    }

    let sinh: Op<Variable> = Op("sinh", "Hyperbolic sine of every element.", .array("x"), reads: .inputs) { x in
        try x.array.mapped(float: Sinh.self)
    } backward: { gy, _, x in
        [{ try gy * trigonometry.cosh(x) }]
    }

    let cosh: Op<Variable> = Op("cosh", "Hyperbolic cosine of every element.", .array("x"), reads: .inputs) { x in
        try x.array.mapped(float: Cosh.self)
    } backward: { gy, _, x in
        [{ try gy * trigonometry.sinh(x) }]
    }

    let arctanh: Op<Variable> = Op(
        "arctanh", "Inverse hyperbolic tangent of every element.", .array("x", "Values from -1 to 1.", in: -0.8...0.8),
        reads: .inputs
    ) { x in
        try x.array.mapped(float: Arctanh.self)
    } backward: { gy, _, x in
        [{ try gy / trigonometry.oneMinusSquare(x) }]
    }

    // MARK: What the gradients are made of

    let oneMinusSquare: Op<Variable> = Op(
        "_one_minus_square", "1 - x^2, to the last digit where x is near ±1 too.", .array("x"), reads: .inputs
    ) { x in
        try x.array.mapped(float: OneMinusSquare.self)
    } backward: { gy, _, x in
        [{ try gy * -2 * x }]
    }

    let hypot: Op<Variable, Variable> = Op(
        "_hypot", "Distance of the point (x1, x2) from the origin.", .array("x1"), .array("x2"),
        reads: [.inputs, .results]
    ) { x1, x2 in
        try x1.array.combined(x2.array, float: Hypot.self)
    } backward: { gy, y, x1, x2 in
        [{ try gy * (x1 / y) }, { try gy * (x2 / y) }]
    }
}

let trigonometry: TrigonometricOps = TrigonometricOps()
