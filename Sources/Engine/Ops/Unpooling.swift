typealias SpatialUnpooling = Op<Variable, Axes, Axes?, Axes, Shape?, Bool>

/// Functions that undo pooling: from the places of a window back to what lies under it (Chainer: `functions/pooling`).
struct UnpoolingOps: Sendable {
    let unpooling1d: SpatialUnpooling = spatialUnpooling("unpooling_1d", axes: 1)
    let unpooling2d: SpatialUnpooling = spatialUnpooling("unpooling_2d", axes: 2)
    let unpooling3d: SpatialUnpooling = spatialUnpooling("unpooling_3d", axes: 3)
    let unpoolingNd: SpatialUnpooling = spatialUnpooling("unpooling_nd", axes: nil)

    let upsampling2d: Op<Variable, Variable, Axes, Axes?, Axes, Shape?, Bool> = Op(
        "upsampling_2d", "Zeros with each element of x put at the place that indexes names in its window.",
        .array("x", "What max_pooling_2d gave, of shape (n, c, h, w)."),
        .array(
            "indexes", "The places in the windows, as max_pooling_2d returns them.", .integers, sharesDType: false,
            inline: .int64),
        .ksize, .poolingStride, .pad, .outsize, .coverAll(true)
    ) { x, indexes, ksize, stride, pad, outsize, coverAll in
        let (windows, size) = try pooled(x, axes: 2, ksize, stride, pad, outsize, coverAll)
        guard indexes.shape == x.shape else {
            throw EngineError(
                .shape, "There must be an index for each element of x.", expected: describe(x.shape),
                actual: describe(indexes.shape), at: .input(1))
        }
        let places = try indexes.array.cast(to: .int64).planePlaces(windows, size: size)
        return try placed(x, at: Variable(constant: places), size: size)
    }
}

private func spatialUnpooling(_ name: String, axes: Int?) -> SpatialUnpooling {
    Op(
        name, "Each element of x added wherever its window lies on the result: sums where windows overlap.",
        .array("x", "Array of shape (n, c, \(spatial(axes)))."), .ksize, .poolingStride, .pad, .outsize, .coverAll(true)
    ) { x, ksize, stride, pad, outsize, coverAll in
        let (windows, size) = try pooled(x, axes: axes, ksize, stride, pad, outsize, coverAll)
        return try pooling.windowSpread(x, windows, Shape(size))
    }
}

extension Parameter where Value == Shape? {
    fileprivate static var outsize: Parameter {
        .option("outsize", nil, "Spatial shape of the result; null: the least whose windows have the places of x.")
    }
}

/// The spatial shape that pooling made `x` of, and the windows on it.
private func pooled(
    _ x: Variable, axes: Int?, _ ksize: Axes, _ stride: Axes?, _ pad: Axes, _ outsize: Shape?, _ coverAll: Bool
) throws -> (windows: Windows, size: [Int]) {
    let places = try spatialShape(x, axes)
    let kernel = try ksize.spread(over: places.count, argument: "ksize")
    let strides = try (stride ?? ksize).spread(over: places.count, argument: "stride")
    let pads = try pad.spread(over: places.count, argument: "pad", atLeast: 0)
    let size =
        outsize?.lengths
        ?? places.indices.map {
            let reach = strides[$0] * (places[$0] - 1) + kernel[$0]
            return reach - 2 * pads[$0] - (coverAll ? strides[$0] - 1 : 0)
        }
    guard size.count == places.count else {
        throw EngineError(
            .argument, "The result has a length for each spatial axis of x.", expected: "\(places.count) lengths",
            actual: "\(size.count)", at: .argument("outsize"))
    }
    _ = try NDArray.checkedSize(size)
    let windows = try Windows(pooling: size, ksize, stride, pad, coverAll: coverAll)
    guard windows.counts == places else {
        throw EngineError(
            .argument, "Pooling an array of that size gives another shape than x has.",
            expected: "a size that is pooled to \(describe(places))",
            actual: "\(describe(size)), which is pooled to \(describe(windows.counts))", at: .argument("outsize"))
    }
    return (windows, size)
}

extension NDArray {
    /// Where on planes of two axes the elements are that these indices name in their windows: of shape (n, c, elements),
    /// -1 for those on the padding.
    fileprivate func planePlaces(_ windows: Windows, size: [Int]) throws -> NDArray {
        let (rows, columns, count) = (windows.counts[0], windows.counts[1], windows.kernel[0] * windows.kernel[1])
        return try NDArray(uninitialized: [shape[0], shape[1], rows * columns], .int64) { target in
            var out = target.assumingMemoryBound(to: Int64.self)
            try withBase(Int64.self) { indices in
                for line in 0..<shape[0] * shape[1] * rows {
                    let top = line % rows * windows.stride[0] - windows.pad[0]
                    for column in 0..<columns {
                        let index = Int(indices[line * columns + column])
                        guard index >= 0, index < count else {
                            throw EngineError(
                                .argument, "An index is outside of its window.", expected: "0 to \(count - 1)",
                                actual: "\(index)", at: .input(1))
                        }
                        let (y, x) = index.quotientAndRemainder(dividingBy: windows.kernel[1])
                        let (row, place) = (top + y, column * windows.stride[1] - windows.pad[1] + x)
                        let isInside = row >= 0 && row < size[0] && place >= 0 && place < size[1]
                        out[column] = isInside ? Int64(row * size[1] + place) : -1
                    }
                    out += columns
                }
            }
        }
    }
}

let unpooling: UnpoolingOps = UnpoolingOps()
