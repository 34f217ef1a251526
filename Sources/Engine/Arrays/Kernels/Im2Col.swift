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
    ///   - place: what names the windows' size.
    /// - Throws: `EngineError` for arguments out of range, or a window that is larger than the padded array.
    init(
        kernel: [Int], stride: Axes, pad: Axes, dilate: Axes, over size: [Int], coverAll: Bool = false,
        place: EngineError.Place = .argument("ksize")
    ) throws {
        try self.init(kernel: kernel, stride: stride, pad: pad, dilate: dilate, counts: [], place: place)
        counts = size.indices.map { count(over: size[$0], axis: $0, coverAll: coverAll) }
        guard let axis = counts.firstIndex(of: 0) else { return }
        throw EngineError(
            .shape, "The window must fit into spatial axis \(axis) with its padding.",
            expected: "an extent of 1 to \(size[axis] + 2 * self.pad[axis])", actual: "\(extent(axis))",
            at: place)
    }

    /// Some number of places.
    /// - Throws: `EngineError` for arguments out of range, or a window without elements.
    init(
        kernel: [Int], stride: Axes, pad: Axes, dilate: Axes, counts: [Int], place: EngineError.Place
    ) throws {
        guard kernel.allSatisfy({ $0 > 0 }) else {
            throw EngineError(
                .shape, "A window has at least one element.", expected: "positive lengths",
                actual: describe(kernel), at: place)
        }
        (self.kernel, self.stride) = (kernel, try stride.spread(over: kernel.count, argument: "stride"))
        self.pad = try pad.spread(over: kernel.count, argument: "pad", atLeast: 0)
        self.dilate = try dilate.spread(over: kernel.count, argument: "dilate")
        self.counts = counts
    }

    /// From a window's first element along an axis to behind its last.
    func extent(_ axis: Int) -> Int { (kernel[axis] - 1) * dilate[axis] + 1 }

    /// The places along an axis of some length: 0 where the window does not fit.
    func count(over length: Int, axis: Int, coverAll: Bool) -> Int {
        let free = length + 2 * pad[axis] - extent(axis) + (coverAll ? stride[axis] - 1 : 0)
        return free < 0 ? 0 : free / stride[axis] + 1
    }

    /// Whether the windows over an array of this size are its elements themselves.
    func arePoints(of size: [Int]) -> Bool {
        counts == size && kernel.allSatisfy { $0 == 1 } && stride.allSatisfy { $0 == 1 } && pad.allSatisfy { $0 == 0 }
    }

    /// What the windows read of a plane, a run at a time.
    struct Run {
        /// The number of the element of the window.
        let element: Int
        /// The numbers of the places, which follow one another along the last axis.
        let places: Range<Int>
        /// Where on the plane the first place's element lies; it may lie on the padding.
        let source: Int
        /// The places, counted from the first, whose element lies on the plane.
        let inside: Range<Int>
    }

    /// Calls `body` for all runs at some of the places: by elements of the window, then by places.
    @inline(__always)
    func forEachRun(over size: [Int], at places: Range<Int>, _ body: (Run) throws -> Void) rethrows {
        guard !places.isEmpty else { return }
        guard let last = size.indices.last else {
            return try body(Run(element: 0, places: places, source: 0, inside: 0..<1))
        }
        let (steps, length, stride) = (Selection.contiguousStrides(size), counts[last], stride[last])
        let rows = places.lowerBound / length..<(places.upperBound - 1) / length + 1
        let firstRow = Windows.index(of: rows.lowerBound, in: counts[..<last])
        var element = [Int](repeating: 0, count: size.count)
        var number = 0
        repeat {
            let first = element[last] * dilate[last] - pad[last]
            let before = first < 0 ? (stride - 1 - first) / stride : 0
            let end = first < size[last] ? (size[last] - 1 - first) / stride + 1 : 0
            var place = firstRow
            for row in rows {
                let run = max(row * length, places.lowerBound)..<min((row + 1) * length, places.upperBound)
                let start = run.lowerBound - row * length
                var source = first + start * stride
                var isInside = true
                for axis in 0..<last {
                    let position = place[axis] * self.stride[axis] + element[axis] * dilate[axis] - pad[axis]
                    isInside = isInside && position >= 0 && position < size[axis]
                    if isInside { source += position * steps[axis] }
                }
                let lower = min(max(before - start, 0), run.count)
                let upper = isInside ? min(max(end - start, lower), run.count) : lower
                try body(Run(element: number, places: run, source: source, inside: lower..<upper))
                _ = Windows.advance(&place, within: counts)
            }
            number += 1
        } while Windows.advance(&element, within: kernel)
    }

    /// The next of all indices of a shape in C order; false, and the first one again, after the last.
    @inline(__always)
    private static func advance(_ index: inout [Int], within shape: [Int]) -> Bool {
        for axis in index.indices.reversed() {
            index[axis] += 1
            if index[axis] < shape[axis] { return true }
            index[axis] = 0
        }
        return false
    }

    /// The index that so many come before, in C order.
    private static func index(of number: Int, in shape: ArraySlice<Int>) -> [Int] {
        var rest = number
        return shape.reversed().map { length in
            defer { rest /= length }
            return rest % length
        }.reversed()
    }
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

