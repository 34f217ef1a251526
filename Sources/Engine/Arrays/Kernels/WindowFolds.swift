// Sums and maxima of what lies under sliding windows, axis by axis: the work grows with the sum of a window's lengths, not
// with their product. Nothing is copied as `im2col` copies.

extension NDArray {
    /// The sums under windows without gaps: (n, c, spatial…) to (n, c, places…).
    func windowSum(_ windows: Windows) throws -> NDArray {
        if dtype == .float16 { return try inFloat32 { try $0.windowSum(windows) } }
        return try windows.kernel.indices.reduce(self) { x, axis in
            let line = WindowLine(windows, axis, length: x.shape[axis + 2])
            return line.arePoints ? x : try x.dtype.visitFloat(WindowSum(x: x, line: line))
        }
    }

    /// The adjoint of `windowSum`: each element added wherever its window lies; (n, c, places…) to (n, c, size…).
    func windowSpread(_ windows: Windows, size: [Int]) throws -> NDArray {
        if dtype == .float16 { return try inFloat32 { try $0.windowSpread(windows, size: size) } }
        return try size.indices.reduce(self) { y, axis in
            let line = WindowLine(windows, axis, length: size[axis])
            return line.arePoints ? y : try y.dtype.visitFloat(WindowSpread(y: y, line: line))
        }
    }

    /// What the index of a maximum counts.
    enum WindowIndex {
        /// Elements of the window. Padding counts, and is first of equals where all are -infinity.
        case inWindow
        /// Elements of the plane, whose spatial axes are seen as one; negative on the padding.
        case inPlane
    }

    /// The greatest elements under windows without gaps, padded with -infinity, as NumPy's `max` and `argmax`: the first
    /// of equals, NaN before all. The indices are int64, of shape (n, c, places…).
    func windowMax(_ windows: Windows, _ index: WindowIndex) throws -> (values: NDArray, indices: NDArray) {
        // The last axis first, so that the first of equals in C order is the one that stays.
        var (values, indices) = (self, NDArray?.none)
        var unit = 1
        for axis in windows.kernel.indices.reversed() {
            let line = WindowLine(windows, axis, length: shape[axis + 2])
            let fold = WindowMax(x: values, indices: indices, line: line, unit: unit, index: index)
            (values, indices) = try dtype.visitFloat(fold)
            unit *= index == .inWindow ? line.kernel : line.length
        }
        guard let indices else { throw EngineError.fault("Windows have an axis.") }
        return (values, indices)
    }
}

extension FloatElement {
    /// Whether a maximum that was `best` becomes this, as NumPy's: only what is greater does, and the first NaN.
    @inline(__always) func exceeds(_ best: Self) -> Bool { !(self <= best) && best == best }
}

/// Windows along one spatial axis.
private struct WindowLine {
    let axis, length, count, kernel: Int
    private let stride, pad: Int

    init(_ windows: Windows, _ axis: Int, length: Int) {
        (self.axis, self.length) = (axis + 2, length)
        (count, kernel) = (windows.counts[axis], windows.kernel[axis])
        (stride, pad) = (windows.stride[axis], windows.pad[axis])
    }

    /// Whether the windows are the positions themselves.
    var arePoints: Bool { kernel == 1 && stride == 1 && pad == 0 && count == length }

    /// Where the window at a place starts; on the padding, if it is negative or `length` or more.
    @inline(__always) func start(_ place: Int) -> Int { place * stride - pad }

    /// The positions under the window that are not on the padding.
    @inline(__always) func positions(_ place: Int) -> Range<Int> {
        let lower = max(start(place), 0)
        return lower..<max(lower, min(start(place) + kernel, length))
    }

    /// An array's shape where the axis has a length of its own.
    func shape(_ shape: [Int], with length: Int) -> [Int] {
        var shape = shape
        shape[axis] = length
        return shape
    }

    /// Calls `body` for every block (length, inner) that lies before and after the axis, on all cores.
    @inline(__always)
    func forEachBlock(_ shape: [Int], _ body: (_ block: Int, _ inner: Int, _ pace: inout Pace) throws -> Void) throws {
        let inner = shape[(axis + 1)...].reduce(1, *)
        let work = max(count, length) * inner
        try Parallel.forEach(shape[..<axis].reduce(1, *), grain: Parallel.grain / max(work, 1) + 1) { part in
            var pace = Pace()
            for block in part { try body(block, inner, &pace) }
        }
    }
}

