// Kernels that only move elements: one gather and one scatter, by strides or by explicit offsets.

/// A selection of elements of an array of some shape, itself of `shape`: by strides, or by listed offsets.
struct Selection {
    var shape: [Int]
    var start = 0
    var strides: [Int]
    /// Where the selection is not regular: the offset of every selected element, in C order.
    var offsets: [Int]?

    /// C-order strides, in elements.
    static func contiguousStrides(_ shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 0, count: shape.count)
        var step = 1
        for i in shape.indices.reversed() {
            strides[i] = step
            step *= shape[i]
        }
        return strides
    }
}

extension NDArray {
    /// The selected elements, as a new array. The selection must have been made for this shape.
    func gathered(_ selection: Selection) throws -> NDArray {
        struct Launch: WidthVisitor {
            let x: NDArray
            let selection: Selection
            func visit<T: BitwiseCopyable>(_: T.Type) throws -> NDArray {
                try NDArray(uninitialized: selection.shape, x.dtype) { target in
                    let out = target.assumingMemoryBound(to: T.self)
                    try x.withBase(T.self) { x in
                        if let offsets = selection.offsets {
                            for (i, offset) in offsets.enumerated() { out[i] = x[offset] }
                            return
                        }
                        let walk = StridedWalk(shape: selection.shape, strides: [selection.strides])
                        let stride = walk.runStride(0)
                        try Parallel.forEach(walk.size) { part in
                            walk.forEachRun(in: part) { start, count, offsets in
                                let (source, out) = (x + (selection.start + offsets[0]), out + start)
                                if stride == 1 {
                                    out.update(from: source, count: count)
                                } else if stride == 0 {
                                    out.update(repeating: source[0], count: count)
                                } else {
                                    for i in 0..<count { out[i] = source[i &* stride] }
                                }
                            }
                        }
                    }
                }
            }
        }
        return try dtype.visitWidth(Launch(x: self, selection: selection))
    }

    /// A copy with `values` added to the selected elements; an element selected twice gets both.
    func scatterAdded(_ selection: Selection, _ values: NDArray) throws -> NDArray {
        struct Launch: NumberVisitor {
            let x: NDArray
            let selection: Selection
            let values: NDArray
            func visit<T: NumberElement>(_: T.Type) throws -> NDArray {
                var result = x
                try result.write(T.self) { target in
                    guard let out = target.baseAddress else { return }
                    values.withBase(T.self) { values in
                        if let offsets = selection.offsets {
                            for (i, offset) in offsets.enumerated() { out[offset] = T.sum(out[offset], values[i]) }
                            return
                        }
                        var next = values
                        let walk = StridedWalk(shape: selection.shape, strides: [selection.strides])
                        let (run, stride) = (walk.run, walk.runStride(0))
                        walk.forEachRun { offsets in
                            let start = out + (selection.start + offsets[0])
                            for i in 0..<run { start[i &* stride] = T.sum(start[i &* stride], next[i]) }
                            next += run
                        }
                    }
                }
                return result
            }
        }
        let fitted = try values.broadcast(to: selection.shape)
        return try requireSameDType(values).visitNumber(Launch(x: self, selection: selection, values: fitted))
    }

    /// The adjoint of `gathered`: zeros of a shape with the elements added where the selection takes them from.
    func scattered(_ selection: Selection, in shape: [Int]) throws -> NDArray {
        if dtype == .float16 { return try inFloat32 { try $0.scattered(selection, in: shape) } }
        return try NDArray.zeros(shape, dtype).scatterAdded(selection, self)
    }

    /// - Throws: `EngineError.Kind.shape` where the shape does not stretch to the target.
    func broadcast(to target: [Int]) throws -> NDArray {
        if shape == target { return self }
        guard Broadcasting.fits(shape, to: target) else {
            throw EngineError(
                .shape,
                "The array cannot be broadcast to this shape: aligned at their ends, each of its dimensions"
                    + " must be equal to the shape's, or 1.",
                expected: "a shape that \(describe(shape)) stretches to", actual: describe(target))
        }
        return try gathered(Selection(shape: target, strides: Broadcasting.strides(shape, to: target)))
    }

    /// The axes in another order: axis `i` of the result is axis `order[i]` of this array.
    func transposed(_ order: [Int]) throws -> NDArray {
        if order.elementsEqual(shape.indices) { return self }
        let strides = Selection.contiguousStrides(shape)
        return try gathered(Selection(shape: order.map { shape[$0] }, strides: order.map { strides[$0] }))
    }

    /// Arrays joined along an axis; all other dimensions are equal (the op checks).
    static func concatenated(_ parts: [NDArray], axis: Int) throws -> NDArray {
        guard let first = parts.first else { throw EngineError.fault("Nothing to concatenate.") }
        var shape = first.shape
        shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
        let outer = shape[..<axis].reduce(1, *)
        return try NDArray(uninitialized: shape, first.dtype) { target in
            var out = target
            let blocks = parts.map { outer == 0 ? 0 : $0.byteCount / outer }
            for o in 0..<outer {
                for (part, block) in Swift.zip(parts, blocks) {
                    part.withBytes { bytes in
                        guard let base = bytes.baseAddress, block > 0 else { return }
                        out.copyMemory(from: base + o * block, byteCount: block)
                    }
                    out += block
                }
            }
        }
    }
}
