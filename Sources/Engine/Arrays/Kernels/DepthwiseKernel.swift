// Convolutions of each channel by itself: there is too little of each for a product of matrices. Rows of the images, times
// an element of the weights, are added to rows of the results; the adjoint adds the other way.

struct Depthwise: MatrixVisitor {
    let x, w, b: NDArray
    let convolution: Convolution

    init(x: NDArray, w: NDArray, b: NDArray, _ convolution: Convolution) {
        (self.x, self.w, self.b, self.convolution) = (x, w, b, convolution)
    }

    func visit<T: MatrixElement>(_: T.Type) throws -> NDArray {
        let layout = convolution
        return try NDArray(uninitialized: [layout.images, layout.outputs] + layout.windows.counts, x.dtype) { target in
            let y = target.assumingMemoryBound(to: T.self)
            try x.withBase(T.self) { x in
                try w.withBase(T.self) { w in
                    try b.withBase(T.self) { b in
                        try layout.forEachRow { planes in
                            for plane in planes.lowerBound * layout.groupOutputs..<planes.upperBound
                                * layout.groupOutputs
                            {
                                (y + plane * layout.places).update(
                                    repeating: b[plane % layout.outputs], count: layout.places)
                            }
                        } body: { row in
                            let (factor, source, target) = (w[row.weight], x + row.image, y + row.result)
                            if row.stride == 1 {
                                for i in 0..<row.count { target[i].addProduct(factor, source[i]) }
                            } else {
                                for i in 0..<row.count { target[i].addProduct(factor, source[i &* row.stride]) }
                            }
                        }
                    }
                }
            }
        }
    }
}

struct DepthwiseAdjoint: MatrixVisitor {
    let y, w, b: NDArray
    let convolution: Convolution

    init(y: NDArray, w: NDArray, b: NDArray, _ convolution: Convolution) {
        (self.y, self.w, self.b, self.convolution) = (y, w, b, convolution)
    }

    func visit<T: MatrixElement>(_: T.Type) throws -> NDArray {
        let layout = convolution
        let size = layout.size.reduce(1, *)
        return try NDArray(uninitialized: layout.imageShape, y.dtype) { target in
            let x = target.assumingMemoryBound(to: T.self)
            try y.withBase(T.self) { y in
                try w.withBase(T.self) { w in
                    try b.withBase(T.self) { b in
                        try layout.forEachRow { planes in
                            for plane in planes {
                                (x + plane * size).update(repeating: b[plane % layout.inputs], count: size)
                            }
                        } body: { row in
                            let (factor, source, target) = (w[row.weight], y + row.result, x + row.image)
                            if row.stride == 1 {
                                for i in 0..<row.count { target[i].addProduct(factor, source[i]) }
                            } else {
                                for i in 0..<row.count { target[i &* row.stride].addProduct(factor, source[i]) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Elements under one element of the window at neighbouring places: offsets in the weights, the images and the results.
private struct DepthwiseRow {
    let weight, image, result: Int
    /// The places.
    let count: Int
    /// From one place's element to the next.
    let stride: Int
}

extension Convolution {
    /// Whether each result is of one channel, and few are of the same.
    var isDepthwise: Bool { groupInputs == 1 && groupOutputs <= 4 }

    /// - Throws: `Account.BeyondAllowance`.
    func announceDepthwise() throws {
        try Account.current.announce(work: images, inputs, groupOutputs, places, elements)
    }

    /// Calls `begin` for some planes of the images, counted with their channels, then `body` for all rows of these; of
    /// different planes at once.
    @inline(__always)
    fileprivate func forEachRow(begin: (Range<Int>) -> Void, body: (DepthwiseRow) -> Void) throws {
        let (groupOutputs, elements, outputs) = (groupOutputs, elements, outputs)
        let (size, places, stride) = (size.reduce(1, *), places, windows.stride.last ?? 1)
        // Planes that stay in the second cache while the windows' elements come one after the other.
        let width = max((1 << 17) / max(size + places * groupOutputs, 1), 1)
        let (planes, work) = (images * inputs, places * elements * groupOutputs)
        try Parallel.forEach(planes, grain: Parallel.grain * 2 / max(work, 1) + 1) { part in
            var pace = Pace()
            for start in Swift.stride(from: part.lowerBound, to: part.upperBound, by: width) {
                let block = start..<min(start + width, part.upperBound)
                begin(block)
                let firstWeight = block.lowerBound % inputs * groupOutputs
                try windows.forEachRun(over: self.size, at: 0..<places) { run in
                    try pace.spend(block.count * groupOutputs * run.inside.count)
                    let first = run.inside.lowerBound
                    var image = block.lowerBound * size + run.source + first * stride
                    var result = block.lowerBound * groupOutputs * places + run.places.lowerBound + first
                    var weight = firstWeight
                    for _ in block {
                        for _ in 0..<groupOutputs {
                            body(
                                DepthwiseRow(
                                    weight: weight * elements + run.element, image: image, result: result,
                                    count: run.inside.count, stride: stride))
                            result += places
                            weight += 1
                        }
                        image += size
                        if weight == outputs { weight = 0 }
                    }
                }
            }
        }
    }
}
