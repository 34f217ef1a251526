/// Small linear algebra of vectors and matrices (NumPy's of the same names).
struct NormOps: Sendable {
    let outer: Op<Variable, Variable> = Op(
        "outer", "The products of every element of a with every element of b, as a matrix.",
        .array("a", "Array, read as a vector.", .numbers), .array("b", "Array, read as a vector.", .numbers)
    ) { a, b in
        try arrayOps.reshape(a, [-1, 1]) * arrayOps.reshape(b, [1, -1])
    }

    let trace: Op<Variable, Int> = Op(
        "trace", "Sum along a diagonal of the matrices that the first two axes span.",
        .array("a", "Array of at least two axes."),
        .option("offset", 0, "How far to the right of the main diagonal; negative: below it.")
    ) { a, offset in
        try reduction.sum(gathering.diagonal(a, offset, 0, 1), [-1], false)
    }

    let norm: Op<Variable, NormOrder?, Axes?, Bool> = Op(
        "norm", "The norm of vectors, sum(|x|^ord)^(1/ord), or of matrices, along axes.", .array("x", "Array."),
        .option("ord", nil, "Order: null for the root of the sum of squares; a number; \"fro\" for matrices."),
        .option("axis", nil, "Axis of vectors, or two of matrices; null: the whole array."), .keepdims
    ) { x, order, axis, keepdims in
        let axes = try x.axes(axis)
        guard let order else { return try rootOfSquares(x, axes, keepdims) }
        switch (axes.count, order) {
        case (1, .number(let order)): return try vectorNorm(x, order, axes, keepdims)
        case (2, .frobenius): return try rootOfSquares(x, axes, keepdims)
        case (2, .number(let order)) where order.magnitude == 1 || order.isInfinite:
            // The greatest, or least, sum of a column or of a row.
            let summed = order.magnitude == 1 ? 0 : 1
            let sums = try reduction.sum(arithmetic.absolute(x), Axes([axes[summed]]), true)
            let fold = order > 0 ? reduction.max : reduction.min
            let result = try fold(sums, Axes([axes[1 - summed]]), true)
            return keepdims ? result : try arrayOps.squeeze(result, Axes(axes))
        default:
            throw EngineError(
                .argument, "There is no such norm here.",
                expected: axes.count == 2
                    ? "\"fro\", 1, -1, \"Infinity\" or \"-Infinity\" for matrices"
                    : axes.count == 1 ? "a number for vectors" : "an axis, or two", actual: "\(order.argument)",
                at: .argument(axes.count > 2 ? "axis" : "ord"))
        }
    }
}

/// The order of a norm.
enum NormOrder: ArgumentValue {
    case number(Double)
    case frobenius

    static var form: String { "a number or \"fro\"" }
    var argument: Argument {
        switch self {
        case .number(let order): order.argument
        case .frobenius: .string("fro")
        }
    }
    init?(_ argument: Argument) {
        if case .string("fro") = argument {
            self = .frobenius
        } else if let order = Double(argument) {
            self = .number(order)
        } else {
            return nil
        }
    }
}

private func rootOfSquares(_ x: Variable, _ axes: [Int], _ keepdims: Bool) throws -> Variable {
    try x.inFloat32 { try elementwise.sqrt(reduction.sum(elementwise.square($0), Axes(axes), keepdims)) }
}

private func vectorNorm(_ x: Variable, _ order: Double, _ axes: [Int], _ keepdims: Bool) throws -> Variable {
    if order == 2 { return try rootOfSquares(x, axes, keepdims) }
    let (size, axes) = (try arithmetic.absolute(x), Axes(axes))
    switch order {
    case .infinity: return try reduction.max(size, axes, keepdims)
    case -.infinity: return try reduction.min(size, axes, keepdims)
    case 0:
        let counted = try arithmetic.ne(x.detached, x.constant(0))
        return try reduction.sum(arrayOps.cast(counted, x.dtype), axes, keepdims)
    case 1: return try reduction.sum(size, axes, keepdims)
    default:
        return try size.inFloat32 { size in
            let sum = try reduction.sum(arithmetic.pow(size, size.constant(order)), axes, keepdims)
            return try arithmetic.pow(sum, sum.constant(1 / order))
        }
    }
}

let norms: NormOps = NormOps()
