extension NDArray {
    /// The eigenvalues of the symmetric positive definite matrices in the last two axes, which are of one length, and
    /// their eigenvectors, each a row of length 1; of float64. Only the lower triangles are read.
    /// - Throws: `EngineError.Kind.argument` where a matrix is not positive definite, `.size` for one that would take
    ///   minutes.
    func eigen() throws -> (values: NDArray, vectors: NDArray) {
        let n = shape[ndim - 1]
        guard n <= 4096 else {
            throw EngineError(
                .size, "The matrix is too large for its eigenvectors.", expected: "at most 4096 rows", actual: "\(n)")
        }
        // Row by row what the factors have column by column.
        let rows = try choleskyFactors().transposed(Array(0..<ndim - 2) + [ndim - 1, ndim - 2])
        let values = try NDArray(uninitialized: Array(shape.dropLast()), .float64)
        var pace = Pace()
        try values.writeFresh(Double.self) { values in
            try rows.writeFresh(Double.self) { rows in
                guard let values = values.baseAddress, let rows = rows.baseAddress, n > 0 else { return }
                for k in 0..<size / (n * n) {
                    let matrix = RowMatrix(base: rows + k * n * n, squares: values + k * n, n: n)
                    try matrix.orthogonalize(&pace)
                    matrix.normalize()
                }
            }
        }
        return (values, rows)
    }
}

/// The triangle R of A = RᵀR, whose rows are turned in pairs until they are orthogonal (the one-sided Jacobi method).
/// Then R = √Λ V: row by row an eigenvector of A, as long as the root of its eigenvalue (Veselić and Hari, 1989).
private struct RowMatrix {
    let base: UnsafeMutablePointer<Double>
    /// The squares of the rows' lengths.
    let squares: UnsafeMutablePointer<Double>
    let n: Int

    private subscript(row: Int) -> UnsafeMutablePointer<Double> { base + row * n }

    func orthogonalize(_ pace: inout Pace) throws {
        let tolerance = 0x1p-52 * Double(n).squareRoot()
        // Seven to fifteen rounds are the rule; the bound is for what is not finite.
        for _ in 0..<40 {
            var isDone = true
            for i in 0..<n { squares[i] = product(i, i) }
            for p in 0..<n {
                for q in p + 1..<max(n, p + 1) {
                    try pace.spend(n)
                    let cross = product(p, q)
                    guard cross.magnitude > tolerance * (squares[p] * squares[q]).squareRoot() else { continue }
                    isDone = false
                    turn(p, q, cross)
                }
            }
            if isDone { return }
        }
    }

    /// Turns two rows so that they become orthogonal.
    private func turn(_ p: Int, _ q: Int, _ cross: Double) {
        let cotangent = (squares[q] - squares[p]) / (2 * cross)
        let tangent = (cotangent < 0 ? -1 : 1) / (cotangent.magnitude + (1 + cotangent * cotangent).squareRoot())
        let cosine = 1 / (1 + tangent * tangent).squareRoot()
        let sine = cosine * tangent
        let (a, b) = (self[p], self[q])
        for j in 0..<n {
            let (first, second) = (a[j], b[j])
            a[j] = cosine * first - sine * second
            b[j] = sine * first + cosine * second
        }
        squares[p] -= tangent * cross
        squares[q] += tangent * cross
    }

    func normalize() {
        for i in 0..<n {
            squares[i] = product(i, i)
            let (row, length) = (self[i], squares[i].squareRoot())
            for j in 0..<n { row[j] /= length }
        }
    }

    /// The inner product of two rows, in eight independent sums.
    private func product(_ p: Int, _ q: Int) -> Double {
        let (a, b) = (UnsafeRawPointer(self[p]), UnsafeRawPointer(self[q]))
        var sums = SIMD8<Double>()
        var j = 0
        while j + 8 <= n {
            let offset = j * MemoryLayout<Double>.stride
            sums.addProduct(
                a.loadUnaligned(fromByteOffset: offset, as: SIMD8<Double>.self),
                b.loadUnaligned(fromByteOffset: offset, as: SIMD8<Double>.self))
            j += 8
        }
        var sum = sums.sum()
        while j < n {
            sum += self[p][j] * self[q][j]
            j += 1
        }
        return sum
    }
}
