/// Functions that pool regions of images, each into a grid of bins (Chainer: `functions/pooling`). Regions are
/// constants: a gradient flows to the images alone.
struct RegionPoolingOps: Sendable {
    let roiAveragePooling2d: Op<Variable, Variable, Variable, Axes, Double> = Op(
        "roi_average_pooling_2d",
        "Mean of the pixels that each bin of a region touches; 0 for none."
            + " Chainer differentiates it once.",
        .regionImages, .rois, .roiIndices, .outsize, .spatialScale
    ) { x, rois, indices, outsize, scale in
        let (boxes, images, bins) = try regions(on: x, rois, indices, outsize, scale, isRounded: true)
        return try regionPooling.mean(x, boxes, images, bins, nil)
    }

    let roiAverageAlign2d: Op<Variable, Variable, Variable, Axes, Double, SamplingRatio?> = Op(
        "roi_average_align_2d",
        "Mean of samples in each bin of a region, read between pixels (bilinear)."
            + " Chainer differentiates it once.",
        .regionImages, .rois, .roiIndices, .outsize, .spatialScale, .samplingRatio
    ) { x, rois, indices, outsize, scale, ratio in
        let (boxes, images, bins) = try regions(on: x, rois, indices, outsize, scale, isRounded: false)
        return try regionPooling.mean(x, boxes, images, bins, ratio ?? .onePerPixel)
    }

    let roiMaxPooling2d: Op<Variable, Variable, Variable, Axes, Double> = Op(
        "roi_max_pooling_2d",
        "The greatest pixel that each bin of a region touches; -Infinity for none."
            + " Chainer differentiates it once.",
        .regionImages, .rois, .roiIndices, .outsize, .spatialScale
    ) { x, rois, indices, outsize, scale in
        let (boxes, images, bins) = try regions(on: x, rois, indices, outsize, scale, isRounded: true)
        return try regionPooling.max.results(x, boxes, images, bins, -.infinity).flat[0]
    }

    let roiMaxAlign2d: Op<Variable, Variable, Variable, Axes, Double, SamplingRatio?> = Op(
        "roi_max_align_2d",
        "The greatest of samples in each bin of a region, read between pixels (bilinear); -Infinity for none."
            + " Chainer differentiates it once.",
        .regionImages, .rois, .roiIndices, .outsize, .spatialScale, .samplingRatio
    ) { x, rois, indices, outsize, scale, ratio in
        let (boxes, images, bins) = try regions(on: x, rois, indices, outsize, scale, isRounded: false)
        return try regionPooling.sampleMax.results(x, boxes, images, bins, ratio ?? .onePerPixel).flat[0]
    }

    let roiPooling2d: Op<Variable, Variable, Int, Int, Double> = Op(
        "roi_pooling_2d",
        "The greatest pixel that each bin of a region touches; 0 for none."
            + " Chainer differentiates it once.", .regionImages,
        .array("rois", "Regions of shape (regions, 5): image, then first x and y and last x and y, which count too."),
        .required("outh", "Rows of bins."), .required("outw", "Columns of bins."), .spatialScale
    ) { x, rois, rows, columns, scale in
        try requireImages(x)
        try requireRegions(rois, columns: 5)
        let bins = try [("outh", rows), ("outw", columns)].map { name, count in
            try Axes(integerLiteral: count).spread(over: 1, argument: name)[0]
        }
        let numbers = try rois.array.cast(to: .float64)
        let boxes = try numbers.boxes(columns: [2, 1, 4, 3], scale: scale, isRounded: true, lastPixel: 1)
        let images = try numbers.imagePlaces(of: x.shape[0], at: 1)
        return try regionPooling.max.results(
            x, Variable(constant: boxes), Variable(constant: images), Shape(bins), 0
        ).flat[0]
    }

    let mean: Op<Variable, Variable, Variable, Shape, SamplingRatio?> = Op(
        "_region_mean", "Mean of pixels or samples in bins.", .regionImages, .boxes, .images, .bins,
        .option("ratio", nil, "Samples of a bin; null: the pixels that it touches."), reads: [.input(1), .input(2)]
    ) { x, boxes, images, bins, ratio in
        try x.array.regionMean(Regions(boxes, images, bins: bins.lengths, shape: x.shape), ratio)
    } backward: { gy, _, x, boxes, images, _, ratio in
        [{ try regionPooling.spread(gy, boxes, images, Shape(x.shape), ratio) }, { nil }, { nil }]
    }

    let spread: Op<Variable, Variable, Variable, Shape, SamplingRatio?> = Op(
        "_region_spread", "The adjoint of _region_mean.", .binValues, .boxes, .images, .imageShape,
        .option("ratio", nil, "Of _region_mean."), reads: [.input(1), .input(2)]
    ) { y, boxes, images, shape, ratio in
        try y.array.regionSpread(Regions(boxes, images, bins: Array(y.shape[2...]), shape: shape.lengths), ratio)
    } backward: { gx, _, y, boxes, images, _, ratio in
        [{ try regionPooling.mean(gx, boxes, images, Shape(Array(y.shape[2...])), ratio) }, { nil }, { nil }]
    }

