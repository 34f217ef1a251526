// The functions that move elements.

import Engine

extension GradientCase {
    static let array = joining + rearranging + gathering + padding + images

    private static let joining: [GradientCase] = [
        GradientCase("broadcast", [2, 1], [3]), GradientCase("broadcast", [2]),
        GradientCase("stack", [2], [2]), GradientCase("stack", [2, 1], [2, 1], arguments: ["axis": .int(-1)]),
        GradientCase("hstack", [], []), GradientCase("hstack", [1], [2]), GradientCase("hstack", [2, 1], [2, 2]),
        GradientCase("vstack", [2], [2]), GradientCase("vstack", [1, 2], [2, 2]),
        GradientCase("dstack", [2], [2]), GradientCase("dstack", [2, 2], [2, 2]),
        GradientCase("dstack", [1, 2, 1], [1, 2, 2]),
        GradientCase("separate", [2, 3]), GradientCase("separate", [2, 3], arguments: ["axis": .int(-1)]),
        GradientCase(
            "split_axis", [5], arguments: ["indices_or_sections": .list([.int(3), .int(1)]), "axis": .int(0)]),
        GradientCase("pad_sequence", [1], [3], [2], arguments: ["padding": .real(0.5)]),
        GradientCase("pad_sequence", [1, 2], [2, 2], arguments: ["length": .int(3)]),
        GradientCase("transpose_sequence", [3], [2], [2]), GradientCase("transpose_sequence", [2, 2], [0, 2]),
    ]

    private static let rearranging: [GradientCase] = [
        GradientCase("flatten", [2, 3]), GradientCase("flip", [2, 3], arguments: ["axis": .int(-1)]),
        GradientCase("fliplr", [2, 3]), GradientCase("flipud", [2, 3]),
        GradientCase("moveaxis", [1, 2, 3], arguments: ["source": .int(0), "destination": .int(-1)]),
        GradientCase("rollaxis", [1, 2, 3], arguments: ["axis": .int(2)]),
        GradientCase("swapaxes", [1, 2, 3], arguments: ["axis1": .int(0), "axis2": .int(-1)]),
        GradientCase("depth2space", [1, 4, 1, 2], arguments: ["r": .int(2)]),
        GradientCase("space2depth", [1, 1, 2, 4], arguments: ["r": .int(2)]),
    ]

    private static let gathering: [GradientCase] = [
        GradientCase("as_strided", [4], arguments: ["shape": pair(3, 2), "strides": pair(1, 1)]),
        GradientCase(
            "as_strided", [2, 3],
            arguments: ["shape": pair(2, 3), "strides": pair(-3, 0), "storage_offset": .int(4)]),
        GradientCase("diagonal", [2, 3], arguments: ["offset": .int(1)]),
        GradientCase("diagonal", [2, 1, 3], arguments: ["axis1": .int(-1), "axis2": .int(0), "offset": .int(-1)]),
        GradientCase("permutate", [3, 2], [3], integers: [1: [2, 0, 1]]),
        GradientCase(
            "permutate", [2, 3], [3], arguments: ["axis": .int(-1), "inv": .bool(true)], integers: [1: [2, 0, 1]]),
        GradientCase("repeat", [2, 2], arguments: ["repeats": .int(2)]),
        GradientCase("repeat", [2, 2], arguments: ["repeats": pair(2, 1), "axis": .int(-1)]),
        GradientCase("tile", [2, 2], arguments: ["reps": .int(2)]),
        GradientCase("tile", [2], arguments: ["reps": pair(2, 3)]),
    ]

    private static let padding =
        [
            "edge", "reflect", "symmetric", "wrap", "linear_ramp", "maximum", "minimum", "mean", "median",
        ].flatMap { mode in
            [
                GradientCase("pad", [3], arguments: ["pad_width": pair(4, 2), "mode": .string(mode)]),
                GradientCase("pad", [2, 2], arguments: ["pad_width": .int(1), "mode": .string(mode)]),
            ]
        } + [
            GradientCase(
                "pad", [2, 2],
                arguments: [
                    "pad_width": .list([pair(1, 0), pair(0, 2)]), "mode": .string("constant"),
                    "constant_values": pair(1, 2),
                ])
        ]

    private static let images: [GradientCase] =
        [
            GradientCase("im2col", [1, 2, 2, 2], arguments: ["ksize": pair(2, 1)]),
            GradientCase(
                "im2col", [1, 1, 2, 3],
                arguments: ["ksize": .int(2), "stride": pair(1, 2), "pad": .int(1), "cover_all": .bool(true)]),
            GradientCase("im2col", [1, 1, 1, 4], arguments: ["ksize": pair(1, 2), "dilate": pair(1, 2)]),
            GradientCase("spatial_transformer_grid", [1, 2, 3], arguments: ["output_shape": pair(1, 2)]),
            GradientCase("spatial_transformer_sampler", [1, 2, 2, 2], [1, 2, 1, 2]),
            GradientCase("spatial_transformer_sampler", [1, 1, 1, 3], [1, 2, 2, 2]),
        ]
        + [("bilinear", true), ("bilinear", false), ("nearest", true)].flatMap { mode, alignsCorners in
            [pair(3, 2), pair(1, 4)].map { size in
                GradientCase(
                    "resize_images", [1, 1, 2, 3],
                    arguments: [
                        "output_shape": size, "mode": .string(mode), "align_corners": .bool(alignsCorners),
                    ])
            }
        }

    private static func pair(_ first: Int64, _ second: Int64) -> Argument { .list([.int(first), .int(second)]) }
}
