/// Functions of matrices (Chainer: `functions/math/det.py`, `inv.py`, `cholesky.py`, `matmul.py`, `tensordot.py`,
/// `einsum.py`).
struct LinearAlgebraOps: Sendable {
    let det: Op<Variable> = determinant(
        "det", "Determinant of a square matrix.", .array("a", "Matrix."), stacked: false)
    let batchDet: Op<Variable> = determinant(
        "batch_det", "Determinants of a stack of square matrices.", .array("a", "Stack of shape (m, n, n)."),
        stacked: true)

    let inv: Op<Variable> = inverse("inv", "Inverse of a square matrix.", .array("a", "Matrix."), stacked: false)
    let batchInv: Op<Variable> = inverse(
        "batch_inv", "Inverses of a stack of square matrices.", .array("a", "Stack of shape (m, n, n)."),
        stacked: true)

    let cholesky: Op<Variable> = Op(
        "cholesky", "The lower triangular L with L L^T = a; the gradient is symmetric.",
        .array("a", "Symmetric positive definite matrix, of which the lower triangle is read."), reads: .results
    ) { a in
        try a.requireSquareMatrices(ndim: 2)
        return try a.array.choleskyFactors()
    } backward: { gy, y, _ in
        [
            {
                let inverse = try linearAlgebra.inv(y)
                let half = try linearAlgebra.lowerHalf(arithmetic.matmul(y, gy, true, false))
                let gradient = try arithmetic.matmul(
                    arithmetic.matmul(inverse, half, true, false), inverse, false, false)
                return try (gradient + arrayOps.transpose(gradient, nil)) / 2
            }
        ]
    }

    let lowerHalf: Op<Variable> = Op(
        "_lower_half", "The lower triangle of a matrix, with half its diagonal.", .array("a", "Matrix.")
    ) { a in
        try a.array.lowerHalves()
    } backward: { gy, _, _ in
        [{ try linearAlgebra.lowerHalf(gy) }]
    }

    let batchMatmul: Op<Variable, Variable, Bool, Bool> = Op(
        "batch_matmul", "Matrix products of two stacks, one by one; (m, n) is m matrices of n rows and 1 column.",
        .array("a", "Stack of shape (m, n, k), or (m, n)."), .array("b", "Stack of shape (m, k, l), or (m, k)."),
        .option("transa", false, "Transpose the matrices in a first."),
        .option("transb", false, "Transpose the matrices in b first.")
    ) { a, b, transA, transB in
        let stacks = try [a, b].enumerated().map { place, x in
            guard (2...3).contains(x.ndim) else {
                throw EngineError(
                    .shape, "A stack of matrices has 3 dimensions, one of columns 2.", expected: "2 or 3 dimensions",
                    actual: describe(x.shape), at: .input(place))
            }
            return x.ndim == 3 ? x : try arrayOps.reshape(x, Shape(x.shape + [1]))
        }
        return try arithmetic.matmul(stacks[0], stacks[1], transA, transB)
    }

    let tensordot: Op<Variable, Variable, SummedAxes> = Op(
        "tensordot",
        "Sum of products over pairs of axes; the other axes of a, then those of b, are left."
            + " Chainer's gradient stops at some negative axes.", .array("a"),
        .array("b"),
        .option("axes", .count(2), "How many: the last of a and the first of b; or the axes of a and those of b.")
    ) { a, b, axes in
        let (axesA, axesB) = try axes.resolved(a.ndim, b.ndim)
        for (axisA, axisB) in zip(axesA, axesB) where a.shape[axisA] != b.shape[axisB] {
            throw EngineError(
                .shape, "Axis \(axisA) of a and axis \(axisB) of b are summed over: they must be of one length.",
                expected: "\(a.shape[axisA])", actual: "\(b.shape[axisB])", at: .input(1))
        }
        var labels = Array(a.ndim..<a.ndim + b.ndim)
        for (axisA, axisB) in zip(axesA, axesB) { labels[axisB] = axisA }
        let left = LabelledArray(a, Array(0..<a.ndim))
        let right = LabelledArray(b, labels)
        return try left.product(right, keeping: Set(left.labels).symmetricDifference(labels)).array
    }

