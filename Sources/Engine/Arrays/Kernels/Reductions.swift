// Reductions along one axis at a time: the array is seen as (outer, length, inner) and the middle is folded.

/// A fold of many elements into one.
protocol Reduction {
    /// The fold of no elements, or nil where there is none.
    static func identity<T: NumberElement>(_: T.Type) -> T?
    static func combine<T: NumberElement>(_ a: T, _ b: T) -> T
}

enum Sum: Reduction {
    static func identity<T: NumberElement>(_: T.Type) -> T? { .zero }
    @inline(__always) static func combine<T: NumberElement>(_ a: T, _ b: T) -> T { T.sum(a, b) }
}

/// NumPy's maximum: NaN wins.
enum Maximum: Reduction, NumberBinary {
    static func identity<T: NumberElement>(_: T.Type) -> T? { nil }
    @inline(__always) static func combine<T: NumberElement>(_ a: T, _ b: T) -> T {
        // Two selections, which vectorise: a comparison with NaN fails.
        let greater = b > a ? b : a
        return b.isNaNElement ? b : greater
    }
    @inline(__always) static func apply<T: NumberElement>(_ a: T, _ b: T) -> T { combine(a, b) }
}

/// NumPy's minimum: NaN wins.
enum Minimum: Reduction, NumberBinary {
    static func identity<T: NumberElement>(_: T.Type) -> T? { nil }
    @inline(__always) static func combine<T: NumberElement>(_ a: T, _ b: T) -> T {
        let less = b < a ? b : a
        return b.isNaNElement ? b : less
    }
    @inline(__always) static func apply<T: NumberElement>(_ a: T, _ b: T) -> T { combine(a, b) }
}

extension NDArray {
    /// The fold over some axes, which are distinct and in range; the axes stay as length 1 with `keepdims`.
    /// - Throws: `EngineError.Kind.shape` for a fold of nothing that has no value.
    func reduced<R: Reduction>(_: R.Type, axes: [Int], keepdims: Bool) throws -> NDArray {
        if dtype == .float16 { return try inFloat32 { try $0.reduced(R.self, axes: axes, keepdims: keepdims) } }
        var result = self
        // Neighbouring axes are folded together; from the last on, so that positions stay true.
        var remaining = axes.sorted()
        while let last = remaining.popLast() {
            var first = last
            while let next = remaining.last, next == first - 1 {
                first = next
                remaining.removeLast()
            }
            result = try dtype.visitNumber(Fold<R>(x: result, axis: first, length: last - first + 1))
        }
        if keepdims { return result }
        let dropped = Set(axes)
        return result.reshaped(unchecked: shape.indices.filter { !dropped.contains($0) }.map { shape[$0] })
    }

    /// What float16 is computed in, so that partial results neither overflow nor lose digits.
    func inFloat32(_ body: (NDArray) throws -> NDArray) throws -> NDArray {
        try body(try cast(to: .float32)).cast(to: .float16)
    }

    /// Sums over the dimensions that broadcasting stretched: the gradient's way back to an input's shape.
    /// - Throws: `EngineError.Kind.shape` where the target does not stretch to this shape.
    func summed(to target: [Int]) throws -> NDArray {
        if shape == target { return self }
        guard Broadcasting.fits(target, to: shape) else {
            throw EngineError(
                .shape, "The array cannot be summed to this shape: it must be one that stretches to the array's.",
                expected: "a shape that stretches to \(describe(shape))", actual: describe(target))
        }
        let shift = ndim - target.count
        let axes = shape.indices.filter { $0 < shift || (target[$0 - shift] == 1 && shape[$0] != 1) }
        return try reduced(Sum.self, axes: axes, keepdims: true).reshaped(unchecked: target)
    }

    /// The index of the first greatest (least) element along an axis, NaN before all; int32, as Chainer gives it.
    func selectedIndex<R: Reduction>(_: R.Type, axis: Int?) throws -> NDArray {
        return try dtype.visitNumber(SelectIndex<R>(x: self, axis: axis))
    }
}

