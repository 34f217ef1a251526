typealias AveragePooling = Op<Variable, Axes, Axes?, Axes, Double?>
typealias MaxPooling = Op<Variable, Axes, Axes?, Axes, Bool, Bool>

enum PyramidPooling: String, Choice { case max }

/// Functions that make one element of all those under a sliding window (Chainer: `functions/pooling`).
struct PoolingOps: Sendable {
    let averagePooling1d: AveragePooling = averagePooling("average_pooling_1d", axes: 1)
    let averagePooling2d: AveragePooling = averagePooling("average_pooling_2d", axes: 2)
    let averagePooling3d: AveragePooling = averagePooling("average_pooling_3d", axes: 3)
    let averagePoolingNd: AveragePooling = averagePooling("average_pooling_nd", axes: nil)

    let maxPooling1d: MaxPooling = maxPooling("max_pooling_1d", axes: 1)
    let maxPooling2d: MaxPooling = maxPooling("max_pooling_2d", axes: 2)
    let maxPooling3d: MaxPooling = maxPooling("max_pooling_3d", axes: 3)
    let maxPoolingNd: MaxPooling = maxPooling("max_pooling_nd", axes: nil)

    let spatialPyramidPooling2d: Op<Variable, Int, PyramidPooling> = Op(
        "spatial_pyramid_pooling_2d",
        "Maxima in a grid of 1 by 1 windows, 2 by 2, 4 by 4 and so on, joined along axis 1: (n, c (1 + 4 + ...), 1, 1).",
        .array("x", "Images of shape (n, c, h, w)."),
        .required("pyramid_height", "The number of grids, 1 to \(pyramidLimit)."),
        .required("pooling", "What is taken of a window.")
    ) { x, height, _ in
        try requireImages(x)
        guard (1...pyramidLimit).contains(height) else {
            throw EngineError(
                .argument, "A pyramid of that height has no grids, or more windows than an array has elements.",
                expected: "1 to \(pyramidLimit)", actual: "\(height)", at: .argument("pyramid_height"))
        }
        let levels = try (0..<height).map { level in
            let kernel = x.shape[2...].map { ($0 + (1 << level) - 1) >> level }
            let pad = zip(kernel, x.shape[2...]).map { ($0 << level - $1) / 2 }
            let y = try pooling.maxPooling2d.results(x, Axes(kernel), nil, Axes(pad), true, false).flat[0]
            return try arrayOps.reshape(y, [y.shape[0], y.shape[1...].reduce(1, *), 1, 1])
        }
        return try arrayOps.concat(levels, 1)
    }

    let windowSum: Op<Variable, Windows> = Op(
        "_window_sum", "The sums under windows: (n, c, spatial...) to (n, c, places...).", .array("x", "Array."),
        .required("windows", "The windows.")
    ) { x, windows in
        try x.array.windowSum(windows)
    } backward: { gy, _, x, windows in
        [{ try pooling.windowSpread(gy, windows, Shape(Array(x.shape[2...]))) }]
    }

    let windowSpread: Op<Variable, Windows, Shape> = Op(
        "_window_spread", "Zeros with each element added wherever its window lies: the adjoint of _window_sum.",
        .array("y", "Array."), .required("windows", "The windows."), .required("size", "Spatial shape of the result.")
    ) { y, windows, size in
        try y.array.windowSpread(windows, size: size.lengths)
    } backward: { gx, _, _, windows, _ in
        [{ try pooling.windowSum(gx, windows) }]
    }

    let windowMax: Op<Variable, Windows> = Op(
        severalResults: "_window_max", "The greatest elements under windows, and where on the plane each of them is.",
        .array("x", "Array."), .required("windows", "The windows."), reads: .results
    ) { x, windows in
        let (y, places) = try x.array.windowMax(windows, .inPlane)
        return [y, try places.reshaped([x.shape[0], x.shape[1], windows.counts.reduce(1, *)])]
    } backward: { gys, ys, x, _ in
        [{ try gys[0].map { try placed($0, at: ys[1], size: Array(x.shape[2...])) } }]
    }
}

/// Beyond it a grid has more windows than an array may have elements.
private let pyramidLimit = 15

