extension NDArray {
    /// For each row of the last axis, not empty, the positions of its two middle elements by size (of one where they
    /// are odd in number, twice): int64, of shape (…, 2). A NaN is the median, as in NumPy.
    func middles() throws -> NDArray { try dtype.visitFloat(Middles(x: self)) }
}

private struct Middles: FloatVisitor {
    let x: NDArray
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        let count = x.shape[x.ndim - 1]
        let scratch = try NDArray(uninitialized: [count], .int64)
        return try NDArray(uninitialized: x.shape.dropLast() + [2], .int64) { target in
            let out = target.assumingMemoryBound(to: Int64.self)
            try x.withBase(T.self) { x in
                try scratch.writeFresh(Int64.self) { buffer in
                    var (order, pace) = (buffer, Pace())
                    for r in 0..<self.x.size / count {
                        let row = x + r * count
                        for i in 0..<count { order[i] = Int64(i) }
                        try order.sort { a, b in
                            try pace.spend(1)
                            let (a, b) = (row[Int(a)], row[Int(b)])
                            return a < b || (b.isNaN && !a.isNaN)
                        }
                        let last = order[count - 1]
                        let isNaN = row[Int(last)].isNaN
                        out[2 * r] = isNaN ? last : order[(count - 1) / 2]
                        out[2 * r + 1] = isNaN ? last : order[count / 2]
                    }
                }
            }
        }
    }
}
