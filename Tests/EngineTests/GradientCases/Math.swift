// Functions of chainer.functions.math that are not element by element.

extension GradientCase {
    static let math = mathMatrices + mathProducts + mathFolds + mathOthers

    private static let mathMatrices: [GradientCase] = [
        GradientCase("det", [2, 2]), GradientCase("det", [3, 3]), GradientCase("batch_det", [2, 2, 2]),
        GradientCase("inv", [2, 2]), GradientCase("batch_inv", [2, 2, 2]),
        GradientCase("cholesky", [1, 1], prepared: .positiveDefinite),
        GradientCase("cholesky", [2, 2], prepared: .positiveDefinite),
        GradientCase("batch_matmul", [2, 2, 1], [2, 1, 2]), GradientCase("batch_matmul", [2, 2], [2, 1, 2]),
        GradientCase(
            "batch_matmul", [1, 2, 2], [2, 1, 2], arguments: ["transa": .bool(true), "transb": .bool(true)]),
    ]

    private static let mathProducts: [GradientCase] = [
        GradientCase("tensordot", [2, 2], [2, 2]), GradientCase("tensordot", [2], [3], arguments: ["axes": .int(0)]),
        GradientCase(
            "tensordot", [2, 1, 3], [3, 2],
            arguments: ["axes": .list([.list([.int(0), .int(-1)]), .list([.int(1), .int(0)])])]),
        einsum("ij,jk->ki", [2, 2], [2, 2]), einsum("ij,ij->", [2, 2], [2, 2]), einsum("i,j,ij->j", [2], [2], [2, 2]),
        einsum("iji->ji", [2, 2, 2]), einsum("ii", [3, 3]), einsum("...i,i->i...", [2, 3], [3]),
        einsum("bi,bi->bi", [2, 2], [2, 2]),
    ]

    private static func einsum(_ subscripts: String, _ shapes: [Int]...) -> GradientCase {
        GradientCase("einsum", inputs: shapes.map { .array($0) }, arguments: ["subscripts": .string(subscripts)])
    }

    private static let mathFolds: [GradientCase] = ["cumsum", "cumprod", "prod"].flatMap { op in
        [
            GradientCase(op, [4]), GradientCase(op, [2, 3]), GradientCase(op, []), GradientCase(op, [1]),
            GradientCase(op, [2, 3], arguments: ["axis": .int(-1)]),
            GradientCase(op, [2, 2, 2], arguments: ["axis": .int(1)]),
        ]
    }

    private static let mathOthers: [GradientCase] = [
        GradientCase("prod", [2, 2, 2], arguments: ["axis": .list([.int(2), .int(0)]), "keepdims": .bool(true)]),
        GradientCase("batch_l2_norm_squared", [2, 3]), GradientCase("batch_l2_norm_squared", [2, 1, 2]),
        GradientCase("bias", [2, 3], [3]), GradientCase("bias", [2, 3], [2], arguments: ["axis": .int(0)]),
        GradientCase("scale", [2, 3], [3]), GradientCase("scale", [2, 3, 1], [2, 1], arguments: ["axis": .int(0)]),
        GradientCase("linear_interpolate", [2], [2], [2]), GradientCase("linear_interpolate", [], [], []),
        GradientCase("fft", [3], [3]), GradientCase("fft", [2, 2], [2, 2]), GradientCase("ifft", [4], [4]),
    ]
}
