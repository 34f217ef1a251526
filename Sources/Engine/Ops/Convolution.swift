/// Weighted sums of the elements under sliding windows, alike at every place (Chainer: `functions/connection`), and what
/// they and their gradients are made of.
struct ConvolutionOps: Sendable {
    let convolution1D: ConvolutionOp = convolution("convolution_1d", "Convolution of sequences", axes: 1)
    let convolution2D: ConvolutionOp = convolution("convolution_2d", "Convolution of images", axes: 2)
    let convolution3D: ConvolutionOp = convolution("convolution_3d", "Convolution of volumes", axes: 3)
    let convolutionND: ConvolutionOp = convolution(
        "convolution_nd", "Convolution of arrays of any number of spatial axes", axes: nil)

    let deconvolution1D: DeconvolutionOp = deconvolution("deconvolution_1d", "Deconvolution of sequences", axes: 1)
    let deconvolution2D: DeconvolutionOp = deconvolution("deconvolution_2d", "Deconvolution of images", axes: 2)
    let deconvolution3D: DeconvolutionOp = deconvolution("deconvolution_3d", "Deconvolution of volumes", axes: 3)
    let deconvolutionND: DeconvolutionOp = deconvolution(
        "deconvolution_nd", "Deconvolution of arrays of any number of spatial axes", axes: nil)

    let dilatedConvolution2D: Op<Variable, Variable, Variable?, Axes, Axes, Axes, Bool> = Op(
        "dilated_convolution_2d", "Convolution of images by windows with gaps: convolution_2d with dilate.",
        .images(2), .array("W", "Weights of shape (m, c, window rows, window columns)."), .outputBias, .stride, .pad,
        .dilate, .coverAll(false)
    ) { x, w, b, stride, pad, dilate, coverAll in
        try convolved(x, w, b, axes: 2, stride: stride, pad: pad, coverAll: coverAll, dilate: dilate)
    }

    let depthwiseConvolution2D: Op<Variable, Variable, Variable?, Axes, Axes> = Op(
        "depthwise_convolution_2d", "Convolution of each channel of images by itself, with one or several weights.",
        .images(2), .array("W", "Weights of shape (m, c, window rows, window columns)."),
        .optional("b", "Bias of shape (c m,), for the m results of each channel in turn."), .stride, .pad
    ) { x, w, b, stride, pad in
        try requireImages(x)
        guard w.ndim == 4, w.shape[1] == x.shape[1], x.shape[1] > 0 else {
            throw EngineError(
                .shape, "W has weights of each channel of x, at least one.",
                expected: "shape (m, \(max(x.shape[1], 1)), rows, columns)", actual: describe(w.shape), at: .input(1))
        }
        let channels = x.shape[1]
        let weights = try arrayOps.reshape(
            arrayOps.transpose(w, [1, 0, 2, 3]), [channels * w.shape[0], 1, w.shape[2], w.shape[3]])
        return try convolved(x, weights, b, axes: 2, stride: stride, pad: pad, groups: channels)
    }

    // MARK: The three that are one another's gradients

    let convolve: Op<Variable, Variable, Variable?, Windows, Int> = Op(
        "_convolution", "Results of a convolution.", .array("x", "Images."), .array("W", "Weights."),
        .optional("b", "Bias."), .windows, .groups, reads: [.input(0), .input(1)]
    ) { x, w, b, windows, groups in
        try x.array.convolved(
            w.array, b?.array, Convolution(windows, groups, x.shape, outputs: w.shape[0]))
    } backward: { gy, _, x, w, _, windows, groups in
        [
            { try convolutions.deconvolve(gy, w, nil, windows, x.spatialShape, groups) },
            { try convolutions.weights(x, gy, windows, groups) },
            { try gy.summedOverImages() },
        ]
    }

    let deconvolve: Op<Variable, Variable, Variable?, Windows, Shape, Int> = Op(
        "_deconvolution", "What results of a convolution give to its images: its adjoint.", .array("x", "Results."),
        .array("W", "Weights."), .optional("b", "Bias of the images."), .windows,
        .required("size", "Spatial shape of the images."), .groups, reads: [.input(0), .input(1)]
    ) { y, w, b, windows, size, groups in
        let shape = [y.shape[0], w.shape[1] * groups] + size.lengths
        return try y.array.deconvolved(
            w.array, b?.array, Convolution(windows, groups, shape, outputs: y.shape[1]))
    } backward: { gx, _, y, w, _, windows, _, groups in
        [
            { try convolutions.convolve(gx, w, nil, windows, groups) },
            { try convolutions.weights(gx, y, windows, groups) },
            { try gx.summedOverImages() },
        ]
    }

