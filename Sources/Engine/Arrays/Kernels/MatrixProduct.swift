/// c = a b for an m×k and a k×n matrix, or c += a b; c by rows.
///
/// Unsafe memory: a, b and c hold these many elements, and scratch memory is addressed within the sizes that it is
/// allocated with here.
struct MatrixProduct<T: MatrixElement> {
    let a: Matrix<T>
    let b: Matrix<T>
    let c: UnsafeMutablePointer<T>
    let m: Int
    let k: Int
    let n: Int
    /// From one row of c to the next, in elements.
    let rowStride: Int
    /// Whether the product is added to what stands in c.
    let adds: Bool

    #if DEBUG
        // Without optimisation tiles cost more than they save.
        private static var tiledSizes: Range<Int> { 8192..<262_144 }
    #else
        private static var tiledSizes: PartialRangeFrom<Int> { 8192... }
    #endif

    func compute() {
        if m * n == 0 { return }
        if m < 4 || n < 4 || !Self.tiledSizes.contains(m * n * k) {
            // A few rows or columns: packing would cost more than it saves.
            Parallel.forEach(m, grain: Parallel.grain * 4 / max(n * k, 1) + 1) { rows in simple(rows) }
        } else {
            // The tile that the processor's registers hold.
            switch Registers.bytes {
            case 64: blocked(Dozen<T.Vector64>.self)
            case 32: blocked(Quad<T.Vector32>.self)
            default: blocked(Quad<T.Vector16>.self)
            }
        }
    }

    // MARK: Few

    private func simple(_ rows: Range<Int>) {
        for i in rows {
            let row = c + i * rowStride
            if b.columnStride == 1, n > 1 {
                // Rows of b, one after the other.
                if !adds { row.update(repeating: 0, count: n) }
                for p in 0..<k {
                    let (factor, source) = (a.pointer(i, p).pointee, b.pointer(p, 0))
                    for j in 0..<n { row[j].addProduct(factor, source[j]) }
                }
            } else {
                for j in 0..<n {
                    let sum = dot(a.pointer(i, 0), a.columnStride, b.pointer(0, j), b.rowStride)
                    row[j] = adds ? row[j] + sum : sum
                }
            }
        }
    }

    private func dot(_ x: UnsafePointer<T>, _ strideX: Int, _ y: UnsafePointer<T>, _ strideY: Int) -> T {
        var sum: T = 0
        var p = 0
        if strideX == 1, strideY == 1 {
            // Independent chains, which vectorise.
            var lanes = InlineArray<32, T>(repeating: 0)
            while p + 32 <= k {
                for lane in 0..<32 { lanes[unchecked: lane].addProduct(x[p + lane], y[p + lane]) }
                p += 32
            }
            var width = 16
            while width > 0 {
                for lane in 0..<width { lanes[unchecked: lane] += lanes[unchecked: lane + width] }
                width /= 2
            }
            sum = lanes[0]
        }
        while p < k {
            sum.addProduct(x[p &* strideX], y[p &* strideY])
            p += 1
        }
        return sum
    }

    // MARK: Many

    /// Blocks of a and b are copied into the order in which tiles read them (Goto and van de Geijn, 2008): a block of b
    /// is shared by all cores, and each takes blocks of a's rows.
    private func blocked<M: Tile>(_: M.Type) where M.Vector.Scalar == T {
        let depth = min(k, 256)
        let width = min(n, 4096)
        let panels = (width + M.columns - 1) / M.columns
        let packedB = UnsafeMutableRawPointer.allocate(
            byteCount: panels * M.columns * depth * MemoryLayout<T>.stride, alignment: 64
        ).bindMemory(to: T.self, capacity: panels * M.columns * depth)
        defer { packedB.deallocate() }
        // Blocks of a that stay in the second cache, at least two for each core.
        let share = (m + 2 * Parallel.width - 1) / (2 * Parallel.width)
        let rows = min(192, (share + M.rows - 1) / M.rows * M.rows)
        let blocks = (m + rows - 1) / rows
        let isSmall = m * n * k < Parallel.grain * 16
        for n0 in stride(from: 0, to: n, by: width) {
            let columns = n0..<min(n0 + width, n)
            for k0 in stride(from: 0, to: k, by: depth) {
                let inner = k0..<min(k0 + depth, k)
                let count = (columns.count + M.columns - 1) / M.columns
                Parallel.forEach(count, grain: Parallel.grain / (M.columns * inner.count) + 1) { part in
                    for panel in part { pack(M.self, b: columns, inner, panel, into: packedB) }
                }
                Parallel.forEach(blocks, grain: isSmall ? blocks : 1) { part in
                    for block in part {
                        let start = block * rows
                        multiply(M.self, start..<min(start + rows, m), columns, inner, packedB)
                    }
                }
            }
        }
    }

