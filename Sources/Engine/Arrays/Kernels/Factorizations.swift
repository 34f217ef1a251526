// Determinants, inverses and Cholesky factors of the matrices in the last two axes of an array, which are of one length.

extension NDArray {
    /// The matrices' determinants.
    func determinants() throws -> NDArray {
        dtype == .float16
            ? try inFloat32 { try $0.determinants() } : try dtype.visitFloat(Determinants(x: self, stack: Stack(self)))
    }

    /// The matrices' inverses.
    /// - Throws: `EngineError.Kind.argument` where one has none.
    func inverses() throws -> NDArray {
        dtype == .float16
            ? try inFloat32 { try $0.inverses() } : try dtype.visitFloat(Inverses(x: self, stack: Stack(self)))
    }

    /// The lower triangular matrices that give the symmetric matrices when multiplied by their transposes; of these
    /// only the lower triangles are read.
    /// - Throws: `EngineError.Kind.argument` where one is not positive definite.
    func choleskyFactors() throws -> NDArray {
        dtype == .float16
            ? try inFloat32 { try $0.choleskyFactors() } : try dtype.visitFloat(Cholesky(x: self, stack: Stack(self)))
    }

    /// The matrices' lower triangles, with half their diagonals.
    func lowerHalves() throws -> NDArray { try dtype.visitFloat(LowerHalves(x: self, stack: Stack(self))) }
}

/// Square matrices, one after the other.
private struct Stack {
    /// The leading axes.
    let shape: [Int]
    let count: Int
    /// The rows of a matrix.
    let n: Int

    init(_ x: NDArray) {
        shape = Array(x.shape.dropLast(2))
        count = shape.reduce(1, *)
        n = x.shape.last ?? 0
    }

    func refusal(_ detail: String, expected: String, actual: String, matrix index: Int) -> EngineError {
        EngineError(
            .argument, detail, expected: expected, actual: shape.isEmpty ? actual : "\(actual), matrix \(index)",
            at: .input(0))
    }
}

private struct Determinants: FloatVisitor {
    let x: NDArray
    let stack: Stack
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        let work = try NDArray(uninitialized: [stack.n, stack.n], x.dtype)
        return try NDArray(uninitialized: stack.shape, x.dtype) { target in
            let out = target.assumingMemoryBound(to: T.self)
            x.withBase(T.self) { x in
                work.withRows(T.self) { rows in
                    for k in 0..<stack.count {
                        rows.load(x + k * stack.n * stack.n)
                        out[k] = rows.eliminate().map(rows.diagonalProduct) ?? 0
                    }
                }
            }
        }
    }
}

private struct Inverses: FloatVisitor {
    let x: NDArray
    let stack: Stack
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        let n = stack.n
        let work = try NDArray(uninitialized: [n, 2 * n], x.dtype)
        return try NDArray(uninitialized: x.shape, x.dtype) { target in
            let out = target.assumingMemoryBound(to: T.self)
            try x.withBase(T.self) { x in
                try work.withRows(T.self) { rows in
                    for k in 0..<stack.count {
                        rows.load(x + k * n * n)
                        guard rows.eliminate() != nil else {
                            throw stack.refusal(
                                "A singular matrix has no inverse.", expected: "a matrix of full rank",
                                actual: "a singular one", matrix: k)
                        }
                        rows.substituteBack()
                        for i in 0..<n { (out + (k * n + i) * n).update(from: rows[i] + n, count: n) }
                    }
                }
            }
        }
    }
}

private struct Cholesky: FloatVisitor {
    let x: NDArray
    let stack: Stack
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        let n = stack.n
        return try NDArray(uninitialized: x.shape, x.dtype) { target in
            let out = target.assumingMemoryBound(to: T.self)
            try x.withBase(T.self) { x in
                for k in 0..<stack.count {
                    let (source, factor) = (x + k * n * n, out + k * n * n)
                    for i in 0..<n {
                        let row = factor + i * n
                        for j in 0...i {
                            let other = factor + j * n
                            var rest = source[i * n + j]
                            for p in 0..<j { rest.addProduct(-row[p], other[p]) }
                            guard i == j else {
                                row[j] = rest / other[j]
                                continue
                            }
                            // NaN passes, as in NumPy.
                            if rest <= 0 {
                                throw stack.refusal(
                                    "A matrix that is not positive definite has no Cholesky factor.",
                                    expected: "a positive definite matrix", actual: "another one", matrix: k)
                            }
                            row[j] = rest.squareRoot()
                        }
                        (row + i + 1).update(repeating: 0, count: n - i - 1)
                    }
                }
            }
        }
    }
}