/// Some windows on some images, as a matrix: a row for each element of the window on each channel, a column for each
/// place on each image.
struct WindowBlock {
    var images: Range<Int>
    var channels: Range<Int>
    var places: Range<Int>
    /// The columns.
    var width: Int { images.count * places.count }

    /// The same windows on other channels.
    func on(_ channels: Range<Int>) -> WindowBlock {
        WindowBlock(images: images, channels: channels, places: places)
    }
}

extension Windows {
    /// All windows on one image of `shape`.
    fileprivate func block(_ image: Int, _ shape: [Int]) -> WindowBlock {
        WindowBlock(images: image..<image + 1, channels: 0..<shape[1], places: 0..<counts.reduce(1, *))
    }

    /// The elements under the windows of a block; zero on the padding.
    /// - Parameter shape: of the images, (n, c, spatial…).
    @inline(__always)
    func gather<T: FloatElement>(
        _ block: WindowBlock, of images: UnsafePointer<T>, _ shape: [Int], into columns: UnsafeMutablePointer<T>
    ) throws {
        let stride = stride.last ?? 1
        try forEachRun(block, shape) { run, column, plane in
            let (column, source) = (columns + column, plane + run.source)
            for i in 0..<run.inside.lowerBound { column[i] = 0 }
            if stride == 1 {
                for i in run.inside { column[i] = images[source &+ i] }
            } else {
                for i in run.inside { column[i] = images[source &+ i &* stride] }
            }
            for i in run.inside.upperBound..<run.places.count { column[i] = 0 }
        }
    }

    /// Adds what stands under the windows of a block to the images: the adjoint of `gather`.
    @inline(__always)
    func scatter<T: FloatElement>(
        _ block: WindowBlock, _ columns: UnsafePointer<T>, addingTo images: UnsafeMutablePointer<T>, _ shape: [Int]
    ) throws {
        let stride = stride.last ?? 1
        try forEachRun(block, shape) { run, column, plane in
            let (column, source) = (columns + column, plane + run.source)
            if stride == 1 {
                for i in run.inside { images[source &+ i] += column[i] }
            } else {
                for i in run.inside { images[source &+ i &* stride] += column[i] }
            }
        }
    }

    /// Calls `body` for each run on each image and channel of a block, of different channels at once.
    /// - Parameter body: takes the run, the offset of its columns in the matrix, and of the plane among the images.
    @inline(__always)
    private func forEachRun(
        _ block: WindowBlock, _ shape: [Int], _ body: (_ run: Run, _ column: Int, _ plane: Int) -> Void
    ) throws {
        let size = Array(shape[2...])
        let (plane, elements, width) = (size.reduce(1, *), kernel.reduce(1, *), block.width)
        try Parallel.forEach(block.channels.count, grain: Parallel.grain / max(elements * width, 1) + 1) { channels in
            forEachRun(over: size, at: block.places) { run in
                for channel in channels {
                    var column = (channel * elements + run.element) * width
                    column += run.places.lowerBound - block.places.lowerBound
                    for image in block.images {
                        body(run, column, (image * shape[1] + block.channels.lowerBound + channel) * plane)
                        column += block.places.count
                    }
                }
            }
        }
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
        let shape = images.shape
        let columns = Array(shape[..<2] + windows.kernel + windows.counts)
        let length = columns[1...].reduce(1, *)
        return try NDArray(uninitialized: columns, images.dtype) { target in
            let columns = target.assumingMemoryBound(to: T.self)
            try images.withBase(T.self) { images in
                for image in 0..<shape[0] {
                    try windows.gather(windows.block(image, shape), of: images, shape, into: columns + image * length)
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
        let shape = Array(columns.shape[..<2] + size)
        let length = columns.shape[1...].reduce(1, *)
        return try NDArray(uninitialized: shape, columns.dtype) { target in
            let images = target.assumingMemoryBound(to: T.self)
            images.update(repeating: 0, count: shape.reduce(1, *))
            try columns.withBase(T.self) { columns in
                for image in 0..<shape[0] {
                    try windows.scatter(
                        windows.block(image, shape), columns + image * length, addingTo: images, shape)
                }
            }
        }
    }
}
