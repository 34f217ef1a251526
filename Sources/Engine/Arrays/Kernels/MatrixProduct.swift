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

    func compute() throws {
        if m * n == 0 { return }
        if m < 4 || n < 4 || !Self.tiledSizes.contains(m * n * k) {
            // A few rows or columns: packing would cost more than it saves.
            try Parallel.forEach(m, grain: Parallel.grain * 4 / max(n * k, 1) + 1) { rows in try simple(rows) }
        } else {
            // The tile that the processor's registers hold.
            switch Registers.bytes {
            case 64: try blocked(Dozen<T.Vector64>.self)
            case 32: try blocked(Quad<T.Vector32>.self)
            default: try blocked(Quad<T.Vector16>.self)
            }
        }
    }

    // MARK: Few

    private func simple(_ rows: Range<Int>) throws {
        var pace = rows.count * n * k > 1 << 22 ? Pace() : nil
        for i in rows {
            try pace?.spend(n * k)
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

    /// Blocks of a and b are copied into the order in which tiles read them (Goto and van de Geijn, 2008): b into panels
    /// of a tile's columns, a into strips of a tile's rows. Both are shared by all cores, which take the tiles in turn.
    private func blocked<M: Tile>(_: M.Type) throws where M.Vector.Scalar == T {
        let (height, depth) = (Self.part(of: m, atMost: 1024, M.rows), Self.part(of: k, atMost: 512, 1))
        let width = Self.part(of: n, atMost: 4096, M.columns)
        let scratch = UnsafeMutableRawPointer.allocate(
            byteCount: (width + height) * depth * MemoryLayout<T>.stride, alignment: 64
        ).bindMemory(to: T.self, capacity: (width + height) * depth)
        defer { scratch.deallocate() }
        let (packedB, packedA) = (scratch, scratch + width * depth)
        // Below some tens of microseconds one core is faster.
        let copies = m * n * k < Parallel.grain * 8 ? Int.max : Parallel.grain / depth + 1
        for n0 in stride(from: 0, to: n, by: width) {
            let columns = n0..<min(n0 + width, n)
            for k0 in stride(from: 0, to: k, by: depth) {
                let inner = k0..<min(k0 + depth, k)
                try forEachPart(of: columns, M.columns, grain: copies) { panel, offset in
                    copy(
                        b.pointer(inner.lowerBound, panel.lowerBound), b.rowStride, b.columnStride, inner.count,
                        panel.count, M.columns, to: packedB + offset * inner.count)
                }
                for m0 in stride(from: 0, to: m, by: height) {
                    let rows = m0..<min(m0 + height, m)
                    try forEachPart(of: rows, M.rows, grain: copies) { strip, offset in
                        copy(
                            a.pointer(strip.lowerBound, inner.lowerBound), a.columnStride, a.rowStride, inner.count,
                            strip.count, M.rows, to: packedA + offset * inner.count)
                    }
                    try multiply(M.self, rows, columns, inner, packedA, packedB, isSmall: copies == .max)
                }
            }
        }
    }

    /// The length of parts of about the same length, a multiple of `unit`.
    private static func part(of count: Int, atMost most: Int, _ unit: Int) -> Int {
        let parts = (count + most - 1) / most
        return ((count + parts - 1) / parts + unit - 1) / unit * unit
    }

    /// Calls `body` for the parts of `width` of a range, with the offset of each, at once where `grain` in all are less
    /// than there are.
    @inline(__always)
    private func forEachPart(of range: Range<Int>, _ width: Int, grain: Int, _ body: (Range<Int>, Int) -> Void) throws {
        try Parallel.forEach((range.count + width - 1) / width, grain: grain == .max ? .max : grain / width + 1) {
            parts in
            for offset in stride(from: parts.lowerBound * width, to: parts.upperBound * width, by: width) {
                let start = range.lowerBound + offset
                body(start..<min(start + width, range.upperBound), offset)
            }
        }
    }

    /// `count` lines of `valid` elements each, one after the other, each filled up to `width` with zeros. One of the
    /// strides is 1.
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
            return
        }
        // Some lines at a time, which stay in the first cache; squares of four elements in registers.
        for start in stride(from: 0, to: count, by: 16) {
            let lines = min(16, count - start)
            let (source, target) = (source + start, target + start &* width)
            let (squareLines, squares) = (lines & ~3, valid & ~3)
            for j in stride(from: 0, to: squares, by: 4) {
                for p in stride(from: 0, to: squareLines, by: 4) {
                    transpose(source + (j &* elementStride &+ p), elementStride, to: target + (p &* width &+ j), width)
                }
            }
            for j in 0..<valid {
                for p in (j < squares ? squareLines : 0)..<lines {
                    target[p &* width &+ j] = source[j &* elementStride &+ p]
                }
            }
            for p in 0..<lines {
                for j in valid..<width { target[p &* width &+ j] = 0 }
            }
        }
    }

    /// Four rows of four elements as columns.
    @inline(__always)
    private func transpose(
        _ source: UnsafePointer<T>, _ stride: Int, to target: UnsafeMutablePointer<T>, _ width: Int
    ) {
        let a = UnsafeRawPointer(source).loadUnaligned(as: SIMD4<T>.self)
        let b = UnsafeRawPointer(source + stride).loadUnaligned(as: SIMD4<T>.self)
        let c = UnsafeRawPointer(source + 2 &* stride).loadUnaligned(as: SIMD4<T>.self)
        let d = UnsafeRawPointer(source + 3 &* stride).loadUnaligned(as: SIMD4<T>.self)
        for i in 0..<4 {
            UnsafeMutableRawPointer(target + i &* width).storeBytes(
                of: SIMD4(a[i], b[i], c[i], d[i]), as: SIMD4<T>.self)
        }
    }

    /// Some rows and columns of c, from packed blocks of a and b.
    private func multiply<M: Tile>(
        _: M.Type, _ rows: Range<Int>, _ columns: Range<Int>, _ inner: Range<Int>, _ packedA: UnsafePointer<T>,
        _ packedB: UnsafePointer<T>, isSmall: Bool
    ) throws where M.Vector.Scalar == T {
        // A panel stays in the first cache while a group of strips, which stay in the second, passes by.
        let group = 16 * M.rows
        let (groups, panels) = ((rows.count + group - 1) / group, (columns.count + M.columns - 1) / M.columns)
        let work = min(group, rows.count) * M.columns * inner.count
        try Parallel.forEach(groups * panels, grain: isSmall ? .max : Parallel.grain / work + 1) { part in
            withUnsafeTemporaryAllocation(of: T.self, capacity: M.rows * M.columns) { buffer in
                guard let edge = buffer.baseAddress else { return }
                for item in part {
                    let (start, offset) = (item / panels * group, item % panels * M.columns)
                    let panel = packedB + offset * inner.count
                    let valid = min(M.columns, columns.count - offset)
                    for strip in stride(from: start, to: min(start + group, rows.count), by: M.rows) {
                        let packed = packedA + strip * inner.count
                        let target = c + ((rows.lowerBound + strip) * rowStride + columns.lowerBound + offset)
                        let validRows = min(M.rows, rows.count - strip)
                        if validRows == M.rows {
                            tile(M.self, packed, M.rows, panel, inner, into: target, M.rows, valid, edge)
                            continue
                        }
                        for row in stride(from: 0, to: validRows, by: 4) {
                            tile(
                                Quad<M.Vector>.self, packed + row, M.rows, panel, inner, into: target + row * rowStride,
                                min(4, validRows - row), valid, edge)
                        }
                    }
                }
            }
        }
    }

    /// A tile of c, or what of it there is: at the edges the tile goes beside, and is taken from there.
    @inline(__always)
    private func tile<M: Tile>(
        _: M.Type, _ a: UnsafePointer<T>, _ columnStride: Int, _ b: UnsafePointer<T>, _ inner: Range<Int>,
        into target: UnsafeMutablePointer<T>, _ rows: Int, _ columns: Int, _ edge: UnsafeMutablePointer<T>
    ) where M.Vector.Scalar == T {
        let adds = adds || inner.lowerBound > 0
        if rows == M.rows, columns == M.columns {
            M.multiply(a, columnStride: columnStride, b, inner.count, into: target, stride: rowStride, adds: adds)
            return
        }
        M.multiply(a, columnStride: columnStride, b, inner.count, into: edge, stride: M.columns, adds: false)
        for i in 0..<rows {
            let (row, source) = (target + i * rowStride, edge + i * M.columns)
            if adds {
                for j in 0..<columns { row[j] += source[j] }
            } else {
                for j in 0..<columns { row[j] = source[j] }
            }
        }
    }
}
