// Activation functions; values near the bends are as unlikely as they are few.

extension GradientCase {
    static let activation: [GradientCase] =
        ["clipped_relu", "relu6", "elu", "selu", "leaky_relu", "softplus", "hard_sigmoid"].flatMap { op in
            [GradientCase(op, [2, 3]), GradientCase(op, [])]
        } + activationArguments + activationParameters

    private static let activationArguments: [GradientCase] = [
        GradientCase("clipped_relu", [2, 3], arguments: ["z": .real(0.8)]),
        GradientCase("elu", [2, 3], arguments: ["alpha": .real(-0.7)]),
        GradientCase("selu", [2, 3], arguments: ["alpha": .real(0.5), "scale": .real(2)]),
        GradientCase("leaky_relu", [2, 3], arguments: ["slope": .real(-0.5)]),
        GradientCase("softplus", [2, 3], arguments: ["beta": .real(-2)]),
        GradientCase("crelu", [2, 2]), GradientCase("crelu", [3], arguments: ["axis": .int(-1)]),
        GradientCase("maxout", [2, 4], arguments: ["pool_size": .int(2)]),
        GradientCase("maxout", [3, 2], arguments: ["pool_size": .int(3), "axis": .int(-2)]),
    ]

    private static let activationParameters: [GradientCase] =
        ["prelu", "swish"].flatMap { op in
            [GradientCase(op, [2, 2], [2]), GradientCase(op, [3], []), GradientCase(op, [2, 2, 2], [2])]
        } + [
            GradientCase("rrelu", [2, 3], arguments: ["seed": .int(7)]),
            GradientCase("rrelu", [2, 3], arguments: ["train": .bool(false)]),
        ]
}
