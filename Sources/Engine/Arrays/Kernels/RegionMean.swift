// Means over the bins of regions. The weight of a pixel is that of its row times that of its column, so a plane is
// folded by rows into one row, and this by columns.

extension NDArray {
    /// The means over bins: (n, c, h, w) to (regions, c, rows, columns); zero for bins of nothing.
    /// - Parameter ratio: of samples between pixels; nil: the mean is of the pixels that a bin touches.
    func regionMean(_ regions: Regions, _ ratio: SamplingRatio?) throws -> NDArray {
        try dtype.visitFloat(RegionMean(x: self, regions: regions, ratio: ratio))
    }

    /// The adjoint of `regionMean`.
    func regionSpread(_ regions: Regions, _ ratio: SamplingRatio?) throws -> NDArray {
        if dtype == .float16 { return try inFloat32 { try $0.regionSpread(regions, ratio) } }
        return try dtype.visitFloat(RegionSpread(y: self, regions: regions, ratio: ratio))
    }
}

private struct RegionMean: FloatVisitor {
    let x: NDArray
    let regions: Regions
    let ratio: SamplingRatio?
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        try NDArray(uninitialized: regions.resultShape, x.dtype) { target in
            let y = target.assumingMemoryBound(to: T.self)
            let (lines, width) = (try BinLines(regions, ratio), regions.shape[3])
            try x.withBase(T.self) { x in
                try lines.forEachLine { line, sum in
                    lines.rows.forEachWeight(line.bin) { position, weight in
                        let row = x + line.origin + position * width
                        for i in line.reach { sum[i] += weight * row[i].asDouble }
                    }
                    for (place, bin) in zip(line.places, line.columns) {
                        var mean = 0.0
                        lines.columns.forEachWeight(bin) { mean += $1 * sum[$0] }
                        y[place] = T(mean)
                    }
                }
            }
        }
    }
}

private struct RegionSpread: FloatVisitor {
    let y: NDArray
    let regions: Regions
    let ratio: SamplingRatio?
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        let result = try NDArray.zeros(regions.shape, y.dtype)
        let (lines, width) = (try BinLines(regions, ratio), regions.shape[3])
        try result.writeFresh(T.self) { target in
            guard let x = target.baseAddress else { return }
            try y.withBase(T.self) { y in
                try lines.forEachLine { line, sum in
                    for (place, bin) in zip(line.places, line.columns) {
                        lines.columns.forEachWeight(bin) { sum[$0] += $1 * y[place].asDouble }
                    }
                    lines.rows.forEachWeight(line.bin) { position, weight in
                        let row = x + line.origin + position * width
                        for i in line.reach { row[i] += T(weight * sum[i]) }
                    }
                }
            }
        }
        return result
    }
}

/// The bins of all regions, line by line.
private struct BinLines {
    let regions: Regions
    let rows, columns: BinWeights

    init(_ regions: Regions, _ ratio: SamplingRatio?) throws {
        self.regions = regions
        rows = try BinWeights(regions, 0, ratio)
        columns = try BinWeights(regions, 1, ratio)
    }

    /// One line of bins of one region on one channel.
    struct Line {
        /// The line among the rows of bins of all regions.
        let bin: Int
        /// Its bins among the columns of bins of all regions, and in the result.
        let columns, places: Range<Int>
        /// The columns of pixels from the first to the last that have a weight.
        let reach: Range<Int>
        /// Where in the images its plane starts.
        let origin: Int
    }

