extension NDArray {
    /// NumPy's `matmul` of stacks of matrices, both of at least two dimensions and broadcast in the leading ones.
    /// - Throws: `EngineError` where the dimensions do not fit.
    func matmul(_ other: NDArray) throws -> NDArray {
        struct Launch: FloatVisitor {
            let a: NDArray
            let b: NDArray
            func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
                let (m, k) = (a.shape[a.ndim - 2], a.shape[a.ndim - 1])
                let n = b.shape[b.ndim - 1]
                let (stackA, stackB) = (Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
                let stack = try Broadcasting.shape(stackA, stackB)
                let walk = StridedWalk(
                    shape: stack,
                    strides: [Broadcasting.strides(stackA, to: stack), Broadcasting.strides(stackB, to: stack)])
                return try NDArray(uninitialized: stack + [m, n], a.dtype) { target in
                    var out = target.assumingMemoryBound(to: T.self)
                    a.withBase(T.self) { a in
                        b.withBase(T.self) { b in
                            let (run, sa, sb) = (walk.run, walk.runStride(0), walk.runStride(1))
                            walk.forEachRun { offsets in
                                for r in 0..<run {
                                    multiply(
                                        a + (offsets[0] + r * sa) * m * k, b + (offsets[1] + r * sb) * k * n,
                                        into: out, m, k, n)
                                    out += m * n
                                }
                            }
                        }
                    }
                }
            }
        }
        guard shape[ndim - 1] == other.shape[other.ndim - 2] else {
            throw EngineError(
                .shape, "The matrices do not fit: the first one's columns must be as many as the second one's rows.",
                expected: "\(shape[ndim - 1]) rows", actual: "shapes \(describe(shape)) and \(describe(other.shape))")
        }
        if try requireSameDType(other) == .float16 {
            return try inFloat32 { try $0.matmul(try other.cast(to: .float32)) }
        }
        return try dtype.visitFloat(Launch(a: self, b: other))
    }
}

/// c = a b for row-major matrices of m×k and k×n: four rows of c at a time, in blocks of b that stay in the cache.
private func multiply<T: FloatElement>(
    _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, into c: UnsafeMutablePointer<T>, _ m: Int, _ k: Int, _ n: Int
) {
    c.update(repeating: 0, count: m * n)
    let (depth, width) = (128, 512)
    for kStart in stride(from: 0, to: k, by: depth) {
        let kEnd = min(kStart + depth, k)
        for nStart in stride(from: 0, to: n, by: width) {
            let columns = min(width, n - nStart)
            var i = 0
            while i + 4 <= m {
                let (c0, c1) = (c + (i * n + nStart), c + ((i + 1) * n + nStart))
                let (c2, c3) = (c + ((i + 2) * n + nStart), c + ((i + 3) * n + nStart))
                for p in kStart..<kEnd {
                    let row = b + (p * n + nStart)
                    let (a0, a1) = (a[i * k + p], a[(i + 1) * k + p])
                    let (a2, a3) = (a[(i + 2) * k + p], a[(i + 3) * k + p])
                    for j in 0..<columns {
                        let value = row[j]
                        c0[j].addProduct(a0, value)
                        c1[j].addProduct(a1, value)
                        c2[j].addProduct(a2, value)
                        c3[j].addProduct(a3, value)
                    }
                }
                i += 4
            }
            while i < m {
                let row = c + (i * n + nStart)
                for p in kStart..<kEnd {
                    let (factor, source) = (a[i * k + p], b + (p * n + nStart))
                    for j in 0..<columns { row[j].addProduct(factor, source[j]) }
                }
                i += 1
            }
        }
    }
}
