/// Convolutions that are not alike at every place (Chainer: `functions/connection`).
struct UnevenConvolutionOps: Sendable {
    let localConvolution2D: Op<Variable, Variable, Variable?, Axes> = Op(
        "local_convolution_2d",
        "Convolution of images with weights of its own at each place. Chainer differentiates it once.",
        .array("x", "Images of shape (n, c, rows, columns)."),
        .array("W", "Weights of shape (m, rows of the result, columns of the result, c, window rows, window columns)."),
        .optional("b", "Bias of shape (m, rows of the result, columns of the result)."), .stride
    ) { x, w, b, stride in
        try requireImages(x)
        guard w.ndim == 6, w.shape[3] == x.shape[1] else {
            throw EngineError(
                .shape, "W does not fit x.", expected: "shape (m, rows, columns, \(x.shape[1]), k, k)",
                actual: describe(w.shape), at: .input(1))
        }
        let result = Array(w.shape[..<3])
        try b?.require(shape: result, "b does not fit W.", at: 2)
        let windows = try Windows(
            kernel: Array(w.shape[4...]), stride: stride, pad: 0, dilate: 1, counts: Array(result[1...]),
            place: .input(1))
        let most = (0..<2).map { windows.count(over: x.shape[$0 + 2], axis: $0, coverAll: false) }
        guard windows.counts[0] <= most[0], windows.counts[1] <= most[1] else {
            throw EngineError(
                .shape, "W has weights of more places than its window has on x.",
                expected: "at most \(most[0]) rows and \(most[1]) columns", actual: describe(w.shape), at: .input(1))
        }
        // A stack of products of matrices, one for each place.
        let (places, depth) = (result[1] * result[2], w.shape[3...].reduce(1, *))
        let columns = try arrayOps.reshape(images.columns(x, windows), [x.shape[0], depth, places])
        let weights = try arrayOps.transpose(arrayOps.reshape(w, [result[0], places, depth]), [1, 0, 2])
        let products = try arithmetic.matmul(weights, arrayOps.transpose(columns, [2, 1, 0]), false, false)
        let y = try arrayOps.reshape(arrayOps.transpose(products, [2, 1, 0]), Shape([x.shape[0]] + result))
        return try b.map { try y + $0 } ?? y
    }

    let deformableConvolution2DSampler: Op<Variable, Variable, Variable, Variable?, Axes, Axes> = Op(
        "deformable_convolution_2d_sampler",
        "Convolution of images by windows whose elements are moved, and read between pixels (bilinear); zero outside."
            + " Chainer differentiates it once, in float32.",
        .array("x", "Images of shape (n, c, rows, columns)."),
        .array(
            "offset",
            "How far each element of the window is moved at each place of the result, in pixels: of shape (n, 2 k, rows,"
                + " columns) for a window of k elements, first to the right, then down."),
        .array("W", "Weights of shape (m, c, window rows, window columns)."), .optional("b", "Bias of shape (m,)."),
        .stride, .pad
    ) { x, offset, w, b, stride, pad in
        guard x.dtype == .float16 else { return try deformed(x, offset, w, b, stride, pad) }
        func wide(_ x: Variable) throws -> Variable { try arrayOps.cast(x, .float32) }
        return try arrayOps.cast(
            deformed(wide(x), wide(offset), wide(w), b.map { try wide($0) }, stride, pad), .float16)
    }
}

private func deformed(
    _ x: Variable, _ offset: Variable, _ w: Variable, _ b: Variable?, _ stride: Axes, _ pad: Axes
) throws -> Variable {
    try requireImages(x)
    guard w.ndim == 4, w.shape[1] == x.shape[1] else {
        throw EngineError(
            .shape, "W does not fit x.", expected: "shape (m, \(x.shape[1]), k, k)", actual: describe(w.shape),
            at: .input(2))
    }
    let (samples, kernel) = (x.shape[0], Array(w.shape[2...]))
    let elements = kernel.reduce(1, *)
    guard offset.ndim == 4, offset.shape[0] == samples, offset.shape[1] == 2 * elements else {
        throw EngineError(
            .shape, "offset moves each element of the window.",
            expected: "shape (\(samples), \(2 * elements), rows, columns)", actual: describe(offset.shape),
            at: .input(1))
    }
    try b?.require(shape: [w.shape[0]], "b does not fit W.", at: 3)
    let counts = Array(offset.shape[2...])
    let windows = try Windows(
        kernel: kernel, stride: stride, pad: pad, dilate: 1, counts: counts, place: .input(2))
    let moved = try arrayOps.reshape(offset, Shape([samples, 2] + kernel + counts))
    /// Along an axis the pixel of every element at every place, moved.
    func position(_ axis: Int) throws -> Variable {
        let offset = try arrayOps.getItem(moved, Slices.range((1 - axis)..<(2 - axis), axis: 1))
        let pixels = try Variable(constant: windows.pixels(axis).cast(to: x.dtype))
        return try arrayOps.reshape(offset + pixels, [samples, 1, elements * counts.reduce(1, *)])
    }
    let values = try sampled(x, rows: position(0), columns: position(1), border: windows.pad.map { $0 + 1 })
    let columns = try arrayOps.reshape(values, [samples, x.shape[1] * elements, counts.reduce(1, *)])
    let weights = try arrayOps.reshape(w, [w.shape[0], x.shape[1] * elements])
    let y = try arrayOps.reshape(
        arithmetic.matmul(weights, columns, false, false), Shape([samples, w.shape[0]] + counts))
    return try b.map { try y + arrayOps.reshape($0, [w.shape[0], 1, 1]) } ?? y
}

extension Windows {
    /// Along one of two axes the pixel that each element lies on at each place: of a shape that broadcasts with (kernel…,
    /// counts…).
    fileprivate func pixels(_ axis: Int) throws -> NDArray {
        let shape = axis == 0 ? [kernel[0], 1, counts[0], 1] : [kernel[1], 1, counts[1]]
        return try NDArray(uninitialized: shape, .float64) { target in
            var out = target.assumingMemoryBound(to: Double.self)
            for element in 0..<kernel[axis] {
                for place in 0..<counts[axis] {
                    out[place] = Double(place * stride[axis] + element * dilate[axis] - pad[axis])
                }
                out += counts[axis]
            }
        }
    }
}

let unevenConvolutions: UnevenConvolutionOps = UnevenConvolutionOps()