    let einsum: Op<[Variable], Subscripts> = Op(
        "einsum", "Sum of products of elements, whose axes are named by subscripts.", .arrays("operands", "Arrays."),
        .required("subscripts", "Letters for the axes of each array and of the result, as in \"ij,jk->ik\".")
    ) { operands, subscripts in
        guard let dtype = operands.first?.dtype, dtype == .float16 else { return try subscripts.sum(operands) }
        let sum = try subscripts.sum(operands.map { try arrayOps.cast($0, .float32) })
        return try arrayOps.cast(sum, dtype)
    }
}

private func determinant(
    _ name: String, _ summary: String, _ a: Parameter<Variable>, stacked: Bool
) -> Op<Variable> {
    Op(name, summary, a, reads: [.inputs, .results]) { a in
        try a.requireSquareMatrices(ndim: stacked ? 3 : 2)
        return try a.array.determinants()
    } backward: { gy, y, a in
        [
            {
                let inverse = try a.inverseTransposed(forGradientOf: "a determinant")
                return try arrayOps.reshape(gy * y, Shape(y.shape + [1, 1])) * inverse
            }
        ]
    }
}

extension Variable {
    /// The inverses of square matrices, transposed: what gradients of their determinants are made from.
    /// - Throws: `EngineError.Kind.gradient` where a matrix is singular.
    func inverseTransposed(forGradientOf what: String) throws -> Variable {
        let transposed = try rearranging.swapaxes(self, -1, -2)
        do {
            if ndim == 2 { return try linearAlgebra.inv(transposed) }
            let stack = Shape([shape.dropLast(2).reduce(1, *)] + shape.suffix(2))
            return try arrayOps.reshape(linearAlgebra.batchInv(arrayOps.reshape(transposed, stack)), Shape(shape))
        } catch let error as EngineError where error.kind == .argument {
            throw EngineError(
                .gradient, "The gradient of \(what) is made from the inverse: a singular matrix has none.",
                expected: error.expected, actual: error.actual)
        }
    }
}

private func inverse(_ name: String, _ summary: String, _ a: Parameter<Variable>, stacked: Bool) -> Op<Variable> {
    Op(name, summary, a, reads: .results) { a in
        try a.requireSquareMatrices(ndim: stacked ? 3 : 2)
        return try a.array.inverses()
    } backward: { gy, y, _ in
        [{ try -arithmetic.matmul(arithmetic.matmul(y, gy, true, false), y, false, true) }]
    }
}

/// What `tensordot` sums over.
public enum SummedAxes: ArgumentValue, Hashable {
    /// So many: the last of a and the first of b.
    case count(Int)
    /// Those of a, and for each one of b.
    case pairs(Axes, Axes)

    public static var form: String { "an integer, or a pair of integers or lists of integers" }
    public var argument: Argument {
        switch self {
        case .count(let count): .int(Int64(count))
        case .pairs(let a, let b): .list([a.argument, b.argument])
        }
    }
    public init?(_ argument: Argument) {
        if let count = Int(argument) {
            self = .count(count)
        } else if case .list(let items) = argument, items.count == 2, let a = Axes(items[0]), let b = Axes(items[1]) {
            self = .pairs(a, b)
        } else {
            return nil
        }
    }

    /// The axes of arrays of so many dimensions.
    /// - Throws: `EngineError.Kind.argument` where there are no such axes, or not as many of one as of the other.
    fileprivate func resolved(_ ndimA: Int, _ ndimB: Int) throws -> ([Int], [Int]) {
        switch self {
        case .count(let count):
            let most = min(ndimA, ndimB)
            guard (0...most).contains(count) else {
                throw EngineError(
                    .argument, "The arrays do not have that many axes to sum over.", expected: "0 to \(most)",
                    actual: "\(count)", at: .argument("axes"))
            }
            return (Array(ndimA - count..<ndimA), Array(0..<count))
        case .pairs(let a, let b):
            guard a.axes.count == b.axes.count else {
                throw EngineError(
                    .argument, "Each axis of a goes with one of b.", expected: "as many axes of b as of a",
                    actual: "\(a.axes.count) and \(b.axes.count)", at: .argument("axes"))
            }
            return (try a.resolved(ndimA, argument: "axes"), try b.resolved(ndimB, argument: "axes"))
        }
    }
}

let linearAlgebra: LinearAlgebraOps = LinearAlgebraOps()
