// The ops that prove each shape of op.

extension GradientCase {
    static let core = coreElementwise + coreUnary + coreFolds + coreOthers

    private static let coreElementwise = [
        "add", "sub", "mul", "div", "pow", "maximum", "minimum",
    ].flatMap { [GradientCase($0, [2, 3], [2, 3]), GradientCase($0, [3], [2, 1]), GradientCase($0, [], [2])] }

    private static let coreUnary = [
        "neg", "absolute", "exp", "log", "sqrt", "square", "sin", "cos", "tanh", "sigmoid", "relu", "identity",
    ].flatMap { [GradientCase($0, [2, 3]), GradientCase($0, [])] }

    private static let coreFolds = ["sum", "mean", "average", "max", "min", "logsumexp"].flatMap { op in
        [
            GradientCase(op, [2, 3]), GradientCase(op, [2, 3], arguments: ["axis": .int(-1)]),
            GradientCase(op, [2, 3, 2], arguments: ["axis": .list([.int(0), .int(2)])]),
        ]
    }

    private static let coreOthers: [GradientCase] = [
        GradientCase("sum", [2, 3], arguments: ["axis": .int(0), "keepdims": .bool(true)]),
        GradientCase("mean", [2, 3], [3], arguments: ["axis": .int(1)]),
        GradientCase("sum_to", [2, 3], arguments: ["shape": .list([.int(3)])]),
        GradientCase("matmul", [2, 3], [3, 2]), GradientCase("matmul", [3], [3]),
        GradientCase("matmul", [2, 2, 3], [3]),
        GradientCase("matmul", [3], [2, 3, 2]), GradientCase("matmul", [2, 1, 2, 3], [3, 3, 2]),
        GradientCase("matmul", [3, 2], [2, 3], arguments: ["transa": .bool(true), "transb": .bool(true)]),
        GradientCase("reshape", [2, 3], arguments: ["shape": .list([.int(3), .int(-1)])]),
        GradientCase("transpose", [2, 3]),
        GradientCase("transpose", [2, 3, 2], arguments: ["axes": .list([.int(1), .int(2), .int(0)])]),
        GradientCase("broadcast_to", [3, 1], arguments: ["shape": .list([.int(2), .int(3), .int(2)])]),
        GradientCase("expand_dims", [2, 3], arguments: ["axis": .int(-2)]),
        GradientCase("squeeze", [2, 1, 3]), GradientCase("concat", [2, 1], [2, 3]),
        GradientCase(
            "split_axis", [2, 4], arguments: ["indices_or_sections": .list([.int(1), .int(3)]), "axis": .int(1)]),
        GradientCase("get_item", [4, 3], arguments: ["slices": .string("::-2, 1")]),
        GradientCase("get_item", [4, 3], arguments: ["slices": .list([.list([.int(0), .int(2), .int(0)])])]),
        GradientCase("scatter_add", [4, 3], [2, 3], arguments: ["slices": .list([.list([.int(1), .int(1)])])]),
        GradientCase("select_item", [2, 3], [2], integers: [1: [2, 0]]),
        GradientCase("cast", [2, 3], arguments: ["typ": .string("float64")]),
        GradientCase("where", [3], [2, 3], [2, 1], bools: [0: [true, false, true]]),
        GradientCase("clip", [2, 3], arguments: ["x_min": .real(-1), "x_max": .real(1)]),
        GradientCase("softmax", [2, 3]), GradientCase("softmax", [2, 3, 2], arguments: ["axis": .int(0)]),
        GradientCase("log_softmax", [2, 3]), GradientCase("mean_squared_error", [2, 3], [2, 3]),
        GradientCase("softmax_cross_entropy", [2, 3], [2], integers: [1: [2, 0]]),
        GradientCase("softmax_cross_entropy", [2, 3, 2], [2, 2], integers: [1: [2, 0, -1, 1]]),
        GradientCase(
            "softmax_cross_entropy", [2, 3], [2], arguments: ["reduce": .string("no")], integers: [1: [2, 0]]),
        GradientCase("linear", [2, 3], [2, 3], [2]), GradientCase("linear", [2, 2, 3], [2, 6]),
        GradientCase("linear", [2, 2, 3], [2, 3], [2], arguments: ["n_batch_axes": .int(2)]),
        GradientCase("dropout", [2, 3], arguments: ["seed": .int(7)]),
    ]
}