    /// Calls `body` for every line, with zeros for as many sums as there are columns of pixels.
    @inline(__always)
    func forEachLine(_ body: (_ line: Line, _ sum: UnsafeMutablePointer<Double>) -> Void) throws {
        try regions.forEachPlane { region, channel, pace in
            let origin = regions.origin(region, channel)
            let first = columns.bins * region
            let bins = first..<first + columns.bins
            let reach = columns.reach(bins)
            try withUnsafeTemporaryAllocation(of: Double.self, capacity: regions.shape[3]) { buffer in
                guard let sum = buffer.baseAddress else { return }
                for row in 0..<rows.bins {
                    try pace.spend(reach.count * rows.width + columns.bins * columns.width)
                    for i in reach { sum[i] = 0 }
                    let place = ((region * regions.channels + channel) * rows.bins + row) * columns.bins
                    let line = Line(
                        bin: region * rows.bins + row, columns: bins, places: place..<place + columns.bins,
                        reach: reach, origin: origin)
                    body(line, sum)
                }
            }
        }
    }
}

/// The weights of the positions along one axis in the means over each bin of each region.
private struct BinWeights {
    let bins: Int
    /// For each bin of each region the first position: int64.
    private let firsts: NDArray
    /// For each bin of each region the weights from there on: float64, some of them zero.
    private let weights: NDArray
    /// The most positions that a bin has.
    var width: Int { weights.shape[1] }

    init(_ regions: Regions, _ axis: Int, _ ratio: SamplingRatio?) throws {
        let bins = regions.bins[axis]
        var pace = Pace()
        func forEachShare(_ bin: Int, _ body: (Int, Double) -> Void) {
            regions.line(bin / bins, axis).forEachShare(bin % bins, ratio, axis, body)
        }
        let count = regions.count * bins
        var width = 0
        let firsts = try NDArray(uninitialized: [count], .int64) { target in
            let firsts = target.assumingMemoryBound(to: Int64.self)
            for bin in 0..<count {
                try pace.spend(regions.shape[axis + 2])
                var (first, end) = (Int.max, 0)
                forEachShare(bin) { position, _ in (first, end) = (min(first, position), max(end, position + 1)) }
                firsts[bin] = Int64(first)
                width = max(width, end - first)
            }
        }
        let weights = try NDArray.zeros([count, width], .float64)
        try weights.writeFresh(Double.self) { weights in
            try firsts.withBase(Int64.self) { firsts in
                for bin in 0..<count {
                    try pace.spend(width)
                    let start = bin * width - Int(firsts[bin])
                    forEachShare(bin) { position, share in weights[start + position] += share }
                }
            }
        }
        (self.bins, self.firsts, self.weights) = (bins, firsts, weights)
    }

    /// Calls `body` for the positions that have a weight in a bin.
    @inline(__always)
    func forEachWeight(_ bin: Int, _ body: (_ position: Int, _ weight: Double) -> Void) {
        firsts.withBase(Int64.self) { firsts in
            weights.withBase(Double.self) { weights in
                let weights = weights + bin * width
                for i in 0..<width where weights[i] != 0 { body(Int(firsts[bin]) + i, weights[i]) }
            }
        }
    }

    /// The positions from the first to the last that have a weight in any of some bins.
    @inline(__always)
    func reach(_ bins: Range<Int>) -> Range<Int> {
        var (first, end) = (Int.max, 0)
        for bin in bins {
            forEachWeight(bin) { position, _ in (first, end) = (min(first, position), max(end, position + 1)) }
        }
        return min(first, end)..<end
    }
}

extension RegionLine {
    /// Calls `body` for each share that a position has in the mean over a bin.
    @inline(__always)
    fileprivate func forEachShare(
        _ bin: Int, _ ratio: SamplingRatio?, _ axis: Int, _ body: (_ position: Int, _ share: Double) -> Void
    ) {
        guard let ratio else {
            let pixels = pixels(bin)
            for pixel in pixels { body(pixel, 1 / Double(pixels.count)) }
            return
        }
        let count = samplesPerBin(ratio[axis])
        for index in samples(bin, ratio[axis]) {
            guard let sample = sample(bin, index, ratio[axis]) else { continue }
            body(sample.first, (1 - sample.next) / count)
            if sample.next > 0 { body(sample.first + 1, sample.next / count) }
        }
    }
}
