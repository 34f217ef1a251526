extension NDArray {
    /// NumPy's `matmul` of stacks of matrices, both of at least two dimensions and broadcast in the leading ones.
    /// - Parameters:
    ///   - transposed: whether this array's matrices are taken transposed.
    ///   - otherTransposed: whether the other's are.
    /// - Throws: `EngineError` where the dimensions do not fit.
    func matmul(_ other: NDArray, transposed: Bool = false, otherTransposed: Bool = false) throws -> NDArray {
        let (columns, rows) = (shape[ndim - (transposed ? 2 : 1)], other.shape[other.ndim - (otherTransposed ? 1 : 2)])
        guard columns == rows else {
            throw EngineError(
                .shape, "The matrices do not fit: the first one's columns must be as many as the second one's rows.",
                expected: "\(columns) rows", actual: "shapes \(describe(shape)) and \(describe(other.shape))")
        }
        let launch = MatMulLaunch(a: self, b: other, transA: transposed, transB: otherTransposed)
        switch try requireSameDType(other) {
        case .float64: return try launch.run(Double.self)
        case .float32: return try launch.run(Float.self)
        case .float16:
            return try inFloat32 {
                try $0.matmul(
                    try other.cast(to: .float32), transposed: transposed, otherTransposed: otherTransposed)
            }
        case let dtype:
            throw EngineError(
                .dtype, "Matrices of dtype \(dtype) are not multiplied: apply cast first.",
                expected: DTypes.floats.names, actual: dtype.rawValue)
        }
    }
}

private struct MatMulLaunch {
    let a: NDArray
    let b: NDArray
    let transA: Bool
    let transB: Bool

    func run<T: MatrixElement>(_: T.Type) throws -> NDArray {
        let (rowsA, columnsA) = (a.shape[a.ndim - 2], a.shape[a.ndim - 1])
        let (rowsB, columnsB) = (b.shape[b.ndim - 2], b.shape[b.ndim - 1])
        let (m, k) = transA ? (columnsA, rowsA) : (rowsA, columnsA)
        let n = transB ? rowsB : columnsB
        let (stackA, stackB) = (Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
        let stack = try Broadcasting.shape(stackA, stackB)
        try Account.current.announce(work: stack.reduce(1, *), m, n, k)
        let walk = StridedWalk(
            shape: stack, strides: [Broadcasting.strides(stackA, to: stack), Broadcasting.strides(stackB, to: stack)])
        return try NDArray(uninitialized: stack + [m, n], a.dtype) { target in
            let out = target.assumingMemoryBound(to: T.self)
            // Large matrices are shared out themselves.
            let work = m * n * k
            let grain = work > Parallel.grain * 64 ? .max : Parallel.grain * 4 / max(work, 1) + 1
            try a.withBase(T.self) { a in
                try b.withBase(T.self) { b in
                    let (sa, sb) = (walk.runStride(0) * m * k, walk.runStride(1) * k * n)
                    try Parallel.forEach(walk.size, grain: grain) { part in
                        var pace = Pace()
                        try walk.forEachRun(in: part) { start, count, offsets in
                            let (a, b, out) = (a + offsets[0] * m * k, b + offsets[1] * k * n, out + start * m * n)
                            for r in 0..<count {
                                try pace.spend(work)
                                try MatrixProduct(
                                    a: Matrix(a + r * sa, columnsA, transposed: transA),
                                    b: Matrix(b + r * sb, columnsB, transposed: transB), c: out + r * m * n,
                                    m: m, k: k, n: n, rowStride: n, adds: false
                                ).compute()
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A matrix in memory, by rows or, transposed, by columns.
struct Matrix<T> {
    let base: UnsafePointer<T>
    let rowStride: Int
    let columnStride: Int

    /// - Parameter width: the elements of a row in memory.
    init(_ base: UnsafePointer<T>, _ width: Int, transposed: Bool = false) {
        self.init(base, transposed ? 1 : width, transposed ? width : 1)
    }

    private init(_ base: UnsafePointer<T>, _ rowStride: Int, _ columnStride: Int) {
        (self.base, self.rowStride, self.columnStride) = (base, rowStride, columnStride)
    }

    /// Rows as columns.
    var transposed: Matrix { Matrix(base, columnStride, rowStride) }

    @inline(__always) func pointer(_ row: Int, _ column: Int) -> UnsafePointer<T> {
        base + (row &* rowStride &+ column &* columnStride)
    }
}
