// What convolutions stand on: the elements under every place of a sliding window, and the sum of such elements back.

/// Windows that slide over the spatial axes of an array of shape (n, c, spatial…); one number of each sort an axis.
struct Windows: Hashable {
    /// How many elements a window has.
    let kernel: [Int]
    /// From one place of the window to the next.
    let stride: [Int]
    /// The zeros before the array; as many or more come after it.
    let pad: [Int]
    /// From one element of the window to the next.
    let dilate: [Int]
    /// How many places the window has.
    var counts: [Int]
}

extension Windows {
    /// All places on an array of spatial shape `size`.
    /// - Parameters:
    ///   - kernel: how many elements a window has along each axis; the arguments are numbers for all axes, or lists.
    ///   - coverAll: whether a last window may reach beyond the padding, so that no element is left out.
    /// - Throws: `EngineError` for arguments out of range, or a window that is larger than the padded array.
    init(
        kernel: [Int], stride: Axes, pad: Axes, dilate: Axes, over size: [Int], coverAll: Bool = false
    ) throws {
        (self.kernel, self.stride) = (kernel, try stride.spread(over: size.count, argument: "stride"))
        self.pad = try pad.spread(over: size.count, argument: "pad", atLeast: 0)
        self.dilate = try dilate.spread(over: size.count, argument: "dilate")
        counts = []
        for axis in size.indices {
            let padded = size[axis] + 2 * self.pad[axis]
            let extent = (kernel[axis] - 1) * self.dilate[axis] + 1
            let free = padded - extent + (coverAll ? self.stride[axis] - 1 : 0)
            guard kernel[axis] > 0, free >= 0 else {
                throw EngineError(
                    .shape, "The window must fit into spatial axis \(axis) with its padding.",
                    expected: "an extent of 1 to \(padded)", actual: "\(extent)")
            }
            counts.append(free / self.stride[axis] + 1)
        }
    }

    /// Calls `body` for each run of columns of one plane, in order: one element of the window at the places along the
    /// last axis.
    /// - Parameter body: takes the offset on the plane of the first place's element, which may lie on the padding, and
    ///   the places whose element lies on the plane.
    @inline(__always)
    fileprivate func forEachRun(over size: [Int], _ body: (_ source: Int, _ inside: Range<Int>) -> Void) {
        let last = size.count - 1
        let steps = Selection.contiguousStrides(size)
        var element = [Int](repeating: 0, count: size.count)
        var place = [Int](repeating: 0, count: last)
        repeat {
            let first = element[last] * dilate[last] - pad[last]
            let before = first < 0 ? (stride[last] - 1 - first) / stride[last] : 0
            let end = first < size[last] ? (size[last] - 1 - first) / stride[last] + 1 : 0
            let upper = min(end, counts[last])
            let inside = min(before, upper)..<upper
            repeat {
                var source = first
                var isInside = true
                for axis in 0..<last {
                    let position = place[axis] * stride[axis] + element[axis] * dilate[axis] - pad[axis]
                    isInside = isInside && position >= 0 && position < size[axis]
                    source += position * steps[axis]
                }
                body(source, isInside ? inside : 0..<0)
            } while advance(&place, within: counts)
        } while advance(&element, within: kernel)
    }
}

/// The next of all indices of a shape in C order; false, and the first one again, after the last.
@inline(__always)
private func advance(_ index: inout [Int], within shape: [Int]) -> Bool {
    for axis in index.indices.reversed() {
        index[axis] += 1
        if index[axis] < shape[axis] { return true }
        index[axis] = 0
    }
    return false
}

extension Windows: ArgumentValue {
    static var form: String { "five lists of integers" }
    var argument: Argument { .list([kernel, stride, pad, dilate, counts].map { Shape($0).argument }) }

    init?(_ argument: Argument) {
        guard case .list(let items) = argument else { return nil }
        let lists = items.compactMap { Shape($0)?.lengths }
        guard items.count == 5, lists.count == 5 else { return nil }
        (kernel, stride, pad, dilate, counts) = (lists[0], lists[1], lists[2], lists[3], lists[4])
    }
}

extension NDArray {
    /// The elements under the windows: (n, c, spatial…) to (n, c, kernel…, counts…), zero on the padding.
    func im2col(_ windows: Windows) throws -> NDArray {
        try dtype.visitFloat(Im2Col(images: self, windows: windows))
    }

    /// The sum of what stands under the windows, the adjoint of `im2col`: (n, c, kernel…, counts…) to (n, c, spatial…).
    func col2im(_ windows: Windows, size: [Int]) throws -> NDArray {
        if dtype == .float16 { return try inFloat32 { try $0.col2im(windows, size: size) } }
        return try dtype.visitFloat(Col2Im(columns: self, windows: windows, size: size))
    }
}

private struct Im2Col: FloatVisitor {
    let images: NDArray
    let windows: Windows
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        let size = Array(images.shape[2...])
        let plane = size.reduce(1, *)
        let (stride, count) = (windows.stride[size.count - 1], windows.counts[size.count - 1])
        let shape = images.shape[..<2] + windows.kernel + windows.counts
        return try NDArray(uninitialized: Array(shape), images.dtype) { target in
            var column = target.assumingMemoryBound(to: T.self)
            images.withBase(T.self) { images in
                for p in 0..<shape[0] * shape[1] {
                    let image = images + p * plane
                    windows.forEachRun(over: size) { source, inside in
                        for i in 0..<inside.lowerBound { column[i] = 0 }
                        if stride == 1 {
                            for i in inside { column[i] = image[source &+ i] }
                        } else {
                            for i in inside { column[i] = image[source &+ i &* stride] }
                        }
                        for i in inside.upperBound..<count { column[i] = 0 }
                        column += count
                    }
                }
            }
        }
    }
}

private struct Col2Im: FloatVisitor {
    let columns: NDArray
    let windows: Windows
    let size: [Int]
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        let plane = size.reduce(1, *)
        let (stride, count) = (windows.stride[size.count - 1], windows.counts[size.count - 1])
        let shape = columns.shape[..<2] + size
        return try NDArray(uninitialized: Array(shape), columns.dtype) { target in
            let images = target.assumingMemoryBound(to: T.self)
            columns.withBase(T.self) { columns in
                var column = columns
                for p in 0..<shape[0] * shape[1] {
                    let image = images + p * plane
                    image.update(repeating: 0, count: plane)
                    windows.forEachRun(over: size) { source, inside in
                        if stride == 1 {
                            for i in inside { image[source &+ i] += column[i] }
                        } else {
                            for i in inside { image[source &+ i &* stride] += column[i] }
                        }
                        column += count
                    }
                }
            }
        }
    }
}