private struct LowerHalves: FloatVisitor {
    let x: NDArray
    let stack: Stack
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        let n = stack.n
        return try NDArray(uninitialized: x.shape, x.dtype) { target in
            let out = target.assumingMemoryBound(to: T.self)
            x.withBase(T.self) { x in
                for row in 0..<stack.count * n {
                    let (source, result, diagonal) = (x + row * n, out + row * n, row % n)
                    result.update(from: source, count: diagonal)
                    result[diagonal] = source[diagonal] / 2
                    (result + diagonal + 1).update(repeating: 0, count: n - diagonal - 1)
                }
            }
        }
    }
}

extension NDArray {
    /// The rows of a matrix that nobody else has seen yet.
    fileprivate func withRows<T: FloatElement>(_: T.Type, _ body: (Rows<T>) throws -> Void) rethrows {
        try writeFresh(T.self) { buffer in
            guard let base = buffer.baseAddress else { return }
            try body(Rows(base: base, count: shape[0], width: shape[1]))
        }
    }
}

/// A matrix to work on: square, or with as many columns more.
private struct Rows<T: FloatElement> {
    let base: UnsafeMutablePointer<T>
    let count: Int
    let width: Int

    subscript(row: Int) -> UnsafeMutablePointer<T> { base + row * width }

    /// A square matrix, and the identity in the columns after it.
    func load(_ matrix: UnsafePointer<T>) {
        for i in 0..<count {
            self[i].update(from: matrix + i * count, count: count)
            (self[i] + count).update(repeating: 0, count: width - count)
            if width > count { self[i][count + i] = 1 }
        }
    }

    /// Gaussian elimination with partial pivoting: above the diagonal stands what is left of the rows, below it the
    /// factors that they were subtracted with.
    /// - Returns: the sign of the permutation of the rows; nil where a pivot is zero.
    func eliminate() -> T? {
        var sign: T = 1
        // A block of pivots is worked out on its own columns first; the others then read it while it is in the cache.
        for start in stride(from: 0, to: count, by: 32) {
            let end = min(start + 32, count)
            for k in start..<end {
                var pivot = k
                for i in k + 1..<max(count, k + 1) where self[i][k].magnitude > self[pivot][k].magnitude { pivot = i }
                guard self[pivot][k] != 0 else { return nil }
                if pivot != k {
                    sign.negate()
                    for j in 0..<width { swap(&self[pivot][j], &self[k][j]) }
                }
                for i in k + 1..<max(count, k + 1) {
                    let factor = self[i][k] / self[k][k]
                    self[i][k] = factor
                    subtract(k, times: factor, from: i, in: k + 1..<end)
                }
            }
            forEachTile(from: end) { columns in
                for i in start + 1..<max(count, start + 1) {
                    for k in start..<min(i, end) { subtract(k, times: self[i][k], from: i, in: columns) }
                }
            }
        }
        return sign
    }

    /// After `eliminate`: makes of the columns after the square matrix the solution of the equations.
    func substituteBack() {
        forEachTile(from: count) { columns in
            for i in (0..<count).reversed() {
                for k in i + 1..<max(count, i + 1) { subtract(k, times: self[i][k], from: i, in: columns) }
                let (row, pivot) = (self[i], self[i][i])
                for j in columns { row[j] /= pivot }
            }
        }
    }

    /// After `eliminate`: the diagonal's product, which no partial product takes out of the type's range.
    func diagonalProduct(_ sign: T) -> T {
        var product = sign
        var exponent = 0
        for i in 0..<count {
            product *= self[i][i]
            guard product.isFinite, product != 0 else { continue }
            exponent += Int(product.exponent)
            product = T(sign: product.sign, exponent: 0, significand: product.significand)
        }
        return T(sign: .plus, exponent: T.Exponent(exponent), significand: product)
    }

    /// Columns in tiles of which a block of rows stays in the cache.
    private func forEachTile(from start: Int, _ body: (Range<Int>) -> Void) {
        for first in stride(from: start, to: width, by: 256) { body(first..<min(first + 256, width)) }
    }

    @inline(__always)
    private func subtract(_ source: Int, times factor: T, from target: Int, in columns: Range<Int>) {
        let (source, target, factor) = (self[source], self[target], -factor)
        for j in columns { target[j].addProduct(factor, source[j]) }
    }
}