    let weights: Op<Variable, Variable, Windows, Int> = Op(
        "_convolution_weights", "The weights' gradient of a convolution.", .array("x", "Images."),
        .array("gy", "The results' gradient."), .windows, .groups, reads: .inputs
    ) { x, gy, windows, groups in
        try x.array.convolutionWeights(gy.array, Convolution(windows, groups, x.shape, outputs: gy.shape[1]))
    } backward: { gw, _, x, gy, windows, groups in
        [
            { try convolutions.deconvolve(gy, gw, nil, windows, x.spatialShape, groups) },
            { try convolutions.convolve(x, gw, nil, windows, groups) },
        ]
    }
}

extension Variable {
    fileprivate var spatialShape: Shape { Shape(Array(shape[2...])) }

    /// The gradient of a bias.
    fileprivate func summedOverImages() throws -> Variable {
        try reduction.sum(self, Axes([0] + Array(2..<ndim)), false)
    }
}

extension Convolution {
    /// - Parameter shape: of the images.
    fileprivate init(_ windows: Windows, _ groups: Int, _ shape: [Int], outputs: Int) {
        self.init(
            windows: windows, groups: groups, images: shape[0], inputs: shape[1], outputs: outputs,
            size: Array(shape[2...]))
    }
}

// MARK: Convolution

typealias ConvolutionOp = Op<Variable, Variable, Variable?, Axes, Axes, Bool, Axes, Int>

/// - Parameter axes: how many spatial axes; nil: any number.
private func convolution(_ name: String, _ summary: String, axes: Int?) -> ConvolutionOp {
    Op(
        name, summary + ": y[n, m, i] = sum of W[m, c, k] x[n, c, i stride + k dilate - pad] over c and k, + b[m].",
        .images(axes), .convolutionWeights, .outputBias, .stride, .pad, .coverAll(false), .dilate, .groups
    ) { x, w, b, stride, pad, coverAll, dilate, groups in
        try convolved(
            x, w, b, axes: axes, stride: stride, pad: pad, coverAll: coverAll, dilate: dilate, groups: groups)
    }
}

/// A convolution that has been checked, of which each op names some of the arguments.
private func convolved(
    _ x: Variable, _ w: Variable, _ b: Variable?, axes: Int?, stride: Axes, pad: Axes, coverAll: Bool = false,
    dilate: Axes = 1, groups: Int = 1
) throws -> Variable {
    try requireSpatialAxes(x, axes)
    try requireGroups(groups, of: x.shape[1], "channels of x")
    guard w.ndim == x.ndim, w.shape[1] == x.shape[1] / groups else {
        throw EngineError(
            .shape, "W does not fit x.",
            expected: "shape (m, \(x.shape[1] / groups)\(String(repeating: ", k", count: x.ndim - 2)))",
            actual: describe(w.shape), at: .input(1))
    }
    try requireGroups(groups, of: w.shape[0], "results of W")
    try b?.require(shape: [w.shape[0]], "b does not fit W.", at: 2)
    let windows = try Windows(
        kernel: Array(w.shape[2...]), stride: stride, pad: pad, dilate: dilate, over: Array(x.shape[2...]),
        coverAll: coverAll, place: .input(1))
    return try convolutions.convolve(x, w, b, windows, groups)
}

// MARK: Deconvolution

typealias DeconvolutionOp = Op<Variable, Variable, Variable?, Axes, Axes, Shape?, Axes, Int>

