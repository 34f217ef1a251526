/// How `resize_images` reads between pixels.
enum Interpolation: String, Choice { case bilinear, nearest }

/// Functions of images (Chainer: `functions/array`), and the windows that convolutions slide over them.
struct ImageOps: Sendable {
    let im2col: Op<Variable, Axes, Axes, Axes, Bool, Axes> = Op(
        "im2col", "The patches under a sliding window, each spread over the channels.",
        .array("x", "Images of shape (n, c, h, w)."), .required("ksize", "Height and width of the window."),
        .stride, .pad, .coverAll(false), .dilate
    ) { x, ksize, stride, pad, coverAll, dilate in
        try requireImages(x)
        let windows = try Windows(
            kernel: ksize.spread(over: 2, argument: "ksize"), stride: stride, pad: pad, dilate: dilate,
            over: Array(x.shape[2...]), coverAll: coverAll)
        let columns = try images.columns(x, windows)
        return try arrayOps.reshape(
            columns, Shape([x.shape[0], columns.shape[1...3].reduce(1, *)] + windows.counts))
    }

    /// Of any number of spatial axes.
    let columns: Op<Variable, Windows> = Op(
        "_im2col", "The elements under windows: (n, c, spatial...) to (n, c, window..., places...).",
        .array("x", "Array."),
        .required("windows", "The windows.")
    ) { x, windows in
        try x.array.im2col(windows)
    } backward: { gy, _, x, windows in
        [{ try images.columnSum(gy, windows, Shape(Array(x.shape[2...]))) }]
    }

    let columnSum: Op<Variable, Windows, Shape> = Op(
        "_col2im", "Zeros with elements added where _im2col reads them: its adjoint.", .array("y", "Array."),
        .required("windows", "The windows."), .required("size", "Spatial shape of the result.")
    ) { y, windows, size in
        try y.array.col2im(windows, size: size.lengths)
    } backward: { gx, _, _, windows, _ in
        [{ try images.columns(gx, windows) }]
    }

    let resizeImages: Op<Variable, Shape, Interpolation, Bool> = Op(
        "resize_images", "The images in another size.", .array("x", "Images of shape (n, c, h, w)."),
        .required("output_shape", "Height and width of the result."),
        .option("mode", .bilinear, "Whether pixels are mixed, or the one before is taken."),
        .option("align_corners", true, "In mode bilinear: whether corners stay corners; else pixels are areas.")
    ) { x, outputShape, mode, alignsCorners in
        try requireImages(x)
        let size = try outputShape.imageSize()
        guard x.shape[2] > 0, x.shape[3] > 0, size.height > 0, size.width > 0 else {
            throw EngineError(
                .shape, "An image without pixels cannot be resized, nor any to one.", expected: "at least one pixel",
                actual: "\(describe(x.shape)) to \(describe(outputShape.lengths))")
        }
        return try x.inFloat32 { x in
            let rows = try resized(x, axis: 2, to: size.height, mode, alignsCorners: alignsCorners)
            return try resized(rows, axis: 3, to: size.width, mode, alignsCorners: alignsCorners)
        }
    }

    let spatialTransformerGrid: Op<Variable, Shape> = Op(
        "spatial_transformer_grid",
        "For each pixel of the result the point theta (x, y, 1)^T to sample."
            + " Chainer differentiates it once.",
        .array("theta", "Affine maps of shape (n, 2, 3), of coordinates that go from -1 to 1."),
        .required("output_shape", "Height and width of the result.")
    ) { theta, outputShape in
        guard theta.ndim == 3, theta.shape[1...] == [2, 3] else {
            throw EngineError(
                .shape, "theta is an affine map of the plane for each sample.", expected: "shape (n, 2, 3)",
                actual: describe(theta.shape), at: .input(0))
        }
        let (height, width) = try outputShape.imageSize()
        let plane = Variable(constant: try NDArray.plane(height, width, theta.dtype))
        return try arrayOps.reshape(arithmetic.matmul(theta, plane, false, false), [theta.shape[0], 2, height, width])
    }

    let spatialTransformerSampler: Op<Variable, Variable> = Op(
        "spatial_transformer_sampler",
        "Images read at points between pixels (bilinear); zero outside."
            + " Chainer differentiates it once.",
        .array("x", "Images of shape (n, c, h, w)."),
        .array("grid", "Points of shape (n, 2, rows, columns): x and y, from -1 to 1.", in: -1.4...1.4)
    ) { x, grid in
        try requireImages(x)
        guard grid.ndim == 4, grid.shape[0] == x.shape[0], grid.shape[1] == 2 else {
            throw EngineError(
                .shape, "grid has two coordinates of each point.", expected: "shape (\(x.shape[0]), 2, rows, columns)",
                actual: describe(grid.shape), at: .input(1))
        }
        guard x.dtype == .float16 else { return try sampled(x, grid) }
        return try arrayOps.cast(sampled(arrayOps.cast(x, .float32), arrayOps.cast(grid, .float32)), .float16)
    }
}

extension Parameter where Value == Axes {
    static var stride: Parameter { .option("stride", 1, "From one place of a window to the next, along each axis.") }
    static var pad: Parameter { .option("pad", 0, "How many zeros stand before and after each axis.") }
    static var dilate: Parameter { .option("dilate", 1, "From one element of a window to the next, along each axis.") }
}

/// - Throws: `EngineError.Kind.shape` where `x` is not of shape (n, c, h, w).
func requireImages(_ x: Variable) throws {
    guard x.ndim == 4 else {
        throw EngineError(
            .shape, "Images are an array of samples, channels, rows and columns.", expected: "shape (n, c, h, w)",
            actual: describe(x.shape), at: .input(0))
    }
}

