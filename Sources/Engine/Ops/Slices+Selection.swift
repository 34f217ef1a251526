extension Slices {
    /// What the index selects of an array of some shape, as NumPy's basic and advanced indexing do.
    /// - Throws: `EngineError.Kind.argument` for an index out of range, too many items, lists that do not fit.
    func selection(of shape: [Int]) throws -> Selection {
        let strides = Selection.contiguousStrides(shape)
        var result = Selection(shape: [], strides: [])
        /// For each list: the offsets that it adds, and its shape.
        var lists: [(offsets: [Int], shape: [Int])] = []
        /// Where among the result's axes the lists' axes go, and whether all lists stand side by side.
        var listPlace = 0
        var isSplit = false
        var lastWasList = false
        var axis = 0
        let used = items.reduce(0) { $0 + $1.axisCount }
        guard used <= shape.count else {
            throw wrong("The index has too many items.", "at most \(shape.count)", "\(used)")
        }
        guard items.filter({ $0 == .ellipsis }).count <= 1 else {
            throw wrong("There can be one ellipsis only.", "one \"...\"", "more")
        }
        func enter(_ offsets: [Int], _ shape: [Int]) {
            if lists.isEmpty {
                listPlace = result.shape.count
            } else if !lastWasList {
                isSplit = true
            }
            lists.append((offsets, shape))
        }
        // In NumPy integers beside lists are lists of no dimension.
        let hasLists = items.contains { if case .list = $0 { true } else if case .mask = $0 { true } else { false } }
        let rest = Item.slice(start: nil, stop: nil, step: nil)
        let expanded = items.contains(.ellipsis) ? items : items + [.ellipsis]
        for item in expanded {
            var isList = false
            switch item {
            case .ellipsis:
                for _ in 0..<shape.count - used {
                    result.append(rest.bounds(shape[axis]), stride: strides[axis])
                    axis += 1
                }
            // An ellipsis of no axis stands between lists all the same.
            case .newAxis:
                result.shape.append(1)
                result.strides.append(0)
            case .slice(_, _, let step):
                guard step != 0 else { throw wrong("The step of a slice cannot be 0.", "a step other than 0", "0") }
                result.append(item.bounds(shape[axis]), stride: strides[axis])
                axis += 1
            case .index(let index):
                let offset = try position(index, shape[axis], axis) * strides[axis]
                if hasLists {
                    enter([offset], [])
                    isList = true
                } else {
                    result.start += offset
                }
                axis += 1
            case .list(let array):
                let (length, stride, place) = (shape[axis], strides[axis], axis)
                enter(try array.elements.map { try position($0, length, place) * stride }, array.shape)
                isList = true
                axis += 1
            case .mask(let array):
                guard array.shape == Array(shape[axis..<axis + array.shape.count]) else {
                    throw wrong(
                        "A boolean list is as long as the axes that it selects from.",
                        describe(Array(shape[axis..<axis + array.shape.count])), describe(array.shape))
                }
                // Like NumPy's nonzero: the offsets of what is true.
                let inner = strides[axis + array.shape.count - 1]
                let offsets = array.elements.indices.filter { array.elements[$0] != 0 }.map { $0 * inner }
                enter(offsets, [offsets.count])
                isList = true
                axis += array.shape.count
            }
            lastWasList = isList
        }
        return lists.isEmpty ? result : try result.indexed(by: lists, at: isSplit ? 0 : listPlace)
    }

    private func position(_ index: Int, _ length: Int, _ axis: Int) throws -> Int {
        guard index >= -length, index < length else {
            throw wrong("The index is out of range for axis \(axis).", "\(-length) to \(length - 1)", "\(index)")
        }
        return index < 0 ? index + length : index
    }

    private func wrong(_ detail: String, _ expected: String, _ actual: String) -> EngineError {
        EngineError(.argument, detail, expected: expected, actual: actual, at: .argument("slices"))
    }
}

extension Slices.Item {
    /// How many axes of the array it takes up; the ellipsis takes the rest.
    fileprivate var axisCount: Int {
        switch self {
        case .index, .slice, .list: 1
        case .mask(let array): array.shape.count
        case .ellipsis, .newAxis: 0
        }
    }

    /// Python's `slice.indices`: first position, number of positions, step.
    fileprivate func bounds(_ length: Int) -> (start: Int, count: Int, step: Int) {
        guard case .slice(let start, let stop, let step) = self else { return (0, length, 1) }
        let by = step ?? 1
        let (low, high) = by > 0 ? (0, length) : (-1, length - 1)
        func clamp(_ bound: Int?, _ fallback: Int) -> Int {
            guard let bound else { return fallback }
            // Not `bound + length` alone: both may be far out.
            let place = bound < 0 ? (bound < -length ? low : bound + length) : bound
            return min(max(place, low), high)
        }
        let first = clamp(start, by > 0 ? low : high)
        let last = clamp(stop, by > 0 ? high : low)
        let span = by > 0 ? last - first : first - last
        guard span > 0 else { return (0, 0, 1) }
        let width = by.magnitude > UInt(length) ? max(length, 1) : Int(by.magnitude)
        return (first, (span + width - 1) / width, by > 0 ? width : -width)
    }
}

extension Selection {
    fileprivate mutating func append(_ bounds: (start: Int, count: Int, step: Int), stride: Int) {
        start += bounds.start * stride
        shape.append(bounds.count)
        strides.append(bounds.step * stride)
    }

    /// The selection with the lists' axes put in: every element's offset is listed.
    fileprivate func indexed(by lists: [(offsets: [Int], shape: [Int])], at place: Int) throws -> Selection {
        let listShape: [Int]
        do {
            listShape = try Broadcasting.shape(lists.map(\.shape))
        } catch {
            throw EngineError(
                .argument, "The lists of the index cannot be broadcast together.", expected: "lists of one length",
                actual: lists.map { describe($0.shape) }.joined(separator: " and "), at: .argument("slices"))
        }
        var listed = [Int](repeating: 0, count: try NDArray.checkedSize(listShape))
        for list in lists {
            var next = 0
            let walk = StridedWalk(shape: listShape, strides: [Broadcasting.strides(list.shape, to: listShape)])
            let (run, stride) = (walk.run, walk.runStride(0))
            walk.forEachRun { offsets in
                for i in 0..<run {
                    listed[next] += list.offsets[offsets[0] + i * stride]
                    next += 1
                }
            }
        }
        let full = Array(shape[..<place]) + listShape + Array(shape[place...])
        var offsets: [Int] = []
        offsets.reserveCapacity(try NDArray.checkedSize(full))
        // The walk's own stride along the listed axes counts their elements.
        let zeros = listShape.map { _ in 0 }
        let basic = Array(strides[..<place]) + zeros + Array(strides[place...])
        let counting =
            shape[..<place].map { _ in 0 } + Selection.contiguousStrides(listShape) + shape[place...].map { _ in 0 }
        let walk = StridedWalk(shape: full, strides: [basic, counting])
        let (run, step, listStep) = (walk.run, walk.runStride(0), walk.runStride(1))
        walk.forEachRun { starts in
            for i in 0..<run {
                offsets.append(start + starts[0] + i * step + listed[starts[1] + i * listStep])
            }
        }
        return Selection(shape: full, strides: [], offsets: offsets)
    }
}
