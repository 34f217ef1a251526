// Positions along an axis that an array of indices names: read, and added back.

extension NDArray {
    /// Of an axis the positions that `indices` names; one that is not on the axis, -1 say, reads as zero.
    /// - Parameter indices: int64, of shape (leading axes of this array…, positions): where it has leading axes, each of
    ///   their places has positions of its own.
    func taken(_ indices: NDArray, axis: Int) throws -> NDArray {
        try dtype.visit(Take(x: self, indices: indices, axis: axis))
    }

    /// The adjoint of `taken`: the elements added up where `indices` names, along an axis of `length` positions.
    func put(_ indices: NDArray, axis: Int, length: Int) throws -> NDArray {
        if dtype == .float16 { return try inFloat32 { try $0.put(indices, axis: axis, length: length) } }
        return try dtype.visitNumber(Put(y: self, indices: indices, axis: axis, length: length))
    }

    /// Where pixels lie in an image whose rows follow one another: int64, -1 for those outside of it.
    /// - Parameters:
    ///   - row: whole numbers, of one float dtype and shape with those of `column`.
    static func pixels(row: NDArray, column: NDArray, height: Int, width: Int) throws -> NDArray {
        try row.dtype.visitFloat(Pixels(row: row, column: column, height: height, width: width))
    }
}

/// An array seen as (group, block, position, row): each group has indices of its own, a row is contiguous.
private struct Layout {
    let groups, blocks, row: Int
    /// The indices of a group.
    let count: Int

    init(_ shape: [Int], _ indices: NDArray, axis: Int) {
        let leading = indices.ndim - 1
        groups = shape[..<leading].reduce(1, *)
        count = indices.shape[leading]
        blocks = shape[leading..<axis].reduce(1, *)
        row = shape[(axis + 1)...].reduce(1, *)
    }

    /// Calls `body` for every block, counted through all groups, on all cores.
    @inline(__always)
    func forEachBlock(_ body: (_ block: Int, _ group: Int) -> Void) throws {
        try Parallel.forEach(groups * blocks, grain: Parallel.grain / 4 / max(count * row, 1) + 1) { part in
            for block in part { body(block, block / blocks) }
        }
    }
}

private struct Take: ElementVisitor {
    let x: NDArray
    let indices: NDArray
    let axis: Int
    func visit<T: Element>(_: T.Type) throws -> NDArray {
        let layout = Layout(x.shape, indices, axis: axis)
        let (length, row, count) = (x.shape[axis], layout.row, layout.count)
        var shape = x.shape
        shape[axis] = count
        return try NDArray(uninitialized: shape, x.dtype) { target in
            let out = target.assumingMemoryBound(to: T.self)
            try indices.withBase(Int64.self) { indices in
                try x.withBase(T.self) { x in
                    try layout.forEachBlock { block, group in
                        let indices = indices + group * count
                        let (out, source) = (out + block * count * row, x + block * length * row)
                        for i in 0..<count {
                            let index = Int(indices[i])
                            let isInside = index >= 0 && index < length
                            if row == 1 {
                                out[i] = isInside ? source[index] : .zero
                            } else if isInside {
                                (out + i * row).update(from: source + index * row, count: row)
                            } else {
                                (out + i * row).update(repeating: .zero, count: row)
                            }
                        }
                    }
                }
            }
        }
    }
}

private struct Put: NumberVisitor {
    let y: NDArray
    let indices: NDArray
    let axis: Int
    let length: Int
    func visit<T: NumberElement>(_: T.Type) throws -> NDArray {
        let layout = Layout(y.shape, indices, axis: axis)
        let (row, count) = (layout.row, layout.count)
        var shape = y.shape
        shape[axis] = length
        return try NDArray(uninitialized: shape, y.dtype) { target in
            let out = target.assumingMemoryBound(to: T.self)
            try indices.withBase(Int64.self) { indices in
                try y.withBase(T.self) { y in
                    try layout.forEachBlock { block, group in
                        let indices = indices + group * count
                        let (out, source) = (out + block * length * row, y + block * count * row)
                        out.update(repeating: .zero, count: length * row)
                        for i in 0..<count {
                            let index = Int(indices[i])
                            guard index >= 0, index < length else { continue }
                            let (sum, addend) = (out + index * row, source + i * row)
                            for k in 0..<row { sum[k] = T.sum(sum[k], addend[k]) }
                        }
                    }
                }
            }
        }
    }
}

private struct Pixels: FloatVisitor {
    let row: NDArray
    let column: NDArray
    let height: Int
    let width: Int
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        try NDArray(uninitialized: row.shape, .int64) { target in
            let out = target.assumingMemoryBound(to: Int64.self)
            row.withBase(T.self) { row in
                column.withBase(T.self) { column in
                    for i in 0..<self.row.size {
                        let (y, x) = (row[i], column[i])
                        // NaN is nowhere.
                        let isInside = y >= 0 && y < T(height) && x >= 0 && x < T(width)
                        out[i] = isInside ? Int64(y) * Int64(width) + Int64(x) : -1
                    }
                }
            }
        }
    }
}