private struct Fold<R: Reduction>: NumberVisitor {
    let x: NDArray
    let axis: Int
    let length: Int
    func visit<T: NumberElement>(_: T.Type) throws -> NDArray {
        var shape = x.shape
        // `length` axes from `axis` on are folded as one.
        let count = shape[axis..<axis + length].reduce(1, *)
        let outer = shape[..<axis].reduce(1, *)
        let inner = shape[(axis + length)...].reduce(1, *)
        shape.replaceSubrange(axis..<axis + length, with: repeatElement(1, count: length))
        guard count > 0 else {
            guard let identity = R.identity(T.self) else {
                throw EngineError(
                    .shape, "There is nothing to fold along an axis of length 0.",
                    expected: "axes of at least one element", actual: describe(x.shape))
            }
            return try NDArray(repeating: identity, shape: shape)
        }
        return try NDArray(uninitialized: shape, x.dtype) { target in
            let out = target.assumingMemoryBound(to: T.self)
            try x.withBase(T.self) { x in
                // Either way in the same blocks: the cores decide only what is shared out.
                if outer < 2 * Parallel.width {
                    for o in 0..<outer {
                        try foldInBlocks(x + o * count * inner, count, inner, into: out + o * inner, R.self)
                    }
                    return
                }
                try Parallel.forEach(outer, grain: Parallel.grain / max(count * inner, 1) + 1) { part in
                    for o in part {
                        try foldInBlocks(x + o * count * inner, count, inner, into: out + o * inner, R.self)
                    }
                }
            }
        }
    }
}

private struct SelectIndex<R: Reduction>: NumberVisitor {
    let x: NDArray
    let axis: Int?
    func visit<T: NumberElement>(_: T.Type) throws -> NDArray {
        var shape = x.shape
        let (outer, count, inner): (Int, Int, Int)
        if let axis {
            (outer, count) = (shape[..<axis].reduce(1, *), shape[axis])
            inner = shape[(axis + 1)...].reduce(1, *)
            shape.remove(at: axis)
        } else {
            (outer, count, inner) = (1, x.size, 1)
            shape = []
        }
        guard count > 0 else {
            throw EngineError(
                .shape, "There is no element to choose along an axis of length 0.",
                expected: "at least one element", actual: describe(x.shape))
        }
        return try NDArray(uninitialized: shape, .int32) { target in
            let out = target.assumingMemoryBound(to: Int32.self)
            let width = max(min(inner, 512), 1)
            let blocks = (inner + width - 1) / width
            try x.withBase(T.self) { x in
                try Parallel.forEach(outer * blocks, grain: Parallel.grain / max(count * width, 1) + 1) { part in
                    withUnsafeTemporaryAllocation(of: T.self, capacity: width) { buffer in
                        guard let best = buffer.baseAddress else { return }
                        for item in part {
                            let (o, start) = (item / blocks, item % blocks * width)
                            find(
                                x + (o * count * inner + start), count, min(width, inner - start), stride: inner,
                                best: best, into: out + (o * inner + start))
                        }
                    }
                }
            }
        }
    }

    /// The first rows that hold what the fold of the rows selects.
    @inline(__always)
    private func find<T: NumberElement>(
        _ x: UnsafePointer<T>, _ count: Int, _ width: Int, stride: Int, best: UnsafeMutablePointer<T>,
        into out: UnsafeMutablePointer<Int32>
    ) {
        foldRows(x, count, width, stride: stride, into: best, R.self)
        if width == 1 {
            let best = best[0]
            var k = 0
            while k < count - 1, x[k &* stride] != best, !x[k &* stride].isNaNElement { k += 1 }
            out[0] = Int32(truncatingIfNeeded: k)
            return
        }
        for k in (0..<count).reversed() {
            let (row, index) = (x + k * stride, Int32(truncatingIfNeeded: k))
            for i in 0..<width { out[i] = row[i] == best[i] || row[i].isNaNElement ? index : out[i] }
        }
    }
}