    let max: Op<Variable, Variable, Variable, Shape, Double> = Op(
        severalResults: "_region_max", "The greatest pixel in bins, and where in x it is.", .regionImages, .boxes,
        .images, .bins, .required("empty", "Result for a bin without pixels."), reads: .results
    ) { x, boxes, images, bins, empty in
        let (y, places) = try x.array.regionMax(
            Regions(boxes, images, bins: bins.lengths, shape: x.shape), empty: empty)
        return [y, try places.reshaped([places.size])]
    } backward: { gys, ys, x, _, _, _, _ in
        [
            {
                guard let gy = gys[0] else { return nil }
                let pixels = try gathering.put(arrayOps.reshape(gy, [gy.size]), ys[1], 0, x.size)
                return try arrayOps.reshape(pixels, Shape(x.shape))
            }, { nil }, { nil },
        ]
    }

    let sampleMax: Op<Variable, Variable, Variable, Shape, SamplingRatio> = Op(
        severalResults: "_region_sample_max", "The greatest sample in bins, and which of them it is.", .regionImages,
        .boxes, .images, .bins, .ratio, reads: [.results, .input(1), .input(2)]
    ) { x, boxes, images, bins, ratio in
        let (y, samples) = try x.array.regionSampleMax(
            Regions(boxes, images, bins: bins.lengths, shape: x.shape), ratio)
        return [y, samples]
    } backward: { gys, ys, x, boxes, images, _, ratio in
        [
            { try gys[0].map { try regionPooling.putSamples($0, ys[1], boxes, images, Shape(x.shape), ratio) } },
            { nil }, { nil },
        ]
    }

    let samples: Op<Variable, Variable, Variable, Variable, SamplingRatio> = Op(
        "_region_samples", "Of each bin one sample.", .regionImages, .sampleNumbers, .boxes, .images, .ratio,
        reads: [.input(1), .input(2), .input(3)]
    ) { x, samples, boxes, images, ratio in
        try x.array.regionSamples(
            samples.array, Regions(boxes, images, bins: Array(samples.shape[2...]), shape: x.shape), ratio)
    } backward: { gy, _, x, samples, boxes, images, ratio in
        [
            { try regionPooling.putSamples(gy, samples, boxes, images, Shape(x.shape), ratio) },
            { nil }, { nil }, { nil },
        ]
    }

    let putSamples: Op<Variable, Variable, Variable, Variable, Shape, SamplingRatio> = Op(
        "_put_region_samples", "The adjoint of _region_samples.", .binValues, .sampleNumbers, .boxes, .images,
        .imageShape, .ratio, reads: [.input(1), .input(2), .input(3)]
    ) { y, samples, boxes, images, shape, ratio in
        try y.array.regionSamplesPut(
            samples.array, Regions(boxes, images, bins: Array(y.shape[2...]), shape: shape.lengths), ratio)
    } backward: { gx, _, _, samples, boxes, images, _, ratio in
        [{ try regionPooling.samples(gx, samples, boxes, images, ratio) }, { nil }, { nil }, { nil }]
    }
}

extension Parameter where Value == Variable {
    fileprivate static var regionImages: Parameter { .array("x", "Images of shape (n, c, h, w).") }
    fileprivate static var rois: Parameter {
        .array("rois", "Regions of shape (regions, 4): first y and x, and last y and x; constants.")
    }
    fileprivate static var roiIndices: Parameter {
        .array("roi_indices", "The image of each region.", .integers, sharesDType: false, inline: .int32)
    }
    fileprivate static var boxes: Parameter { .array("boxes", "Corners in pixels, float64.", sharesDType: false) }
    fileprivate static var images: Parameter {
        .array("images", "The image of each region, int64.", .integers, sharesDType: false)
    }
    fileprivate static var binValues: Parameter { .array("y", "Array of shape (regions, c, rows, columns).") }
    fileprivate static var sampleNumbers: Parameter {
        .array("samples", "For each bin a sample, or -1.", .integers, sharesDType: false)
    }
}

extension Parameter where Value == Axes {
    fileprivate static var outsize: Parameter {
        .required("outsize", "Rows and columns of bins: a number for both, or two.")
    }
}

extension Parameter where Value == Double {
    fileprivate static var spatialScale: Parameter {
        .required("spatial_scale", "Pixels of x to a unit of the regions' numbers.")
    }
}

extension Parameter where Value == SamplingRatio? {
    fileprivate static var samplingRatio: Parameter {
        .option("sampling_ratio", nil, "Samples of a bin along each axis; null: one a pixel.")
    }
}

extension Parameter where Value == SamplingRatio {
    fileprivate static var ratio: Parameter { .required("ratio", "Samples of a bin.") }
}

extension Parameter where Value == Shape {
    fileprivate static var bins: Parameter { .required("bins", "Rows and columns of bins.") }
    fileprivate static var imageShape: Parameter { .required("shape", "Shape of the result.") }
}

let regionPooling: RegionPoolingOps = RegionPoolingOps()
