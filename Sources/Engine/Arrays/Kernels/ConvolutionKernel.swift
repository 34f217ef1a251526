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
            let count = pieces == 1 ? inputs : pieces
            // So many input channels that their products are wide enough for packing the results to pay.
            let least = pieces == 1 ? (64 + layout.elements - 1) / layout.elements : 1
            try layout.share(count, atLeast: least, work: work / max(count, 1)) {
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
        return pieces == 1 ? try gw.reshaped(shape) : try gw.reduced(Sum.self, axes: [0], keepdims: false)
    }
}
