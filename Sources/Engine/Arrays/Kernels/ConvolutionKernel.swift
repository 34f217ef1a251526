// Convolutions as products of matrices: the elements under the windows are the columns of one. They are gathered for a
// block of places at a time, which stays in the cache; all of them at once would be many times the images.

/// A convolution of images (n, inputs, spatial…) to results (n, outputs, places…), by weights (outputs, inputs / groups,
/// kernel…): each of the groups of inputs to its group of outputs.
struct Convolution {
    let windows: Windows
    let groups: Int
    let images: Int
    let inputs: Int
    let outputs: Int
    /// Spatial shape of the images.
    let size: [Int]
}

extension NDArray {
    /// The results for images, each with its channel's element of `b` added.
    func convolved(_ w: NDArray, _ b: NDArray?, _ convolution: Convolution) throws -> NDArray {
        if dtype == .float16 {
            let (w, b) = (try w.cast(to: .float32), try b?.cast(to: .float32))
            return try inFloat32 { try $0.convolved(w, b, convolution) }
        }
        let b = try b ?? NDArray.zeros([convolution.outputs], dtype)
        if convolution.isDepthwise {
            try convolution.announceDepthwise()
            return try dtype.visitMatrix(Depthwise(x: self, w: w, b: b, convolution))
        }
        return try dtype.visitMatrix(Forward(x: self, w: w, b: b, transposed: false, convolution: convolution))
    }

    /// What results give to the images that they were convolved from: the adjoint, each image with its channel's element
    /// of `b` added.
    func deconvolved(_ w: NDArray, _ b: NDArray?, _ convolution: Convolution) throws -> NDArray {
        if dtype == .float16 {
            let (w, b) = (try w.cast(to: .float32), try b?.cast(to: .float32))
            return try inFloat32 { try $0.deconvolved(w, b, convolution) }
        }
        let b = try b ?? NDArray.zeros([convolution.inputs], dtype)
        if convolution.isDepthwise {
            try convolution.announceDepthwise()
            return try dtype.visitMatrix(DepthwiseAdjoint(y: self, w: w, b: b, convolution))
        }
        if convolution.isPointwise {
            // A convolution too.
            return try dtype.visitMatrix(
                Forward(x: self, w: w, b: b, transposed: true, convolution: convolution.reversed))
        }
        return try dtype.visitMatrix(Adjoint(y: self, w: w, b: b, convolution: convolution))
    }

    /// The gradient of the weights, for images and the gradient of the results.
    func convolutionWeights(_ gy: NDArray, _ convolution: Convolution) throws -> NDArray {
        if dtype == .float16 {
            let gy = try gy.cast(to: .float32)
            return try inFloat32 { try $0.convolutionWeights(gy, convolution) }
        }
        return try dtype.visitMatrix(WeightGradient(x: self, gy: gy, convolution: convolution))
    }
}

// MARK: The three products

private struct Forward: MatrixVisitor {
    let x, w, b: NDArray
    /// Whether each group's weights are taken as the transposed matrix.
    let transposed: Bool
    let convolution: Convolution

    func visit<T: MatrixElement>(_: T.Type) throws -> NDArray {
        let (layout, rows, depth) = (convolution, convolution.groupOutputs, convolution.depth)
        return try NDArray(uninitialized: [layout.images, layout.outputs] + layout.windows.counts, x.dtype) { target in
            let y = target.assumingMemoryBound(to: T.self)
            try layout.share(
                layout.images * layout.places, atLeast: Convolution.leastWidth, work: layout.outputs * depth
            ) { (columns: Range<Int>, scratch: UnsafeMutablePointer<T>) in
                try layout.forEachBlock(of: columns) { block in
                    for group in 0..<layout.groups {
                        let product = scratch + depth * block.width
                        let matrix = try x.withBase(T.self) {
                            try layout.columns(block, layout.channels(group), of: $0, scratch)
                        }
                        try w.withBase(T.self) { w in
                            try MatrixProduct(
                                a: Matrix(w + group * rows * depth, transposed ? rows : depth, transposed: transposed),
                                b: matrix, c: product, m: rows, k: depth, n: block.width, rowStride: block.width,
                                adds: false
                            ).compute()
                        }
                        b.withBase(T.self) { layout.store(product, block, group, adding: $0, to: y) }
                    }
                }
            }
        }
    }
}

private struct Adjoint: MatrixVisitor {
    let y, w, b: NDArray
    let convolution: Convolution

    func visit<T: MatrixElement>(_: T.Type) throws -> NDArray {
        let (layout, rows, depth) = (convolution, convolution.groupOutputs, convolution.depth)
        let plane = layout.size.reduce(1, *)
        return try NDArray(uninitialized: layout.imageShape, y.dtype) { target in
            let x = target.assumingMemoryBound(to: T.self)
            // Windows lie on one another within an image: each is one thread's.
            try layout.share(layout.images, work: layout.outputs * depth * layout.places) {
                (images: Range<Int>, scratch: UnsafeMutablePointer<T>) in
                b.withBase(T.self) { b in
                    for i in images.lowerBound * layout.inputs..<images.upperBound * layout.inputs {
                        (x + i * plane).update(repeating: b[i % layout.inputs], count: plane)
                    }
                }
                try layout.forEachBlock(of: images.lowerBound * layout.places..<images.upperBound * layout.places) {
                    block in
                    for group in 0..<layout.groups {
                        let columns = scratch + rows * block.width
                        let results = y.withBase(T.self) { layout.results(block, group, of: $0, scratch) }
                        try w.withBase(T.self) { w in
                            try MatrixProduct(
                                a: Matrix(w + group * rows * depth, depth, transposed: true), b: results, c: columns,
                                m: depth, k: rows, n: block.width, rowStride: block.width, adds: false
                            ).compute()
                        }
                        try layout.windows.scatter(
                            block.on(layout.channels(group)), columns, addingTo: x, layout.imageShape)
                    }
                }
            }
        }
    }
}