/// - Parameter axes: how many spatial axes; nil: any number.
private func deconvolution(_ name: String, _ summary: String, axes: Int?) -> DeconvolutionOp {
    Op(
        name,
        summary + ": y[n, m, i stride + k dilate - pad] = sum of W[c, m, k] x[n, c, i] over c, i and k, + b[m].",
        .images(axes), .array("W", "Weights of shape (c, m / groups, window...)."), .outputBias, .stride, .pad,
        .option(
            "outsize", nil, "Spatial shape of the result, one whose convolution has x's; null: where the windows end."),
        .dilate, .groups
    ) { x, w, b, stride, pad, outsize, dilate, groups in
        try requireSpatialAxes(x, axes)
        guard w.ndim == x.ndim, w.shape[0] == x.shape[1] else {
            throw EngineError(
                .shape, "W does not fit x.",
                expected: "shape (\(x.shape[1]), m\(String(repeating: ", k", count: x.ndim - 2)))",
                actual: describe(w.shape), at: .input(1))
        }
        try requireGroups(groups, of: x.shape[1], "channels of x")
        try b?.require(shape: [w.shape[1] * groups], "b does not fit W.", at: 2)
        let windows = try Windows(
            kernel: Array(w.shape[2...]), stride: stride, pad: pad, dilate: dilate, counts: Array(x.shape[2...]),
            place: .input(1))
        return try convolutions.deconvolve(x, w, b, windows, windows.size(outsize), groups)
    }
}

extension Windows {
    /// The spatial shape of an array with these windows: the one asked for, if it has them.
    fileprivate func size(_ outsize: Shape?) throws -> Shape {
        // Where the windows end, so that they cover all. A longer array may have elements that none of them reaches; a
        // shorter one has the last if it leaves none out.
        let exact = counts.indices.map { stride[$0] * (counts[$0] - 1) + extent($0) - 2 * pad[$0] }
        guard let outsize else {
            guard exact.allSatisfy({ $0 > 0 }) else {
                throw EngineError(
                    .shape, "Nothing is left of the result within the padding.", expected: "positive lengths",
                    actual: describe(exact), at: .argument("pad"))
            }
            return Shape(exact)
        }
        let fits =
            outsize.lengths.count == exact.count && outsize.lengths.allSatisfy((0...NDArray.sizeLimit).contains)
            && exact.indices.allSatisfy { abs(outsize.lengths[$0] - exact[$0]) < stride[$0] }
        guard fits else {
            let ranges = exact.indices.map { "\(max(exact[$0] - stride[$0] + 1, 0)) to \(exact[$0] + stride[$0] - 1)" }
            throw EngineError(
                .argument, "A convolution of an array of this shape would not give x's.",
                expected: "[\(ranges.joined(separator: ", "))]", actual: "\(outsize.argument)", at: .argument("outsize")
            )
        }
        return outsize
    }
}

// MARK: Parameters and what is asked of them

extension Parameter where Value == Variable {
    fileprivate static func images(_ axes: Int?) -> Parameter {
        let spatial = axes.map { [", length", ", rows, columns", ", depth, rows, columns"][$0 - 1] } ?? ", spatial..."
        return .array("x", "Array of shape (n, c\(spatial)).")
    }

    fileprivate static var convolutionWeights: Parameter {
        .array("W", "Weights of shape (m, c / groups, window...).")
    }
}

extension Parameter where Value == Variable? {
    fileprivate static var outputBias: Parameter { .optional("b", "Bias of shape (m,).") }
}

extension Parameter where Value == Int {
    fileprivate static var groups: Parameter {
        .option("groups", 1, "The number of groups of channels that are convolved apart from one another.")
    }
}

extension Parameter where Value == Windows {
    fileprivate static var windows: Parameter { .required("windows", "The windows.") }
}

/// - Throws: `EngineError.Kind.shape` where `x` is not of shape (n, c, spatial…).
private func requireSpatialAxes(_ x: Variable, _ axes: Int?) throws {
    guard x.ndim == axes.map({ $0 + 2 }) ?? max(x.ndim, 2) else {
        throw EngineError(
            .shape, "x has axes of samples and channels, and spatial ones.",
            expected: axes.map { "\($0 + 2) dimensions" } ?? "at least 2 dimensions", actual: describe(x.shape),
            at: .input(0))
    }
}

private func requireGroups(_ groups: Int, of channels: Int, _ what: String) throws {
    guard groups == 1 || (1...max(channels, 1)).contains(groups) && channels % groups == 0 else {
        throw EngineError(
            .argument, "The \(channels) \(what) must be in groups of equal size.",
            expected: "a divisor of \(max(channels, 1))",
            actual: "\(groups)", at: .argument("groups"))
    }
}

let convolutions: ConvolutionOps = ConvolutionOps()
