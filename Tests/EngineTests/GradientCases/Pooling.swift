// Pooling, its inverses, and the pooling of regions.

import Engine

extension GradientCase {
    static let pooling = windows + inverses + regions

    private static let windows: [GradientCase] =
        ["average_pooling", "max_pooling"].flatMap { op in
            [
                GradientCase("\(op)_1d", [1, 2, 4], arguments: ["ksize": .int(2), "stride": .int(1)]),
                GradientCase(
                    "\(op)_2d", [1, 1, 2, 3], arguments: ["ksize": .int(2), "stride": .int(1), "pad": .int(1)]),
                GradientCase("\(op)_2d", [2, 1, 2, 2], arguments: ["ksize": pair(2, 1)]),
                GradientCase("\(op)_3d", [1, 1, 2, 2, 2], arguments: ["ksize": .int(2)]),
                GradientCase("\(op)_nd", [1, 1, 3, 2], arguments: ["ksize": .int(2), "stride": pair(1, 2)]),
            ]
        } + [
            GradientCase(
                "average_pooling_2d", [1, 1, 2, 3], arguments: ["ksize": .int(2), "pad": .int(1), "pad_value": .null]),
            GradientCase("max_pooling_1d", [1, 1, 5], arguments: ["ksize": .int(2), "return_indices": .bool(true)]),
            GradientCase(
                "spatial_pyramid_pooling_2d", [1, 2, 2, 2],
                arguments: ["pyramid_height": .int(2), "pooling": .string("max")]),
        ]

    private static let inverses: [GradientCase] = [
        GradientCase("unpooling_1d", [1, 2, 3], arguments: ["ksize": .int(3), "stride": .int(2), "pad": .int(1)]),
        GradientCase("unpooling_2d", [1, 1, 2, 2], arguments: ["ksize": .int(2), "cover_all": .bool(false)]),
        GradientCase("unpooling_3d", [1, 1, 2, 1, 2], arguments: ["ksize": .int(2), "stride": .int(1)]),
        GradientCase("unpooling_nd", [1, 1, 2, 2], arguments: ["ksize": .int(2), "outsize": pair(3, 4)]),
        GradientCase(
            "upsampling_2d", [1, 1, 2, 2], [1, 1, 2, 2], arguments: ["ksize": .int(2), "stride": .int(1)],
            integers: [1: [0, 2, 1, 1]]),
    ]

    private static let regions: [GradientCase] =
        [
            "roi_average_pooling_2d", "roi_average_align_2d", "roi_max_pooling_2d", "roi_max_align_2d",
        ].flatMap { op in
            [(pair(1, 2), 1.0), (.int(2), 0.6)].map { outsize, scale in
                GradientCase(
                    op, [2, 1, 2, 2], [2, 4], [2], arguments: ["outsize": outsize, "spatial_scale": .real(scale)],
                    constants: [1: [0, 0, 2, 2, 0.3, 0.4, 1.6, 1.4]], integers: [2: [1, 0]])
            }
        } + [
            GradientCase(
                "roi_max_align_2d", [1, 2, 2, 2], [1, 4], [1],
                arguments: [
                    "outsize": .int(1), "spatial_scale": .int(1), "sampling_ratio": .list([.int(2), .null]),
                ], constants: [1: [0, 0.2, 1.7, 1.5]], integers: [2: [0]]),
            GradientCase(
                "roi_pooling_2d", [1, 2, 2, 2], [1, 5],
                arguments: ["outh": .int(1), "outw": .int(2), "spatial_scale": .int(1)],
                constants: [1: [0, 0, 0, 1, 1]]),
        ]

    private static func pair(_ first: Int64, _ second: Int64) -> Argument { .list([.int(first), .int(second)]) }
}
