// Gaussian elimination.

extension NDArray {
    /// The rows of a matrix that nobody else has seen yet.
    func withRows<T: FloatElement>(_: T.Type, _ body: (Rows<T>) throws -> Void) rethrows {
        try writeFresh(T.self) { buffer in
            guard let base = buffer.baseAddress else { return }
            try body(Rows(base: base, count: shape[0], width: shape[1]))
        }
    }
}

/// A matrix to work on: square, with further columns after it where equations are solved.
struct Rows<T: FloatElement> {
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

    /// A square matrix, and another of as many rows in the columns after it.
    func load(_ matrix: UnsafePointer<T>, _ right: UnsafePointer<T>) {
        let further = width - count
        for i in 0..<count {
            self[i].update(from: matrix + i * count, count: count)
            (self[i] + count).update(from: right + i * further, count: further)
        }
    }

    /// Gaussian elimination with partial pivoting: above the diagonal stands what is left of the rows, below it the
    /// factors that they were subtracted with.
    /// - Returns: the sign of the permutation of the rows; nil where a pivot is zero.
    func eliminate(_ pace: inout Pace) throws -> T? {
        var sign: T = 1
        // A block of pivots is worked out on its own columns first; the others then read it while it is in the cache.
        for start in stride(from: 0, to: count, by: 32) {
            let end = min(start + 32, count)
            for k in start..<end {
                try pace.spend((count - k) * (end - k))
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
            try forEachTile(from: end) { columns in
                for i in start + 1..<max(count, start + 1) {
                    try pace.spend((end - start) * columns.count)
                    for k in start..<min(i, end) { subtract(k, times: self[i][k], from: i, in: columns) }
                }
            }
        }
        return sign
    }

    /// After `eliminate`: makes of the columns after the square matrix the solution of the equations.
    func substituteBack(_ pace: inout Pace) throws {
        try forEachTile(from: count) { columns in
            for i in (0..<count).reversed() {
                try pace.spend((count - i) * columns.count)
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
    private func forEachTile(from start: Int, _ body: (Range<Int>) throws -> Void) rethrows {
        for first in stride(from: start, to: width, by: 256) { try body(first..<min(first + 256, width)) }
    }

    @inline(__always)
    private func subtract(_ source: Int, times factor: T, from target: Int, in columns: Range<Int>) {
        let (source, target, factor) = (self[source], self[target], -factor)
        for j in columns { target[j].addProduct(factor, source[j]) }
    }
}
