// Regions of images, cut into bins: which pixels a bin has, and between which pixels it is sampled.

/// How many samples a bin has along each axis; nil: one a pixel, or one where it is less than a pixel long.
struct SamplingRatio: Hashable, Sendable {
    let rows, columns: Int?
    /// The most samples along an axis.
    static let limit = 256

    @inline(__always) subscript(axis: Int) -> Int? { axis == 0 ? rows : columns }
}

/// Regions of the images in an array of shape (n, c, h, w).
struct Regions {
    /// The first and last corners (y, x, y, x) of each region in pixels: float64, finite.
    let boxes: NDArray
    /// The image of each region: int64, in range.
    let images: NDArray
    /// The bins of a region: rows and columns.
    let bins: [Int]
    /// The shape of the images.
    let shape: [Int]

    var count: Int { images.size }
    var channels: Int { shape[1] }
    /// The pixels of a plane.
    var plane: Int { shape[2] * shape[3] }
    /// The shape of the bins of all regions.
    var resultShape: [Int] { [count, channels] + bins }

    /// One axis of a region: 0 for its rows, 1 for its columns.
    @inline(__always)
    func line(_ region: Int, _ axis: Int) -> RegionLine {
        boxes.withBase(Double.self) { boxes in
            let box = boxes + 4 * region + axis
            return RegionLine(start: box[0], end: box[2], bins: bins[axis], length: shape[axis + 2])
        }
    }

    /// Where in the images a region's plane starts.
    @inline(__always)
    func origin(_ region: Int, _ channel: Int) -> Int {
        images.withBase(Int64.self) { (Int($0[region]) * channels + channel) * plane }
    }

    /// Calls `body` for every region and channel, the channels on all cores: those of one image are written by one
    /// thread, whatever regions lie on it.
    @inline(__always)
    func forEachPlane(_ body: (_ region: Int, _ channel: Int, _ pace: inout Pace) throws -> Void) throws {
        let work = count * bins[0] * bins[1]
        try Parallel.forEach(channels, grain: Parallel.grain / max(work, 1) + 1) { part in
            var pace = Pace()
            for channel in part { for region in 0..<count { try body(region, channel, &pace) } }
        }
    }
}

/// One axis of a region: a stretch of an axis of an image, at least a pixel long, cut into bins of equal length.
struct RegionLine {
    private let start, bin: Double
    /// The pixels of the axis.
    private let length: Int

    init(start: Double, end: Double, bins: Int, length: Int) {
        (self.start, self.length) = (start, length)
        bin = max(end - start, 1) / Double(bins)
    }

    /// The pixels that a bin touches, of a region that starts at the edge of a pixel.
    @inline(__always)
    func pixels(_ index: Int) -> Range<Int> {
        let lower = pixel((Double(index) * bin).rounded(.down) + start)
        return lower..<max(lower, pixel((Double(index + 1) * bin).rounded(.up) + start))
    }

    @inline(__always)
    private func pixel(_ place: Double) -> Int { Int(min(max(place, 0), Double(length))) }

    /// A place between two pixels: what it takes of the next one, the rest being the first one's.
    struct Sample {
        let first: Int
        let next: Double
    }

    func samplesPerBin(_ ratio: Int?) -> Double { ratio.map(Double.init) ?? bin.rounded(.up) }

    /// The samples of a bin that can lie on the image; the others are as none, but count for a mean.
    @inline(__always)
    func samples(_ index: Int, _ ratio: Int?) -> Range<Int> {
        let count = samplesPerBin(ratio)
        let (step, first) = (bin / count, start + Double(index) * bin)
        // One more on either side makes up for rounding. Where integers are no longer exact nothing is sampled.
        func bounded(_ sample: Double) -> Int { Int(min(max(sample, 0), min(count, 0x1p53))) }
        let lower = bounded(((-1 - first) / step - 1.5).rounded(.down))
        return lower..<max(lower, bounded(((Double(length) - first) / step + 1.5).rounded(.up)))
    }

    /// The pixels around a sample; nil outside of the image, around which there is a border of one pixel's width that
    /// looks as its edge.
    @inline(__always)
    func sample(_ index: Int, _ sample: Int, _ ratio: Int?) -> Sample? {
        let place = start + Double(index) * bin + (Double(sample) + 0.5) * bin / samplesPerBin(ratio)
        guard length > 0, place >= -1, place <= Double(length) else { return nil }
        let inside = min(max(place, 0), Double(length - 1))
        let first = inside.rounded(.down)
        return Sample(first: Int(first), next: inside - first)
    }
}
