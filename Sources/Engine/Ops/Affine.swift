/// Sums and products of arrays that are aligned in other ways than at their ends (Chainer: `functions/math/bias.py`,
/// `scale.py`), and interpolation.
struct AffineOps: Sendable {
    let bias: Op<Variable, Variable, Int> = Op(
        "bias", "x + y, the axes of y being those of x from an axis on.", .array("x", "Array.", .numbers),
        .array("y", "What to add.", .numbers), .firstAxis
    ) { x, y, axis in
        try x + y.spread(over: x, from: axis)
    }

    let scale: Op<Variable, Variable, Int> = Op(
        "scale", "x y, the axes of y being those of x from an axis on.", .array("x", "Array.", .numbers),
        .array("y", "What to multiply by.", .numbers), .firstAxis
    ) { x, y, axis in
        try x * y.spread(over: x, from: axis)
    }

    let linearInterpolate: Op<Variable, Variable, Variable> = Op(
        "linear_interpolate", "p x + (1 - p) y of arrays of one shape.", .array("p", "The share of x."), .array("x"),
        .array("y")
    ) { p, x, y in
        for (place, other) in [x, y].enumerated() where other.shape != p.shape {
            throw EngineError(
                .shape, "The arrays must be of one shape.", expected: describe(p.shape),
                actual: describe(other.shape), at: .input(place + 1))
        }
        return try p * x + (1 - p) * y
    }
}

extension Parameter where Value == Int {
    fileprivate static var firstAxis: Parameter { .option("axis", 1, "Axis of x that the first axis of y goes with.") }
}

extension Variable {
    /// The array with axes of length 1 around its own, so that these are the other's from an axis on.
    func spread(over x: Variable, from axis: Int) throws -> Variable {
        guard axis >= 0, axis <= x.ndim - ndim else {
            throw EngineError(
                .argument, "x has no axes for all of y's from this axis on.",
                expected: ndim <= x.ndim ? "0 to \(x.ndim - ndim)" : "an x of at least \(ndim) dimensions",
                actual: "\(axis) for shapes \(describe(x.shape)) and \(describe(shape))", at: .argument("axis"))
        }
        guard Broadcasting.fits(shape, to: Array(x.shape[axis..<axis + ndim])) else {
            throw EngineError(
                .shape, "y does not fit the axes of x.", expected: describe(Array(x.shape[axis..<axis + ndim])),
                actual: describe(shape), at: .input(1))
        }
        let after = x.ndim - ndim - axis
        return try arrayOps.reshape(
            self, Shape(Array(repeating: 1, count: axis) + shape + Array(repeating: 1, count: after)))
    }
}

let affine: AffineOps = AffineOps()
