// Functions that draw numbers, each with a seed, so that they draw the same ones again.

extension GradientCase {
    static let noise: [GradientCase] = [
        GradientCase("gaussian", [2, 3], [2, 3], arguments: ["seed": .int(1)]),
        GradientCase("gaussian", [], [], arguments: ["seed": .int(2)]),
        GradientCase("gumbel_softmax", [2, 3], arguments: ["tau": .real(0.7), "seed": .int(3)]),
        GradientCase("gumbel_softmax", [3], arguments: ["tau": .int(2), "axis": .int(0), "seed": .int(4)]),
        GradientCase("simplified_dropconnect", [2, 2, 1], [2, 2], [2], arguments: ["seed": .int(5)]),
        GradientCase(
            "simplified_dropconnect", [2, 2], [3, 2], arguments: ["seed": .int(6), "use_batchwise_mask": .bool(false)]),
        GradientCase("simplified_dropconnect", [2, 2], [1, 2], [1], arguments: ["train": .bool(false)]),
        GradientCase("zoneout", [2, 3], [2, 3], arguments: ["seed": .int(7)]),
        GradientCase("zoneout", [3], [2, 3], arguments: ["seed": .int(8), "ratio": .real(0.3)]),
    ]
}
