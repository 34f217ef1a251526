// Maxima over the bins of regions: of the pixels that a bin touches, or of samples between them.

extension NDArray {
    /// The greatest pixels of bins, as NumPy's `max` and `argmax`, and where in this array they are; `empty` and -1 for
    /// bins without pixels: (n, c, h, w) to twice (regions, c, rows, columns).
    func regionMax(_ regions: Regions, empty: Double) throws -> (values: NDArray, places: NDArray) {
        try dtype.visitFloat(RegionMax(x: self, regions: regions, empty: empty))
    }

    /// The greatest samples of bins, the first of equals, and which of a bin's samples they are; -infinity and -1 for
    /// bins that lie outside, or whose samples are all NaN or -infinity.
    func regionSampleMax(_ regions: Regions, _ ratio: SamplingRatio) throws -> (values: NDArray, samples: NDArray) {
        try dtype.visitFloat(RegionSampleMax(x: self, regions: regions, ratio: ratio))
    }

    /// Of each bin the sample that `samples` names; zero for -1.
    func regionSamples(_ samples: NDArray, _ regions: Regions, _ ratio: SamplingRatio) throws -> NDArray {
        try dtype.visitFloat(RegionSamples(x: self, samples: samples, regions: regions, ratio: ratio))
    }

    /// The adjoint of `regionSamples`.
    func regionSamplesPut(_ samples: NDArray, _ regions: Regions, _ ratio: SamplingRatio) throws -> NDArray {
        if dtype == .float16 { return try inFloat32 { try $0.regionSamplesPut(samples, regions, ratio) } }
        return try dtype.visitFloat(RegionSamplesPut(y: self, samples: samples, regions: regions, ratio: ratio))
    }
}

private struct RegionMax: FloatVisitor {
    let x: NDArray
    let regions: Regions
    let empty: Double
    func visit<T: FloatElement>(_: T.Type) throws -> (NDArray, NDArray) {
        let values = try NDArray(uninitialized: regions.resultShape, x.dtype)
        let places = try NDArray(uninitialized: regions.resultShape, .int64)
        let width = regions.shape[3]
        try values.writeFresh(T.self) { values in
            try places.writeFresh(Int64.self) { places in
                try x.withBase(T.self) { x in
                    try regions.forEachBin { bin, pace in
                        let (rows, columns) = (bin.rows.pixels(bin.row), bin.columns.pixels(bin.column))
                        var (best, place) = (T(empty), -1)
                        for row in rows {
                            let start = bin.origin + row * width
                            for i in start + columns.lowerBound..<start + columns.upperBound
                            where place < 0 || x[i].exceeds(best) { (best, place) = (x[i], i) }
                        }
                        (values[bin.index], places[bin.index]) = (best, Int64(place))
                    }
                }
            }
        }
        return (values, places)
    }
}

private struct RegionSampleMax: FloatVisitor {
    let x: NDArray
    let regions: Regions
    let ratio: SamplingRatio
    func visit<T: FloatElement>(_: T.Type) throws -> (NDArray, NDArray) {
        let values = try NDArray(uninitialized: regions.resultShape, x.dtype)
        let samples = try NDArray(uninitialized: regions.resultShape, .int64)
        let width = regions.shape[3]
        try values.writeFresh(T.self) { values in
            try samples.writeFresh(Int64.self) { samples in
                try x.withBase(T.self) { x in
                    try regions.forEachBin { bin, pace in
                        // In float64, so that samples that differ by rounding only are ordered as in Chainer.
                        var (best, index) = (-Double.infinity, -1)
                        try bin.forEachSample(ratio, &pace) { sample, row, column in
                            var value = 0.0
                            bin.forEachPixel(row, column, width) { value += $1 * x[$0].asDouble }
                            if value > best { (best, index) = (value, sample) }
                        }
                        (values[bin.index], samples[bin.index]) = (T(best), Int64(index))
                    }
                }
            }
        }
        return (values, samples)
    }
}