/// A fold of `count` neighbours by halves, so that rounding errors of a sum grow with the logarithm; runs of at most
/// 4096 are folded in lanes, which are independent chains that vectorise.
func foldPairwise<T: NumberElement, R: Reduction>(_ x: UnsafePointer<T>, _ count: Int, _: R.Type) -> T {
    if count > 4096 {
        // The depth is the logarithm of the size.
        let half = count / 2 & ~63
        return R.combine(foldPairwise(x, half, R.self), foldPairwise(x + half, count - half, R.self))
    }
    if count < 16 {
        var result = x[0]
        for i in 1..<max(count, 1) { result = R.combine(result, x[i]) }
        return result
    }
    return withUnsafeTemporaryAllocation(of: T.self, capacity: 64) { buffer in
        guard let lanes = buffer.baseAddress else { return x[0] }
        var i = 16
        if count < 128 {
            lanes.update(from: x, count: 16)
        } else {
            for k in 0..<64 { lanes[k] = R.combine(x[k], x[k + 64]) }
            i = 128
            while i + 256 <= count {
                let (a, b, c, d) = (x + i, x + (i + 64), x + (i + 128), x + (i + 192))
                for k in 0..<64 { lanes[k] = R.combine(lanes[k], combine4(a[k], b[k], c[k], d[k], R.self)) }
                i += 256
            }
            while i + 64 <= count {
                let next = x + i
                for k in 0..<64 { lanes[k] = R.combine(lanes[k], next[k]) }
                i += 64
            }
            for k in 0..<16 { lanes[k] = combine4(lanes[k], lanes[k + 16], lanes[k + 32], lanes[k + 48], R.self) }
        }
        while i + 16 <= count {
            let next = x + i
            for k in 0..<16 { lanes[k] = R.combine(lanes[k], next[k]) }
            i += 16
        }
        let (last, rest) = (x + i, count - i)
        for k in 0..<rest { lanes[k] = R.combine(lanes[k], last[k]) }
        for k in 0..<4 { lanes[k] = combine4(lanes[k], lanes[k + 4], lanes[k + 8], lanes[k + 12], R.self) }
        return combine4(lanes[0], lanes[1], lanes[2], lanes[3], R.self)
    }
}

@inline(__always)
private func combine4<T: NumberElement, R: Reduction>(_ a: T, _ b: T, _ c: T, _ d: T, _: R.Type) -> T {
    R.combine(R.combine(a, b), R.combine(c, d))
}

/// The fold of `count` rows of `width` elements, on all cores; its result does not depend on how many there are.
private func foldInBlocks<T: NumberElement, R: Reduction>(
    _ x: UnsafePointer<T>, _ count: Int, _ width: Int, into out: UnsafeMutablePointer<T>, _: R.Type
) throws {
    if width >= 4096 {
        return try Parallel.forEach(width, grain: Parallel.grain / count + 512) { part in
            foldRows(x + part.lowerBound, count, part.count, stride: width, into: out + part.lowerBound, R.self)
        }
    }
    // Blocks of so many rows that their partial results are little beside them.
    let rows = max(Parallel.grain / max(width, 1), 256)
    let blocks = (count + rows - 1) / rows
    guard blocks > 1 else { return foldRows(x, count, width, into: out, R.self) }
    try withUnsafeTemporaryAllocation(of: T.self, capacity: blocks * width) { buffer in
        guard let partial = buffer.baseAddress else { return }
        try Parallel.forEach(blocks, grain: 1) { part in
            for block in part {
                let start = block * rows
                foldRows(x + start * width, min(rows, count - start), width, into: partial + block * width, R.self)
            }
        }
        foldRows(partial, blocks, width, into: out, R.self)
    }
}

/// The fold of `count` rows of `width` elements, each `stride` behind the one before; by halves where there are many, so
/// that a sum's rounding errors grow slowly.
private func foldRows<T: NumberElement, R: Reduction>(
    _ x: UnsafePointer<T>, _ count: Int, _ width: Int, stride: Int? = nil, into out: UnsafeMutablePointer<T>, _: R.Type
) {
    let stride = stride ?? width
    if stride == 1 {
        out[0] = foldPairwise(x, count, R.self)
        return
    }
    // Columns whose partial results stay in the first cache.
    for start in Swift.stride(from: 0, to: width, by: 1024) {
        foldColumns(x + start, count, min(1024, width - start), stride, into: out + start, R.self)
    }
}

private func foldColumns<T: NumberElement, R: Reduction>(
    _ x: UnsafePointer<T>, _ count: Int, _ width: Int, _ stride: Int, into out: UnsafeMutablePointer<T>, _: R.Type
) {
    if count > 256 {
        let half = count / 2
        foldColumns(x, half, width, stride, into: out, R.self)
        return withUnsafeTemporaryAllocation(of: T.self, capacity: width) { buffer in
            guard let other = buffer.baseAddress else { return }
            foldColumns(x + half * stride, count - half, width, stride, into: other, R.self)
            for i in 0..<width { out[i] = R.combine(out[i], other[i]) }
        }
    }
    out.update(from: x, count: width)
    var row = 1
    while row + 4 <= count {
        let (a, b, c, d) = (x + row * stride, x + (row + 1) * stride, x + (row + 2) * stride, x + (row + 3) * stride)
        for i in 0..<width { out[i] = R.combine(out[i], combine4(a[i], b[i], c[i], d[i], R.self)) }
        row += 4
    }
    while row < count {
        let a = x + row * stride
        for i in 0..<width { out[i] = R.combine(out[i], a[i]) }
        row += 1
    }
}
