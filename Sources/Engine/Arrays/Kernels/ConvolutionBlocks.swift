import Synchronization

// Convolutions are computed for a block of columns at a time: how the work is shared out, cut into blocks, gathered and stored.

extension Convolution {
    /// Columns that make it worth to read the weights.
    static let leastWidth = 256
    /// How many parts large work is cut into.
    private static let parts = 16

    var imageShape: [Int] { [images, inputs] + size }
    var groupInputs: Int { inputs / groups }
    var groupOutputs: Int { outputs / groups }
    var elements: Int { windows.kernel.reduce(1, *) }
    var places: Int { windows.counts.reduce(1, *) }
    /// The rows of a group's columns.
    var depth: Int { groupInputs * elements }
    /// Whether the columns are rows of the images as they stand there.
    var isPointwise: Bool { windows.arePoints(of: size) }

    /// Of results to images.
    var reversed: Convolution {
        Convolution(windows: windows, groups: groups, images: images, inputs: outputs, outputs: inputs, size: size)
    }

    func channels(_ group: Int) -> Range<Int> { group * groupInputs..<(group + 1) * groupInputs }

    /// The most columns of a block: as many as the second cache holds, within limits.
    private var width: Int {
        let rows = depth + groupOutputs
        return max(min(max((1 << 18) / max(rows, 1), Convolution.leastWidth), (1 << 22) / max(rows, 1)), 1)
    }

    /// Calls `body` for parts of `0..<count`, of different ones at once, each with scratch memory of its own: for a block
    /// of columns and the results. How it is cut does not depend on the number of cores, since sums may be rounded
    /// differently where it is cut differently.
    /// - Parameters:
    ///   - least: the least part.
    ///   - work: the multiplications for each of the numbers.
    @inline(__always)
    func share<T: Element>(
        _ count: Int, atLeast least: Int = 1, work: Int, _ body: (Range<Int>, UnsafeMutablePointer<T>) throws -> Void
    ) throws {
        try Account.current.announce(work: count, work)
        let least = max(least, 16 * Parallel.grain / max(work, 1))
        let parts = max(min(Convolution.parts, count / least), 1)
        let scratch = (depth + groupOutputs) * width
        let workers = max(min(Parallel.width, parts, (1 << 24) / max(scratch, 1)), 1)
        let memory = try NDArray(uninitialized: [workers, scratch], T.dtype)
        try memory.writeFresh(T.self) { memory in
            guard let memory = memory.baseAddress else { return }
            let begun = Atomic<Int>(0)
            // Each worker takes the next part until there is none.
            try Parallel.forEach(workers, grain: 1) { numbers in
                for worker in numbers {
                    var part = begun.add(1, ordering: .relaxed).oldValue
                    while part < parts {
                        try body(count * part / parts..<count * (part + 1) / parts, memory + worker * scratch)
                        part = begun.add(1, ordering: .relaxed).oldValue
                    }
                }
            }
        }
    }

    /// Calls `body` for the blocks of some columns, which are counted image by image: some places of one image, or all
    /// places of some.
    @inline(__always)
    func forEachBlock(of columns: Range<Int>, _ body: (WindowBlock) throws -> Void) throws {
        let (places, width) = (places, width)
        var next = columns.lowerBound
        while next < columns.upperBound {
            let (image, place, left) = (next / places, next % places, columns.upperBound - next)
            var block = WindowBlock(images: image..<image + 1, channels: 0..<inputs, places: 0..<places)
            if place == 0, places <= min(left, width) {
                block.images = image..<image + min(left, width) / places
            } else {
                // In blocks of about one width.
                let rest = min(left, places - place)
                let count = (rest + width - 1) / width
                block.places = place..<place + (rest + count - 1) / count
            }
            try body(block)
            next += block.width
        }
    }

    /// The columns of a block on some channels, from the images themselves where they stand there.
    @inline(__always)
    func columns<T: MatrixElement>(
        _ block: WindowBlock, _ channels: Range<Int>, of images: UnsafePointer<T>, _ scratch: UnsafeMutablePointer<T>
    ) throws -> Matrix<T> {
        if isPointwise, block.images.count == 1 {
            let row = block.images.lowerBound * inputs + channels.lowerBound
            return Matrix(images + (row * places + block.places.lowerBound), places)
        }
        try windows.gather(block.on(channels), of: images, imageShape, into: scratch)
        return Matrix(scratch, block.width)
    }

    /// A group's results at a block's places, from all results themselves where they stand there.
    @inline(__always)
    func results<T: MatrixElement>(
        _ block: WindowBlock, _ group: Int, of results: UnsafePointer<T>, _ scratch: UnsafeMutablePointer<T>
    ) -> Matrix<T> {
        if block.images.count == 1 {
            let row = block.images.lowerBound * outputs + group * groupOutputs
            return Matrix(results + (row * places + block.places.lowerBound), places)
        }
        forEachRow(block, group) { _, column, offset, count in
            (scratch + column).update(from: results + offset, count: count)
        }
        return Matrix(scratch, block.width)
    }

    /// Writes a group's results at a block's places.
    @inline(__always)
    func store<T: MatrixElement>(
        _ product: UnsafePointer<T>, _ block: WindowBlock, _ group: Int, adding b: UnsafePointer<T>,
        to results: UnsafeMutablePointer<T>
    ) {
        forEachRow(block, group) { output, column, offset, count in
            let (bias, source, target) = (b[output], product + column, results + offset)
            for i in 0..<count { target[i] = source[i] + bias }
        }
    }

    /// Calls `body` for a group's output channels on each image of a block.
    /// - Parameter body: takes the channel, the offset in the block's results, that in all results, and how many places.
    @inline(__always)
    private func forEachRow(_ block: WindowBlock, _ group: Int, _ body: (Int, Int, Int, Int) -> Void) {
        var column = 0
        for output in group * groupOutputs..<(group + 1) * groupOutputs {
            for image in block.images {
                body(output, column, (image * outputs + output) * places + block.places.lowerBound, block.places.count)
                column += block.places.count
            }
        }
    }
}