private struct WindowSum: FloatVisitor {
    let x: NDArray
    let line: WindowLine
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        try NDArray(uninitialized: line.shape(x.shape, with: line.count), x.dtype) { target in
            let y = target.assumingMemoryBound(to: T.self)
            try x.withBase(T.self) { x in
                try line.forEachBlock(self.x.shape) { block, inner, pace in
                    let x = x + block * line.length * inner
                    var sum = y + block * line.count * inner
                    for place in 0..<line.count {
                        try pace.spend(line.positions(place).count * inner)
                        if inner == 1 {
                            var total: T = 0
                            for position in line.positions(place) { total += x[position] }
                            sum[0] = total
                        } else {
                            sum.update(repeating: 0, count: inner)
                            for position in line.positions(place) {
                                let row = x + position * inner
                                for i in 0..<inner { sum[i] += row[i] }
                            }
                        }
                        sum += inner
                    }
                }
            }
        }
    }
}

private struct WindowSpread: FloatVisitor {
    let y: NDArray
    let line: WindowLine
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        try NDArray(uninitialized: line.shape(y.shape, with: line.length), y.dtype) { target in
            let x = target.assumingMemoryBound(to: T.self)
            try y.withBase(T.self) { y in
                try line.forEachBlock(self.y.shape) { block, inner, pace in
                    let x = x + block * line.length * inner
                    var addend = y + block * line.count * inner
                    x.update(repeating: 0, count: line.length * inner)
                    for place in 0..<line.count {
                        try pace.spend(line.positions(place).count * inner)
                        if inner == 1 {
                            for position in line.positions(place) { x[position] += addend[0] }
                        } else {
                            for position in line.positions(place) {
                                let row = x + position * inner
                                for i in 0..<inner { row[i] += addend[i] }
                            }
                        }
                        addend += inner
                    }
                }
            }
        }
    }
}

private struct WindowMax: FloatVisitor {
    let x: NDArray
    /// Of the maxima along the later axes; nil where there are none.
    let indices: NDArray?
    let line: WindowLine
    /// What a step along the axis counts.
    let unit: Int
    let index: NDArray.WindowIndex

    func visit<T: FloatElement>(_: T.Type) throws -> (NDArray, NDArray) {
        let shape = line.shape(x.shape, with: line.count)
        let (values, places) = try (NDArray(uninitialized: shape, x.dtype), NDArray(uninitialized: shape, .int64))
        try values.writeFresh(T.self) { values in
            try places.writeFresh(Int64.self) { places in
                guard let values = values.baseAddress, let places = places.baseAddress else { return }
                try x.withBase(T.self) { x in
                    guard let indices else { return try foldElements(x, values, places) }
                    try indices.withBase(Int64.self) { try foldRows(x, $0, values, places) }
                }
            }
        }
        return (values, places)
    }

    /// The index on padding: in the plane, so far below zero that no step along another axis makes it one of an element.
    private var onPadding: Int64 { index == .inWindow ? 0 : .min / 2 }

    /// What the steps to a position of the window at a place count.
    @inline(__always)
    private func steps(to position: Int, _ place: Int) -> Int64 {
        Int64((index == .inWindow ? position - line.start(place) : position) * unit)
    }

    /// Whether a position is that of the first element of the window at a place.
    @inline(__always)
    private func isFirst(_ position: Int, _ place: Int) -> Bool { position == line.start(place) }

    /// Along the last axis.
    @inline(__always)
    private func foldElements<T: FloatElement>(
        _ x: UnsafePointer<T>, _ values: UnsafeMutablePointer<T>, _ places: UnsafeMutablePointer<Int64>
    ) throws {
        try line.forEachBlock(self.x.shape) { block, _, pace in
            let (x, first) = (x + block * line.length, block * line.count)
            for place in 0..<line.count {
                try pace.spend(line.positions(place).count)
                var (best, index) = (-T.infinity, onPadding)
                for position in line.positions(place) where x[position].exceeds(best) || isFirst(position, place) {
                    (best, index) = (x[position], steps(to: position, place))
                }
                (values[first + place], places[first + place]) = (best, index)
            }
        }
    }

    /// Along an earlier axis: rows of maxima that have indices already.
    @inline(__always)
    private func foldRows<T: FloatElement>(
        _ x: UnsafePointer<T>, _ indices: UnsafePointer<Int64>, _ values: UnsafeMutablePointer<T>,
        _ places: UnsafeMutablePointer<Int64>
    ) throws {
        try line.forEachBlock(self.x.shape) { block, inner, pace in
            for place in 0..<line.count {
                try pace.spend(line.positions(place).count * inner)
                let start = (block * line.count + place) * inner
                let (best, index) = (values + start, places + start)
                best.update(repeating: -.infinity, count: inner)
                index.update(repeating: onPadding, count: inner)
                for position in line.positions(place) {
                    let (start, steps) = ((block * line.length + position) * inner, steps(to: position, place))
                    let (row, rowIndices) = (x + start, indices + start)
                    let isFirst = isFirst(position, place)
                    for i in 0..<inner {
                        let wins = row[i].exceeds(best[i]) || isFirst
                        best[i] = wins ? row[i] : best[i]
                        index[i] = wins ? rowIndices[i] &+ steps : index[i]
                    }
                }
            }
        }
    }
}
