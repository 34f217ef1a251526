extension NDArray {
    /// Along the last axis the places of the elements in ascending order, equal ones as they stand, NaN last; int64.
    /// - Throws: `EngineError` for an array without axes.
    func argsorted() throws -> NDArray { try dtype.visitNumber(Argsort(x: self)) }
}

private struct Argsort: NumberVisitor {
    let x: NDArray

    func visit<T: NumberElement>(_: T.Type) throws -> NDArray {
        guard let length = x.shape.last else {
            throw EngineError(
                .shape, "A 0-dimensional array has no axis to sort along.", expected: "at least 1 dimension",
                actual: "shape ()", at: .input(0))
        }
        return try NDArray(uninitialized: x.shape, .int64) { target in
            let out = target.assumingMemoryBound(to: Int64.self)
            guard length > 0 else { return }
            try x.withBase(T.self) { x in
                try Parallel.forEach(self.x.size / length, grain: Parallel.grain / 8 / length + 1) { rows in
                    var pace = Pace()
                    for row in rows {
                        let values = x + row * length
                        var places = UnsafeMutableBufferPointer(start: out + row * length, count: length)
                        for i in 0..<length { places[i] = Int64(i) }
                        try places.sort { a, b in
                            try pace.spend(1)
                            let (x, y) = (values[Int(a)], values[Int(b)])
                            if x.isNaNElement || y.isNaNElement {
                                return x.isNaNElement == y.isNaNElement ? a < b : y.isNaNElement
                            }
                            return x == y ? a < b : x < y
                        }
                    }
                }
            }
        }
    }
}