private func averagePooling(_ name: String, axes: Int?) -> AveragePooling {
    Op(
        name, "Mean of the elements under each place of a window that slides over \(arrays(axes)).",
        .array("x", "Array of shape (n, c, \(spatial(axes)))."), .ksize, .poolingStride, .pad,
        .option("pad_value", 0, "0: the padding counts as zeros; null: it does not count.")
    ) { x, ksize, stride, pad, padValue in
        let size = try spatialShape(x, axes)
        guard padValue ?? 0 == 0 else {
            throw EngineError(
                .argument, "The padding is of zeros, or does not count.", expected: "0 or null",
                actual: "\(padValue.argument)", at: .argument("pad_value"))
        }
        // Of Chainer's functions average_pooling_2d alone takes arrays without elements.
        if axes != 2 { try requireElements(x) }
        let windows = try Windows(pooling: size, ksize, stride, pad, coverAll: false)
        return try x.inFloat32 { x in
            let sum = try pooling.windowSum(x, windows)
            guard padValue == nil else { return try sum / Double(windows.kernel.reduce(1, *)) }
            let ones = try Variable(constant: NDArray(.int(1), shape: [1, 1] + size, x.dtype))
            return try sum / pooling.windowSum(ones, windows)
        }
    }
}

private func maxPooling(_ name: String, axes: Int?) -> MaxPooling {
    Op(
        severalResults: name,
        "The greatest element under each place of a window that slides over \(arrays(axes)).",
        .array("x", "Array of shape (n, c, \(spatial(axes)))."), .ksize, .poolingStride, .pad, .coverAll(true),
        .option(
            "return_indices", false, "Whether the places of the elements in their windows, int64, are a second result.")
    ) { x, ksize, stride, pad, coverAll, returnsIndices in
        let size = try spatialShape(x, axes)
        try requireElements(x)
        let windows = try Windows(pooling: size, ksize, stride, pad, coverAll: coverAll)
        let y = try Results.one(pooling.windowMax.results(x, windows).flat[0])
        guard returnsIndices else { return y }
        return .list([y, .one(Variable(constant: try x.array.windowMax(windows, .inWindow).indices))])
    }
}

extension Parameter where Value == Axes {
    static var ksize: Parameter { .required("ksize", "Length of the window: a number, or one for each spatial axis.") }
}

extension Parameter where Value == Axes? {
    static var poolingStride: Parameter {
        .option("stride", nil, "From one place of the window to the next; null: its length.")
    }
}

/// What has so many spatial axes, for summaries.
private func arrays(_ axes: Int?) -> String {
    axes.map { ["sequences", "images", "volumes"][$0 - 1] } ?? "arrays of any number of spatial axes"
}

/// The spatial axes of an array, for summaries.
func spatial(_ axes: Int?) -> String {
    switch axes {
    case 1: "length"
    case 2: "height, width"
    case 3: "depth, height, width"
    default: "spatial..."
    }
}

/// The shape without the axes of samples and channels.
/// - Parameter axes: how many there must be; nil: at least one.
/// - Throws: `EngineError.Kind.shape` for another number of them.
func spatialShape(_ x: Variable, _ axes: Int?) throws -> [Int] {
    guard axes.map({ x.ndim == $0 + 2 }) ?? (x.ndim > 2) else {
        throw EngineError(
            .shape, "x has an axis of samples, one of channels and \(axes.map(String.init) ?? "at least one") spatial.",
            expected: "shape (n, c, \(spatial(axes)))", actual: describe(x.shape), at: .input(0))
    }
    return Array(x.shape[2...])
}

/// - Throws: `EngineError.Kind.shape` for an array without elements.
private func requireElements(_ x: Variable) throws {
    guard x.size > 0 else {
        throw EngineError(
            .shape, "There is nothing to pool in an array without elements.", expected: "at least one element",
            actual: describe(x.shape), at: .input(0))
    }
}

extension Windows {
    /// The windows of a pooling function over an array of spatial shape `size`.
    /// - Parameter stride: nil: the window's length.
    init(pooling size: [Int], _ ksize: Axes, _ stride: Axes?, _ pad: Axes, coverAll: Bool) throws {
        let kernel = try ksize.spread(over: size.count, argument: "ksize")
        // A place in the window is an index too.
        _ = try NDArray.checkedSize(kernel)
        try self.init(kernel: kernel, stride: stride ?? ksize, pad: pad, dilate: 1, over: size, coverAll: coverAll)
    }
}

/// Zeros of a spatial shape with elements added at places.
/// - Parameter places: on the plane, int64 of shape (n, c, elements); what is not on it is left out.
func placed(_ y: Variable, at places: Variable, size: [Int]) throws -> Variable {
    let flat = try arrayOps.reshape(y, Shape(places.shape))
    let planes = try gathering.put(flat, places, 2, size.reduce(1, *))
    return try arrayOps.reshape(planes, Shape(places.shape[..<2] + size))
}

let pooling: PoolingOps = PoolingOps()