    /// A panel of `M.columns` columns of b, row after row, filled up with zeros.
    private func pack<M: Tile>(
        _: M.Type, b columns: Range<Int>, _ inner: Range<Int>, _ panel: Int, into packed: UnsafeMutablePointer<T>
    ) where M.Vector.Scalar == T {
        let first = columns.lowerBound + panel * M.columns
        let valid = min(M.columns, columns.upperBound - first)
        let target = packed + panel * M.columns * inner.count
        copy(b.pointer(inner.lowerBound, first), b.rowStride, b.columnStride, inner.count, valid, M.columns, to: target)
    }

    /// `count` lines of `valid` elements each, one after the other, each filled up to `width` with zeros.
    @inline(__always)
    private func copy(
        _ source: UnsafePointer<T>, _ lineStride: Int, _ elementStride: Int, _ count: Int, _ valid: Int, _ width: Int,
        to target: UnsafeMutablePointer<T>
    ) {
        if elementStride == 1 {
            for p in 0..<count {
                let (line, out) = (source + p &* lineStride, target + p &* width)
                for j in 0..<valid { out[j] = line[j] }
                for j in valid..<width { out[j] = 0 }
            }
        } else {
            // Along the memory of the source.
            for j in 0..<valid {
                let line = source + j &* elementStride
                for p in 0..<count { target[p &* width &+ j] = line[p &* lineStride] }
            }
            for j in valid..<width {
                for p in 0..<count { target[p &* width &+ j] = 0 }
            }
        }
    }

    /// Some rows of c from rows of a and a packed block of b.
    private func multiply<M: Tile>(
        _: M.Type, _ rows: Range<Int>, _ columns: Range<Int>, _ inner: Range<Int>, _ packedB: UnsafePointer<T>
    ) where M.Vector.Scalar == T {
        let depth = inner.count
        let strips = (rows.count + M.rows - 1) / M.rows
        withUnsafeTemporaryAllocation(of: T.self, capacity: strips * M.rows * depth + M.rows * M.columns) { buffer in
            guard let packedA = buffer.baseAddress else { return }
            let edge = packedA + strips * M.rows * depth
            for strip in 0..<strips {
                let first = rows.lowerBound + strip * M.rows
                copy(
                    a.pointer(first, inner.lowerBound), a.columnStride, a.rowStride, depth,
                    min(M.rows, rows.upperBound - first), M.rows, to: packedA + strip * M.rows * depth)
            }
            let adds = adds || inner.lowerBound > 0
            for column in stride(from: columns.lowerBound, to: columns.upperBound, by: M.columns) {
                let panel = packedB + (column - columns.lowerBound) * depth
                let validColumns = min(M.columns, columns.upperBound - column)
                for strip in 0..<strips {
                    let first = rows.lowerBound + strip * M.rows
                    let validRows = min(M.rows, rows.upperBound - first)
                    let target = c + (first * rowStride + column)
                    let packed = packedA + strip * M.rows * depth
                    if validColumns == M.columns, validRows == M.rows {
                        M.multiply(packed, panel, depth, into: target, stride: rowStride, adds: adds)
                        continue
                    }
                    // At the edge the tile goes beside, and what there is of it is taken from there.
                    M.multiply(packed, panel, depth, into: edge, stride: M.columns, adds: false)
                    for i in 0..<validRows {
                        for j in 0..<validColumns {
                            let value = edge[i * M.columns + j]
                            target[i * rowStride + j] = adds ? target[i * rowStride + j] + value : value
                        }
                    }
                }
            }
        }
    }
}
