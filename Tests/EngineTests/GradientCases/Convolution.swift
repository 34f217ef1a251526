// The convolutions.

import Engine

extension GradientCase {
    static let convolution = convolutions + deconvolutions + unevenConvolutions

    private static let convolutions: [GradientCase] = [
        GradientCase("convolution_1d", [1, 2, 3], [2, 2, 2], [2], arguments: ["pad": .int(1)]),
        GradientCase("convolution_1d", [2, 2, 2], [2, 1, 2], arguments: ["groups": .int(2)]),
        GradientCase("convolution_2d", [1, 2, 2, 2], [2, 2, 2, 1], [2]),
        GradientCase(
            "convolution_2d", [1, 1, 3, 2], [1, 1, 2, 2],
            arguments: ["stride": list(2, 1), "pad": list(0, 1), "cover_all": .bool(true)]),
        GradientCase("convolution_2d", [1, 1, 3, 2], [2, 1, 2, 2], arguments: ["dilate": list(2, 1)]),
        GradientCase("convolution_2d", [2, 2, 1, 2], [2, 2, 1, 1], [2]),
        GradientCase("convolution_2d", [2, 2, 1, 2], [4, 1, 1, 1], arguments: ["groups": .int(2)]),
        GradientCase("convolution_3d", [1, 1, 2, 2, 2], [1, 1, 2, 1, 2], [1], arguments: ["pad": list(0, 1, 0)]),
        GradientCase("convolution_nd", [2, 2], [2, 2], [2]),
        GradientCase("convolution_nd", [1, 1, 2, 1, 1, 2], [1, 1, 1, 1, 1, 2], arguments: ["stride": .int(2)]),
        GradientCase("dilated_convolution_2d", [1, 1, 3, 2], [1, 1, 2, 2], [1], arguments: ["dilate": list(2, 1)]),
        GradientCase("depthwise_convolution_2d", [1, 2, 2, 2], [2, 2, 1, 2], [4]),
    ]

    private static let deconvolutions: [GradientCase] = [
        GradientCase("deconvolution_1d", [1, 2, 2], [2, 2, 2], [2], arguments: ["stride": .int(2), "pad": .int(1)]),
        GradientCase("deconvolution_1d", [1, 2, 2], [2, 1, 2], arguments: ["groups": .int(2)]),
        GradientCase("deconvolution_2d", [1, 2, 1, 2], [2, 1, 2, 2], [1], arguments: ["dilate": list(1, 2)]),
        GradientCase(
            "deconvolution_2d", [1, 1, 2, 2], [1, 2, 2, 1], arguments: ["stride": .int(3), "outsize": list(6, 3)]),
        GradientCase("deconvolution_2d", [2, 2, 1, 2], [2, 2, 1, 1], [2]),
        GradientCase("deconvolution_3d", [1, 1, 1, 2, 2], [1, 1, 2, 1, 2], [1]),
        GradientCase("deconvolution_nd", [2, 2], [2, 2], [2]),
        GradientCase("deconvolution_nd", [1, 2, 2], [2, 1, 2], arguments: ["stride": .int(2)]),
    ]

    private static let unevenConvolutions: [GradientCase] = [
        GradientCase("local_convolution_2d", [1, 1, 2, 3], [1, 1, 2, 1, 2, 2], [1, 1, 2]),
        GradientCase("local_convolution_2d", [1, 2, 1, 3], [1, 1, 2, 2, 1, 1], arguments: ["stride": list(1, 2)]),
        GradientCase("deformable_convolution_2d_sampler", [1, 1, 2, 2], [1, 4, 1, 2], [2, 1, 1, 2], [2]),
        GradientCase(
            "deformable_convolution_2d_sampler", [1, 2, 2, 1], [1, 2, 2, 2], [1, 2, 1, 1],
            arguments: ["pad": .int(1), "stride": list(2, 1)]),
    ]

    private static func list(_ numbers: Int64...) -> Argument { .list(numbers.map { .int($0) }) }
}
