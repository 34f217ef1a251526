// Folds along one axis that keep every partial result. The array is seen as (outer, length, inner); what is reversed
// starts at the end of the axis.

/// Product of many elements.
enum Product: Reduction {
    static func identity<T: NumberElement>(_: T.Type) -> T? { .one }
    @inline(__always) static func combine<T: NumberElement>(_ a: T, _ b: T) -> T { T.product(a, b) }
}

extension NDArray {
    /// For each element the fold of it and those before it along an axis.
    func accumulated<R: Reduction>(_: R.Type, axis: Int, reverse: Bool) throws -> NDArray {
        if dtype == .float16 { return try inFloat32 { try $0.accumulated(R.self, axis: axis, reverse: reverse) } }
        return try dtype.visitNumber(Accumulate<R>(x: self, lines: Lines(shape, axis, reverse)))
    }

    /// The array of y[i] = b[i] + a[i] y[i - 1] along an axis; in reverse, y[i] = b[i] + a[i + 1] y[i + 1]. `a` and `b`
    /// are of one shape.
    static func recurrence(_ a: NDArray, _ b: NDArray, axis: Int, reverse: Bool) throws -> NDArray {
        if try a.requireSameDType(b) == .float16 {
            return try b.inFloat32 { try recurrence(a.cast(to: .float32), $0, axis: axis, reverse: reverse) }
        }
        return try a.dtype.visitNumber(Recur(a: a, b: b, lines: Lines(a.shape, axis, reverse)))
    }
}

private struct Accumulate<R: Reduction>: NumberVisitor {
    let x: NDArray
    let lines: Lines
    func visit<T: NumberElement>(_: T.Type) throws -> NDArray {
        try NDArray(uninitialized: x.shape, x.dtype) { target in
            let out = target.assumingMemoryBound(to: T.self)
            x.withBase(T.self) { x in
                lines.forEachRow { row, previous in
                    let (source, result) = (x + row, out + row)
                    guard let previous else { return result.update(from: source, count: lines.inner) }
                    let last = out + previous
                    for i in 0..<lines.inner { result[i] = R.combine(last[i], source[i]) }
                }
            }
        }
    }
}

private struct Recur: NumberVisitor {
    let a: NDArray
    let b: NDArray
    let lines: Lines
    func visit<T: NumberElement>(_: T.Type) throws -> NDArray {
        try NDArray(uninitialized: a.shape, a.dtype) { target in
            let out = target.assumingMemoryBound(to: T.self)
            a.withBase(T.self) { a in
                b.withBase(T.self) { b in
                    lines.forEachRow { row, previous in
                        let (source, result) = (b + row, out + row)
                        guard let previous else { return result.update(from: source, count: lines.inner) }
                        // The factor between two rows is that of the later one.
                        let (last, factors) = (out + previous, a + max(row, previous))
                        for i in 0..<lines.inner { result[i] = T.sum(source[i], T.product(factors[i], last[i])) }
                    }
                }
            }
        }
    }
}

/// The rows of an array along one axis, in the order in which they depend on one another.
private struct Lines {
    let outer: Int
    let count: Int
    /// The elements of a row.
    let inner: Int
    let reverse: Bool

    init(_ shape: [Int], _ axis: Int, _ reverse: Bool) {
        (outer, count) = (shape[..<axis].reduce(1, *), shape[axis])
        inner = shape[(axis + 1)...].reduce(1, *)
        self.reverse = reverse
    }

    /// Calls `body` with the offset of each row and of the one before it.
    @inline(__always)
    func forEachRow(_ body: (_ row: Int, _ previous: Int?) -> Void) {
        for o in 0..<outer {
            var previous: Int?
            for k in 0..<count {
                let row = (o * count + (reverse ? count - 1 - k : k)) * inner
                body(row, previous)
                previous = row
            }
        }
    }
}
