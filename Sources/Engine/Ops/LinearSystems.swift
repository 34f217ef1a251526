/// Equations and products of arrays of any number of axes (NumPy's of the same names).
struct LinearSystemOps: Sendable {
    let solve: Op<Variable, Variable> = Op(
        "solve", "The x with a x = b, for a square matrix or a stack of them.",
        .array("a", "Matrices of shape (..., n, n)."),
        .array("b", "Right sides: (..., n, k), or (..., n) with one axis less than a.")
    ) { a, b in
        try a.requireSquareMatrices()
        let isVector = b.ndim == a.ndim - 1
        let columns = isVector ? try arrayOps.reshape(b, Shape(b.shape + [1])) : b
        guard columns.ndim >= 2, columns.shape[columns.ndim - 2] == a.shape[a.ndim - 1] else {
            throw EngineError(
                .shape, "The right sides must have as many rows as the matrix.",
                expected: "\(a.shape[a.ndim - 1]) rows", actual: describe(b.shape), at: .input(1))
        }
        let stack = try Broadcasting.shape(Array(a.shape.dropLast(2)), Array(columns.shape.dropLast(2)))
        let x = try linearSystems.solution(
            arrayOps.broadcastTo(a, Shape(stack + a.shape.suffix(2))),
            arrayOps.broadcastTo(columns, Shape(stack + columns.shape.suffix(2))))
        return isVector ? try arrayOps.squeeze(x, [-1]) : x
    }

    let solution: Op<Variable, Variable> = Op(
        "_solution", "solve for stacks of one shape.", .array("a", "(..., n, n)."), .array("b", "(..., n, k)."),
        reads: [.input(0), .results]
    ) { a, b in
        try a.array.solutions(of: b.array)
    } backward: { gy, y, a, _ in
        let gradient = once { try linearSystems.solution(rearranging.swapaxes(a, -1, -2), gy) }
        return [{ try -arithmetic.matmul(gradient(), y, false, true) }, { try gradient() }]
    }

    let slogdet: Op<Variable> = Op(
        severalResults: "slogdet", "Sign of the determinant, and the logarithm of its absolute value.",
        .array("a", "Matrices of shape (..., n, n)."), reads: .inputs
    ) { a in
        try a.requireSquareMatrices()
        return try a.array.logDeterminants()
    } backward: { gys, _, a in
        [
            {
                // The sign is constant.
                guard let gy = gys[1] else { return nil }
                let inverse = try a.inverseTransposed(forGradientOf: "a logarithm of a determinant")
                return try arrayOps.reshape(gy, Shape(gy.shape + [1, 1])) * inverse
            }
        ]
    }

    let dot: Op<Variable, Variable> = Op(
        "dot", "Sum of products over the last axis of a and the last but one of b.",
        .array("a", "Array."), .array("b", "Array; of a vector the only axis is meant.")
    ) { a, b in
        if a.ndim == 0 || b.ndim == 0 { return try a * b }
        return try linearAlgebra.tensordot(a, b, .pairs([-1], b.ndim == 1 ? [0] : [-2]))
    }
}

let linearSystems: LinearSystemOps = LinearSystemOps()
