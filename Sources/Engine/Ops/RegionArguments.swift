// What regions are given by: their numbers, and how they are sampled.

extension SamplingRatio: ArgumentValue {
    static let onePerPixel = SamplingRatio(rows: nil, columns: nil)

    static var form: String { "an integer or a pair of integers and nulls" }
    var argument: Argument { .list([rows.argument, columns.argument]) }

    init?(_ argument: Argument) throws {
        let items = if case .list(let items) = argument { items } else { [argument, argument] }
        let counts = try items.compactMap { try Int?($0) }
        guard items.count == 2, counts.count == 2 else { return nil }
        guard counts.allSatisfy({ $0.map((1...SamplingRatio.limit).contains) ?? true }) else {
            throw EngineError(
                .argument, "A bin cannot be sampled that often.", expected: "1 to \(SamplingRatio.limit), or null",
                actual: "\(argument)")
        }
        self.init(rows: counts[0], columns: counts[1])
    }
}

extension Regions {
    init(_ boxes: Variable, _ images: Variable, bins: [Int], shape: [Int]) throws {
        self.init(boxes: try boxes.array, images: try images.array, bins: bins, shape: shape)
    }
}

/// The corners in pixels of regions that are given as (y, x, y, x), their images, and their bins.
func regions(
    on x: Variable, _ rois: Variable, _ indices: Variable, _ outsize: Axes, _ scale: Double, isRounded: Bool
) throws -> (boxes: Variable, images: Variable, bins: Shape) {
    try requireImages(x)
    try requireRegions(rois, columns: 4)
    guard indices.shape == [rois.shape[0]] else {
        throw EngineError(
            .shape, "Each region is on one image.", expected: describe([rois.shape[0]]),
            actual: describe(indices.shape), at: .input(2))
    }
    guard scale > 0 else {
        throw EngineError(
            .argument, "The scale must be positive.", expected: "more than 0", actual: "\(scale)",
            at: .argument("spatial_scale"))
    }
    let boxes = try rois.array.cast(to: .float64).boxes(
        columns: [0, 1, 2, 3], scale: scale, isRounded: isRounded, lastPixel: 0)
    let images = try indices.array.imagePlaces(of: x.shape[0], at: 2)
    let bins = try Shape(outsize.spread(over: 2, argument: "outsize"))
    return (Variable(constant: boxes), Variable(constant: images), bins)
}

/// - Throws: `EngineError.Kind.shape` where regions are not rows of so many numbers.
func requireRegions(_ rois: Variable, columns: Int) throws {
    guard rois.ndim == 2, rois.shape[1] == columns else {
        throw EngineError(
            .shape, "A region is a row of \(columns) numbers.", expected: "shape (regions, \(columns))",
            actual: describe(rois.shape), at: .input(1))
    }
}

extension NDArray {
    /// Corners (y, x, y, x) in pixels, of a float64 array whose rows are regions.
    /// - Parameters:
    ///   - columns: where in a row they stand.
    ///   - lastPixel: what is added to the last corner: 1 where the pixel there counts too.
    func boxes(columns: [Int], scale: Double, isRounded: Bool, lastPixel: Double) throws -> NDArray {
        try NDArray(uninitialized: [shape[0], 4], .float64) { target in
            let boxes = target.assumingMemoryBound(to: Double.self)
            try withBase(Double.self) { rois in
                for region in 0..<shape[0] {
                    let (row, box) = (rois + region * shape[1], boxes + 4 * region)
                    for (corner, column) in columns.enumerated() {
                        let place = row[column] * scale
                        box[corner] =
                            (isRounded ? place.rounded(.toNearestOrEven) : place) + (corner < 2 ? 0 : lastPixel)
                    }
                    guard box[0].isFinite, box[1].isFinite, (box[2] - box[0]).isFinite, (box[3] - box[1]).isFinite
                    else {
                        throw EngineError(
                            .argument, "Region \(region) is not finite, or is so once it is scaled.",
                            expected: "finite numbers", actual: "\((0..<shape[1]).map { row[$0] })", at: .input(1))
                    }
                }
            }
        }
    }

    /// The first column, or all of one axis, as places of images, int64; fractions are cut.
    /// - Parameters:
    ///   - count: the number of images.
    ///   - input: the place of this array among the op's inputs.
    func imagePlaces(of count: Int, at input: Int) throws -> NDArray {
        let numbers = try cast(to: .float64)
        let step = shape[1...].reduce(1, *)
        return try NDArray(uninitialized: [shape[0]], .int64) { target in
            let places = target.assumingMemoryBound(to: Int64.self)
            try numbers.withBase(Double.self) { numbers in
                for region in 0..<shape[0] {
                    let place = numbers[region * step].rounded(.towardZero)
                    guard place >= 0, place < Double(count) else {
                        throw EngineError(
                            .argument, "Region \(region) is on an image that x does not have.",
                            expected: count == 0 ? "no regions" : "0 to \(count - 1)", actual: "\(place)",
                            at: .input(input))
                    }
                    places[region] = Int64(place)
                }
            }
        }
    }
}