extension Shape {
    /// The two lengths of an image, whose product is no more than an array's size.
    fileprivate func imageSize() throws -> (height: Int, width: Int) {
        guard lengths.count == 2, lengths.allSatisfy({ $0 >= 0 }) else {
            throw EngineError(
                .argument, "The shape of an image is its height and width.", expected: "two lengths",
                actual: "\(argument)", at: .argument("output_shape"))
        }
        _ = try NDArray.checkedSize(lengths)
        return (lengths[0], lengths[1])
    }
}

/// One axis in another length, from the two positions that lie next to each new one.
private func resized(
    _ x: Variable, axis: Int, to count: Int, _ mode: Interpolation, alignsCorners: Bool
) throws -> Variable {
    let last = Double(x.shape[axis] - 1)
    let scale = Double(x.shape[axis]) / Double(count)
    func place(_ i: Double) -> Double {
        switch mode {
        case .nearest: (i * scale).rounded(.down)
        case .bilinear where alignsCorners: i * last / Double(max(count - 1, 1))
        case .bilinear: max((i + 0.5) * scale - 0.5, 0)
        }
    }
    func numbers(_ dtype: DType, _ value: (Double) -> Double) throws -> Variable {
        let numbers = try NDArray(uninitialized: [count], .float64) { target in
            let out = target.assumingMemoryBound(to: Double.self)
            for i in 0..<count { out[i] = value(min(place(Double(i)), last)) }
        }
        return Variable(constant: try numbers.cast(to: dtype))
    }
    let before = try gathering.take(x, numbers(.int64) { $0 }, axis)
    guard mode == .bilinear else { return before }
    let after = try gathering.take(x, numbers(.int64) { min($0 + 1, last) }, axis)
    let shape = Shape([count] + x.shape[(axis + 1)...].map { _ in 1 })
    let weight = try arrayOps.reshape(numbers(x.dtype) { $0 - $0.rounded(.down) }, shape)
    return try before * (1 - weight) + after * weight
}

/// Images read at the points of a grid: the weighted sum of the four pixels around each.
private func sampled(_ x: Variable, _ grid: Variable) throws -> Variable {
    let points = grid.shape[2] * grid.shape[3]
    /// Coordinates that go from -1 to 1, in pixels.
    func pixels(_ axis: Int, on length: Int) throws -> Variable {
        let coordinate = try arrayOps.getItem(grid, Slices.range(axis..<axis + 1, axis: 1))
        return try arrayOps.reshape((coordinate + 1) * (Double(length - 1) / 2), [x.shape[0], 1, points])
    }
    let values = try sampled(
        x, rows: pixels(1, on: x.shape[2]), columns: pixels(0, on: x.shape[3]), border: [1, 1])
    return try arrayOps.reshape(values, Shape(Array(x.shape[..<2] + grid.shape[2...])))
}

/// Images read at points, whose coordinates are in pixels and of shape (n, 1, points): the weighted sum of the four pixels
/// around each; of shape (n, c, points).
/// - Parameter border: how many rows and columns of zeros lie around; nothing depends on how far a point is beyond them.
func sampled(_ x: Variable, rows: Variable, columns: Variable, border: [Int]) throws -> Variable {
    let (samples, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
    let points = rows.shape[2]
    let pixels = try arrayOps.reshape(x, [samples, channels, height * width])
    let (rows, columns) = (
        try neighbours(of: rows, on: height, border: border[0]),
        try neighbours(of: columns, on: width, border: border[1])
    )
    let terms = try rows.flatMap { row in
        try columns.map { column in
            let indices = try NDArray.pixels(
                row: row.place.array, column: column.place.array, height: height, width: width)
            let values = try gathering.take(pixels, Variable(constant: indices.reshaped([samples, points])), 2)
            return try values * (row.weight * column.weight)
        }
    }
    return try arithmetic.add(terms)
}

/// The two pixels on either side of each position along an axis, and their weights. Around the axis lies a border of
/// zeros, whose places are pixels too.
private func neighbours(
    of position: Variable, on length: Int, border: Int
) throws -> [(place: Variable, weight: Variable)] {
    let last = length - 1 + border
    let (first, end) = try (position.constant(Double(-border)), position.constant(Double(last)))
    // Outside nothing depends on the position.
    let isBefore = try arithmetic.le(position.detached, first)
    let isAfter = try arithmetic.ge(position.detached, end)
    let place = try arrayOps.where(isBefore, first, arrayOps.where(isAfter, end, position))
    let before = try elementwise.minimum(
        elementwise.floor(place.detached), position.constant(Double(max(last - 1, -border))))
    let weight = try place - before
    return [(before, try 1 - weight), (try before + 1, weight)]
}

extension NDArray {
    /// The homogeneous coordinates (x, y, 1) of every pixel, x and y from -1 to 1: of shape (3, height width).
    fileprivate static func plane(_ height: Int, _ width: Int, _ dtype: DType) throws -> NDArray {
        func coordinate(_ i: Int, _ count: Int) -> Double { i == 0 ? -1 : Double(2 * i) / Double(count - 1) - 1 }
        let size = try checkedSize([height, width])
        return try NDArray(uninitialized: [3, size], .float64) { target in
            let out = target.assumingMemoryBound(to: Double.self)
            for i in 0..<size {
                out[i] = coordinate(i % width, width)
                out[size + i] = coordinate(i / width, height)
                out[2 * size + i] = 1
            }
        }.cast(to: dtype)
    }
}

let images: ImageOps = ImageOps()

extension Parameter where Value == Bool {
    static func coverAll(_ fallback: Bool) -> Parameter {
        .option("cover_all", fallback, "Whether a last window may reach further, so that no element is left out.")
    }
}