private struct WeightGradient: MatrixVisitor {
    let x, gy: NDArray
    let convolution: Convolution

    func visit<T: MatrixElement>(_: T.Type) throws -> NDArray {
        let (layout, rows, depth) = (convolution, convolution.groupOutputs, convolution.depth)
        let shape = [layout.outputs, layout.groupInputs] + layout.windows.kernel
        // Each thread has input channels of its own, or places where these are few: sums of their own, added up at last.
        let (inputs, columns) = (layout.inputs, layout.images * layout.places)
        let pieces = inputs < 8 ? 4 : 1
        var gw = try NDArray.zeros([pieces] + shape, x.dtype)
        try gw.write(T.self) { target in
            guard let gw = target.baseAddress else { return }
            let work = rows * layout.elements * inputs * columns
            try layout.share(pieces == 1 ? inputs : pieces, work: work / (pieces == 1 ? max(inputs, 1) : pieces)) {
                (numbers: Range<Int>, scratch: UnsafeMutablePointer<T>) in
                for piece in pieces == 1 ? 0..<1 : numbers {
                    let gw = gw + piece * layout.outputs * depth
                    for group in 0..<layout.groups {
                        let all = layout.channels(group)
                        let part = pieces == 1 ? all.clamped(to: numbers) : all
                        guard !part.isEmpty else { continue }
                        try layout.forEachBlock(of: columns * piece / pieces..<columns * (piece + 1) / pieces) {
                            block in
                            let results = gy.withBase(T.self) { layout.results(block, group, of: $0, scratch) }
                            let columns = try x.withBase(T.self) {
                                try layout.columns(block, part, of: $0, scratch + rows * block.width)
                            }
                            try MatrixProduct(
                                a: results, b: columns.transposed,
                                c: gw + (group * rows * depth + (part.lowerBound - all.lowerBound) * layout.elements),
                                m: rows, k: block.width, n: part.count * layout.elements, rowStride: depth, adds: true
                            ).compute()
                        }
                    }
                }
            }
        }
        return try gw.reduced(Sum.self, axes: [0], keepdims: false)
    }
}

// MARK: Blocks

extension Convolution {
    /// Columns that make it worth to read the weights.
    fileprivate static let leastWidth = 256

    var imageShape: [Int] { [images, inputs] + size }
    var groupInputs: Int { inputs / groups }
    var groupOutputs: Int { outputs / groups }
    var elements: Int { windows.kernel.reduce(1, *) }
    var places: Int { windows.counts.reduce(1, *) }
    /// The rows of a group's columns.
    fileprivate var depth: Int { groupInputs * elements }
    /// Whether the columns are rows of the images as they stand there.
    fileprivate var isPointwise: Bool { windows.arePoints(of: size) }

    /// Of results to images.
    fileprivate var reversed: Convolution {
        Convolution(windows: windows, groups: groups, images: images, inputs: outputs, outputs: inputs, size: size)
    }

    fileprivate func channels(_ group: Int) -> Range<Int> { group * groupInputs..<(group + 1) * groupInputs }

    /// The most columns of a block: as many as the second cache holds, within limits.
    private var width: Int {
        let rows = depth + groupOutputs
        return max(min(max((1 << 18) / max(rows, 1), Convolution.leastWidth), (1 << 22) / max(rows, 1)), 1)
    }

    /// Calls `body` for parts of `0..<count`, of different ones at once, each with scratch memory of its own: for a block
    /// of columns and the results.
    /// - Parameters:
    ///   - least: the least part.
    ///   - work: the multiplications for each of the numbers.
    @inline(__always)
    fileprivate func share<T: Element>(
        _ count: Int, atLeast least: Int = 1, work: Int, _ body: (Range<Int>, UnsafeMutablePointer<T>) throws -> Void
    ) throws {
        try Account.current.announce(work: count, work)
        let least = max(least, 16 * Parallel.grain / max(work, 1))
        let scratch = (depth + groupOutputs) * width
        let parts = max(min(Parallel.width, count / least, (1 << 24) / max(scratch, 1)), 1)
        let memory = try NDArray(uninitialized: [parts, scratch], T.dtype)
        try memory.writeFresh(T.self) { memory in
            guard let memory = memory.baseAddress else { return }
            try Parallel.forEach(parts, grain: 1) { numbers in
                for part in numbers {
                    try body(count * part / parts..<count * (part + 1) / parts, memory + part * scratch)
                }
            }
        }
    }

    /// Calls `body` for the blocks of some columns, which are counted image by image: some places of one image, or all
    /// places of some.
    @inline(__always)
    fileprivate func forEachBlock(of columns: Range<Int>, _ body: (WindowBlock) throws -> Void) throws {
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
    fileprivate func columns<T: MatrixElement>(
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
    fileprivate func results<T: MatrixElement>(
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
    fileprivate func store<T: MatrixElement>(
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
