// The ops that Chainer does not have.

@testable import Engine

extension GradientCase {
    static let beyond: [GradientCase] = [
        GradientCase("nan_to_num", [2, 2]), GradientCase("sort", [5]),
        GradientCase("sort", [3, 2], arguments: ["axis": .int(0)]),
        GradientCase("sort", [2, 2], arguments: ["axis": .null]),
        GradientCase("outer", [2], [3]), GradientCase("outer", [2, 1], []),
        GradientCase("trace", [2, 3]), GradientCase("trace", [2, 2, 2], arguments: ["offset": .int(-1)]),
        GradientCase("norm", [4]), GradientCase("norm", [2, 2], arguments: ["axis": .int(0), "ord": .int(3)]),
        GradientCase("norm", [2, 3], arguments: ["axis": .int(1), "ord": .int(1)]),
        GradientCase("norm", [2, 3], arguments: ["axis": .int(1), "ord": .string("Infinity")]),
        GradientCase("norm", [2, 3], arguments: ["ord": .string("fro")]),
        GradientCase("norm", [2, 3], arguments: ["ord": .int(1), "keepdims": .bool(true)]),
        GradientCase("dot", [3], [3]), GradientCase("dot", [2, 2], [2, 2, 1]), GradientCase("dot", [], [2]),
        GradientCase("solve", [2, 2], [2], prepared: .positiveDefinite),
        GradientCase("solve", [2, 2], [2, 2, 1], prepared: .positiveDefinite),
        GradientCase("slogdet", [2, 2], prepared: .positiveDefinite),
        GradientCase("gelu", [2, 2]), GradientCase("silu", [2, 2]), GradientCase("mish", [2, 2]),
        GradientCase("softsign", [2, 2]),
        GradientCase("hard_swish", [2, 2]),
    ]
}