private struct RegionSamples: FloatVisitor {
    let x: NDArray
    let samples: NDArray
    let regions: Regions
    let ratio: SamplingRatio
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        let width = regions.shape[3]
        return try NDArray(uninitialized: regions.resultShape, x.dtype) { target in
            let y = target.assumingMemoryBound(to: T.self)
            try samples.withBase(Int64.self) { samples in
                try x.withBase(T.self) { x in
                    try regions.forEachBin { bin, pace in
                        var value = 0.0
                        if let (row, column) = bin.sample(Int(samples[bin.index]), ratio) {
                            bin.forEachPixel(row, column, width) { value += $1 * x[$0].asDouble }
                        }
                        y[bin.index] = T(value)
                    }
                }
            }
        }
    }
}

private struct RegionSamplesPut: FloatVisitor {
    let y: NDArray
    let samples: NDArray
    let regions: Regions
    let ratio: SamplingRatio
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        let result = try NDArray.zeros(regions.shape, y.dtype)
        let width = regions.shape[3]
        try result.writeFresh(T.self) { x in
            try samples.withBase(Int64.self) { samples in
                try y.withBase(T.self) { y in
                    try regions.forEachBin { bin, pace in
                        guard let (row, column) = bin.sample(Int(samples[bin.index]), ratio) else { return }
                        let addend = y[bin.index].asDouble
                        bin.forEachPixel(row, column, width) { x[$0] += T($1 * addend) }
                    }
                }
            }
        }
        return result
    }
}

/// One bin of one region on one channel.
private struct RegionBin {
    let rows, columns: RegionLine
    let row, column: Int
    /// Where in the images its plane starts.
    let origin: Int
    /// Its place in the result.
    let index: Int

    /// Calls `body` for the samples that lie on the image, each with its number.
    @inline(__always)
    func forEachSample(
        _ ratio: SamplingRatio, _ pace: inout Pace,
        _ body: (_ sample: Int, _ row: RegionLine.Sample, _ column: RegionLine.Sample) -> Void
    ) throws {
        let (down, across) = (rows.samples(row, ratio[0]), columns.samples(column, ratio[1]))
        for i in down {
            try pace.spend(8 * across.count)
            guard let y = rows.sample(row, i, ratio[0]) else { continue }
            for j in across {
                guard let x = columns.sample(column, j, ratio[1]) else { continue }
                body((i - down.lowerBound) * across.count + j - across.lowerBound, y, x)
            }
        }
    }

    /// The sample of a number that `forEachSample` gave.
    @inline(__always)
    func sample(_ number: Int, _ ratio: SamplingRatio) -> (row: RegionLine.Sample, column: RegionLine.Sample)? {
        let (down, across) = (rows.samples(row, ratio[0]), columns.samples(column, ratio[1]))
        guard number >= 0, !across.isEmpty,
            let y = rows.sample(row, down.lowerBound + number / across.count, ratio[0]),
            let x = columns.sample(column, across.lowerBound + number % across.count, ratio[1])
        else { return nil }
        return (y, x)
    }

    /// Calls `body` for the pixels around a sample that have a weight in it.
    @inline(__always)
    func forEachPixel(
        _ row: RegionLine.Sample, _ column: RegionLine.Sample, _ width: Int,
        _ body: (_ place: Int, _ weight: Double) -> Void
    ) {
        let first = origin + row.first * width + column.first
        body(first, (1 - row.next) * (1 - column.next))
        if column.next > 0 { body(first + 1, (1 - row.next) * column.next) }
        guard row.next > 0 else { return }
        body(first + width, row.next * (1 - column.next))
        if column.next > 0 { body(first + width + 1, row.next * column.next) }
    }
}

extension Regions {
    /// Calls `body` for every bin; as `forEachPlane` does.
    @inline(__always)
    fileprivate func forEachBin(_ body: (RegionBin, inout Pace) throws -> Void) throws {
        try forEachPlane { region, channel, pace in
            let (rows, columns, origin) = (line(region, 0), line(region, 1), origin(region, channel))
            let first = (region * channels + channel) * bins[0] * bins[1]
            for row in 0..<bins[0] {
                for column in 0..<bins[1] {
                    try pace.spend(8)
                    try body(
                        RegionBin(
                            rows: rows, columns: columns, row: row, column: column, origin: origin,
                            index: first + row * bins[1] + column), &pace)
                }
            }
        }
    }
}
