@testable import Engine

extension GradientCase {
    static let connection: [GradientCase] = [
        GradientCase("bilinear", [2, 2], [2, 2], [2, 2, 2]),
        GradientCase("bilinear", [2, 2], [2, 1], [2, 1, 2], [2, 2], [1, 2], [2]),
        GradientCase("bilinear", [1, 2, 1], [1, 1, 2], [2, 2, 1]),
        GradientCase("embed_id", [3], [3, 2], integers: [0: [2, 0, 2]]),
        GradientCase("embed_id", [2, 2], [3, 2], arguments: ["ignore_label": .int(1)], integers: [0: [2, 1, 2, 0]]),
        GradientCase("shift", [1, 4, 1, 2], arguments: ["ksize": .list([.int(1), .int(3)])]),
        GradientCase(
            "shift", [1, 3, 2, 1],
            arguments: ["ksize": .list([.int(3), .int(1)]), "dilate": .list([.int(-1), .int(2)])]),
    ]
}
