import RealModule

// Determinants, inverses and Cholesky factors of the matrices in the last two axes of an array, which are of one length.

extension NDArray {
    /// The matrices' determinants.
    func determinants() throws -> NDArray {
        dtype == .float16
            ? try inFloat32 { try $0.determinants() }
            : try dtype.visitFloat(Determinants(x: self, stack: try Stack(self)))
    }

    /// The matrices' inverses.
    /// - Throws: `EngineError.Kind.argument` where one has none.
    func inverses() throws -> NDArray {
        dtype == .float16
            ? try inFloat32 { try $0.inverses() } : try dtype.visitFloat(Inverses(x: self, stack: try Stack(self)))
    }

    /// The matrices x with a x = b, for stacks of one leading shape.
    /// - Throws: `EngineError.Kind.argument` where a matrix of this array is singular.
    func solutions(of b: NDArray) throws -> NDArray {
        try requireSameDType(b) == .float16
            ? try inFloat32 { try $0.solutions(of: b.cast(to: .float32)) }
            : try dtype.visitFloat(Solutions(a: self, b: b, stack: try Stack(self)))
    }

    /// The signs of the matrices' determinants, and the logarithms of their absolute values.
    func logDeterminants() throws -> [NDArray] {
        if dtype == .float16 {
            return try cast(to: .float32).logDeterminants().map { try $0.cast(to: .float16) }
        }
        let both = try dtype.visitFloat(LogDeterminants(x: self, stack: try Stack(self)))
        return try (0..<2).map { part in
            try both.gathered(Slices([.index(part)]).selection(of: both.shape))
        }
    }

    /// The lower triangular matrices that give the symmetric matrices when multiplied by their transposes; of these
    /// only the lower triangles are read.
    /// - Throws: `EngineError.Kind.argument` where one is not positive definite.
    func choleskyFactors() throws -> NDArray {
        dtype == .float16
            ? try inFloat32 { try $0.choleskyFactors() }
            : try dtype.visitFloat(Cholesky(x: self, stack: try Stack(self)))
    }

    /// The matrices' lower triangles, with half their diagonals.
    func lowerHalves() throws -> NDArray { try dtype.visitFloat(LowerHalves(x: self, stack: try Stack(self))) }
}

/// Square matrices, one after the other.
private struct Stack {
    /// The leading axes.
    let shape: [Int]
    let count: Int
    /// The rows of a matrix.
    let n: Int

    /// - Throws: `Account.BeyondAllowance`.
    init(_ x: NDArray) throws {
        shape = Array(x.shape.dropLast(2))
        count = shape.reduce(1, *)
        n = x.shape.last ?? 0
        try Account.current.announce(work: x.size, n)
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
        var pace = Pace()
        return try NDArray(uninitialized: stack.shape, x.dtype) { target in
            let out = target.assumingMemoryBound(to: T.self)
            try x.withBase(T.self) { x in
                try work.withRows(T.self) { rows in
                    for k in 0..<stack.count {
                        try pace.spend(rows.count * rows.width)
                        rows.load(x + k * stack.n * stack.n)
                        out[k] = try rows.eliminate(&pace).map(rows.diagonalProduct) ?? 0
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
        var pace = Pace()
        return try NDArray(uninitialized: x.shape, x.dtype) { target in
            let out = target.assumingMemoryBound(to: T.self)
            try x.withBase(T.self) { x in
                try work.withRows(T.self) { rows in
                    for k in 0..<stack.count {
                        try pace.spend(rows.count * rows.width)
                        rows.load(x + k * n * n)
                        guard try rows.eliminate(&pace) != nil else {
                            throw stack.refusal(
                                "A singular matrix has no inverse.", expected: "a matrix of full rank",
                                actual: "a singular one", matrix: k)
                        }
                        try rows.substituteBack(&pace)
                        for i in 0..<n { (out + (k * n + i) * n).update(from: rows[i] + n, count: n) }
                    }
                }
            }
        }
    }
}

private struct Solutions: FloatVisitor {
    let a: NDArray
    let b: NDArray
    let stack: Stack
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        let (n, columns) = (stack.n, b.shape[b.ndim - 1])
        let work = try NDArray(uninitialized: [n, n + columns], a.dtype)
        var pace = Pace()
        return try NDArray(uninitialized: b.shape, a.dtype) { target in
            let out = target.assumingMemoryBound(to: T.self)
            try a.withBase(T.self) { a in
                try b.withBase(T.self) { b in
                    try work.withRows(T.self) { rows in
                        for k in 0..<stack.count {
                            try pace.spend(rows.count * rows.width)
                            rows.load(a + k * n * n, b + k * n * columns)
                            guard try rows.eliminate(&pace) != nil else {
                                throw stack.refusal(
                                    "Equations of a singular matrix have no single solution.",
                                    expected: "a matrix of full rank", actual: "a singular one", matrix: k)
                            }
                            try rows.substituteBack(&pace)
                            for i in 0..<n {
                                (out + (k * n + i) * columns).update(from: rows[i] + n, count: columns)
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Signs, then logarithms.
private struct LogDeterminants: FloatVisitor {
    let x: NDArray
    let stack: Stack
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        let n = stack.n
        let work = try NDArray(uninitialized: [n, n], x.dtype)
        var pace = Pace()
        return try NDArray(uninitialized: [2] + stack.shape, x.dtype) { target in
            let signs = target.assumingMemoryBound(to: T.self)
            let logarithms = signs + stack.count
            try x.withBase(T.self) { x in
                try work.withRows(T.self) { rows in
                    for k in 0..<stack.count {
                        try pace.spend(rows.count * rows.width)
                        rows.load(x + k * n * n)
                        (signs[k], logarithms[k]) = (0, -.infinity)
                        guard var sign = try rows.eliminate(&pace) else { continue }
                        var logarithm: T = 0
                        for i in 0..<n {
                            if rows[i][i] < 0 { sign.negate() }
                            logarithm += T.log(rows[i][i].magnitude)
                        }
                        (signs[k], logarithms[k]) = (logarithm.isNaN ? .nan : sign, logarithm)
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
        var pace = Pace()
        return try NDArray(uninitialized: x.shape, x.dtype) { target in
            let out = target.assumingMemoryBound(to: T.self)
            try x.withBase(T.self) { x in
                for k in 0..<stack.count {
                    let (source, factor) = (x + k * n * n, out + k * n * n)
                    for i in 0..<n {
                        let row = factor + i * n
                        for j in 0...i {
                            try pace.spend(j)
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
