extension NDArray {
    /// For each element the sum of those at most `reach` places away along an axis.
    func windowSums(axis: Int, reach: Int) throws -> NDArray {
        try dtype.visitNumber(WindowSums(x: self, axis: axis, reach: min(reach, shape[axis])))
    }
}

private struct WindowSums: NumberVisitor {
    let x: NDArray
    let axis: Int
    let reach: Int
    func visit<T: NumberElement>(_: T.Type) throws -> NDArray {
        let (outer, count) = (x.shape[..<axis].reduce(1, *), x.shape[axis])
        let inner = x.shape[(axis + 1)...].reduce(1, *)
        return try NDArray(uninitialized: x.shape, x.dtype) { target in
            let out = target.assumingMemoryBound(to: T.self)
            x.withBase(T.self) { x in
                for o in 0..<outer {
                    for k in 0..<count {
                        let sum = out + (o * count + k) * inner
                        sum.update(repeating: .zero, count: inner)
                        for near in max(k - reach, 0)..<min(k + reach + 1, count) {
                            let source = x + (o * count + near) * inner
                            for i in 0..<inner { sum[i] = T.sum(sum[i], source[i]) }
                        }
                    }
                }
            }
        }
    }
}
