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
    @inline(__always) static func combine<T: NumberElement>(_ a: T, _ b: T) -> T { a >= b || a.isNaNElement ? a : b }
    @inline(__always) static func apply<T: NumberElement>(_ a: T, _ b: T) -> T { combine(a, b) }
}

/// NumPy's minimum: NaN wins.
enum Minimum: Reduction, NumberBinary {
    static func identity<T: NumberElement>(_: T.Type) -> T? { nil }
    @inline(__always) static func combine<T: NumberElement>(_ a: T, _ b: T) -> T { a <= b || a.isNaNElement ? a : b }
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
            x.withBase(T.self) { x in
                if outer == 1, inner == 1 {
                    out[0] = foldInBlocks(x, count, R.self)
                } else if outer == 1 {
                    Parallel.forEach(inner, grain: Parallel.grain / count + 64) { part in
                        foldRows(
                            x + part.lowerBound, count, part.count, stride: inner, into: out + part.lowerBound, R.self)
                    }
                } else {
                    Parallel.forEach(outer, grain: Parallel.grain / max(count * inner, 1) + 1) { part in
                        for o in part {
                            let block = x + o * count * inner
                            if inner == 1 {
                                out[o] = foldPairwise(block, count, R.self)
                            } else {
                                foldRows(block, count, inner, stride: inner, into: out + o * inner, R.self)
                            }
                        }
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
            x.withBase(T.self) { x in
                for o in 0..<outer {
                    for i in 0..<inner {
                        let start = x + (o * count * inner + i)
                        var best = 0
                        for k in 1..<max(count, 1) {
                            let (a, b) = (start[best * inner], start[k * inner])
                            if a.isNaNElement { break }
                            // The fold prefers a at a tie, so that the first of equals stays.
                            if b.isNaNElement || (a != b && R.combine(a, b) == b) { best = k }
                        }
                        out[o * inner + i] = Int32(truncatingIfNeeded: best)
                    }
                }
            }
        }
    }
}

/// A fold of `count` neighbours by halves, so that rounding errors of a sum grow with the logarithm; runs of at most
/// 1024 are folded in sixteen lanes.
func foldPairwise<T: NumberElement, R: Reduction>(_ x: UnsafePointer<T>, _ count: Int, _: R.Type) -> T {
    if count < 16 {
        var result = x[0]
        for i in 1..<max(count, 1) { result = R.combine(result, x[i]) }
        return result
    }
    if count <= 1024 {
        // Sixteen lanes: independent chains that vectorise.
        var lanes = SIMD16Lanes(x)
        var i = 16
        while i + 16 <= count {
            lanes.combine(x + i, R.self)
            i += 16
        }
        var result = lanes.fold(R.self)
        while i < count {
            result = R.combine(result, x[i])
            i += 1
        }
        return result
    }
    // The depth is the logarithm of the size.
    let half = count / 2 & ~15
    return R.combine(foldPairwise(x, half, R.self), foldPairwise(x + half, count - half, R.self))
}

/// Sixteen partial results.
private struct SIMD16Lanes<T: NumberElement> {
    private var lanes: InlineArray<16, T>

    @inline(__always) init(_ x: UnsafePointer<T>) { lanes = InlineArray { x[$0] } }

    @inline(__always) mutating func combine<R: Reduction>(_ x: UnsafePointer<T>, _: R.Type) {
        for k in 0..<16 { lanes[k] = R.combine(lanes[k], x[k]) }
    }

    @inline(__always) func fold<R: Reduction>(_: R.Type) -> T {
        var copy = lanes
        var width = 8
        while width > 0 {
            for k in 0..<width { copy[k] = R.combine(copy[k], copy[k + width]) }
            width /= 2
        }
        return copy[0]
    }
}

/// A fold of any number of neighbours, on all cores; its result does not depend on how many there are.
private func foldInBlocks<T: NumberElement, R: Reduction>(_ x: UnsafePointer<T>, _ count: Int, _: R.Type) -> T {
    let length = Parallel.grain
    let blocks = (count + length - 1) / length
    guard blocks > 1 else { return foldPairwise(x, count, R.self) }
    return withUnsafeTemporaryAllocation(of: T.self, capacity: blocks) { buffer in
        guard let partial = buffer.baseAddress else { return x[0] }
        Parallel.forEach(blocks, grain: 1) { part in
            for block in part {
                let start = block * length
                partial[block] = foldPairwise(x + start, min(length, count - start), R.self)
            }
        }
        return foldPairwise(partial, blocks, R.self)
    }
}

/// The fold of `count` rows of `width` elements, in blocks of 64 rows so that a sum's rounding errors grow slowly.
private func foldRows<T: NumberElement, R: Reduction>(
    _ x: UnsafePointer<T>, _ count: Int, _ width: Int, stride: Int, into out: UnsafeMutablePointer<T>, _: R.Type
) {
    let blockRows = 64
    out.update(from: x, count: width)
    for row in 1..<max(min(count, blockRows), 1) {
        let source = x + row * stride
        for i in 0..<width { out[i] = R.combine(out[i], source[i]) }
    }
    guard count > blockRows else { return }
    // One row of partial results: small beside the rows that it stands for.
    withUnsafeTemporaryAllocation(of: T.self, capacity: width) { buffer in
        guard let partial = buffer.baseAddress else { return }
        var start = blockRows
        while start < count {
            partial.update(from: x + start * stride, count: width)
            for row in (start + 1)..<max(min(start + blockRows, count), start + 1) {
                let source = x + row * stride
                for i in 0..<width { partial[i] = R.combine(partial[i], source[i]) }
            }
            for i in 0..<width { out[i] = R.combine(out[i], partial[i]) }
            start += blockRows
        }
    }
}
