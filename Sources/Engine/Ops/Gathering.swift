/// Functions that read elements at computed places, some of them several times (Chainer: `functions/array`).
struct GatheringOps: Sendable {
    let asStrided: Op<Variable, Shape, Axes, Int?> = Op(
        "as_strided",
        "The array's elements, in C order, read in another shape by strides."
            + " Chainer differentiates it once.",
        .array("x", "Array.", .all),
        .required("shape", "Shape of the result."),
        .required(
            "strides", "For each axis of the result the elements from one position to the next; may be negative."),
        .option("storage_offset", nil, "The element that the result starts at; null: 0.")
    ) { x, shape, strides, offset in
        try x.array.gathered(selection(of: x.size, shape, strides, offset ?? 0))
    } backward: { gy, _, x, _, strides, offset in
        [{ try gathering.stridedSum(gy, Shape(x.shape), strides, offset ?? 0) }]
    }

    let stridedSum: Op<Variable, Shape, Axes, Int> = Op(
        "_strided_sum", "Zeros with elements added where as_strided reads them: its adjoint.", .array("y", "Array."),
        .required("shape", "Shape of the result."), .required("strides", "Of as_strided."),
        .required("storage_offset", "Of as_strided.")
    ) { y, shape, strides, offset in
        try y.array.scattered(
            selection(of: NDArray.checkedSize(shape.lengths), Shape(y.shape), strides, offset), in: shape.lengths)
    } backward: { gx, _, y, _, strides, offset in
        [{ try gathering.asStrided(gx, Shape(y.shape), strides, offset) }]
    }

    let diagonal: Op<Variable, Int, Int, Int> = Op(
        "diagonal", "Diagonals of the matrices that two axes span, as the last axis.",
        .array("x", "Array of at least two axes.", .all),
        .option("offset", 0, "How far to the right of the main diagonal; negative: below it."),
        .option("axis1", 0, "Axis of the rows."), .option("axis2", 1, "Axis of the columns.")
    ) { x, offset, axis1, axis2 in
        let rows = try resolve(axis1, x.ndim, argument: "axis1")
        let columns = try resolve(axis2, x.ndim, argument: "axis2")
        guard rows != columns else {
            throw EngineError(
                .argument, "A matrix has two different axes.", expected: "an axis other than axis1", actual: "\(axis2)",
                at: .argument("axis2"))
        }
        let strides = Selection.contiguousStrides(x.shape)
        let (right, down) = (min(max(offset, 0), x.shape[columns]), -max(min(offset, 0), -x.shape[rows]))
        let length = min(x.shape[columns] - right, x.shape[rows] - down)
        let rest = (0..<x.ndim).filter { $0 != rows && $0 != columns }
        return try gathering.asStrided(
            x, Shape(rest.map { x.shape[$0] } + [length]),
            Axes(rest.map { strides[$0] } + [strides[rows] + strides[columns]]),
            length == 0 || x.size == 0 ? 0 : right * strides[columns] + down * strides[rows])
    }

    let permutate: Op<Variable, Variable, Int, Bool> = Op(
        "permutate",
        "The positions of an axis in another order: y[i] = x[indices[i]]."
            + " Chainer's gradient is wrong for a negative axis.", .array("x", "Array.", .all),
        .array("indices", "Each position of the axis once.", .integers, sharesDType: false, inline: .int32),
        .option("axis", 0, "Axis."), .option("inv", false, "Whether the order is undone: y[indices[i]] = x[i].")
    ) { x, indices, axis, isInverse in
        let axis = try resolve(axis, x.ndim)
        let order = try indices.array.cast(to: .int64)
        let inverse = try order.inversePermutation(x.shape[axis])
        return try gathering.take(x, Variable(constant: isInverse ? inverse : order), axis)
    }

    let `repeat`: Op<Variable, Axes, Int?> = Op(
        "repeat", "Every element several times, one after the other, as numpy.repeat.", .array("x", "Array.", .all),
        .required("repeats", "How often: a number, or one for each position of the axis."),
        .option("axis", nil, "Axis; null: all elements in one axis.")
    ) { x, repeats, axis in
        let x = axis == nil ? try arrayOps.reshape(x, [x.size]) : x
        let axis = try resolve(axis ?? 0, x.ndim)
        let counts = try repeats.counts(argument: "repeats")
        var shape = x.shape
        guard counts.count == 1 else {
            let positions = try NDArray(repeatingPositions: counts, of: shape[axis])
            return try gathering.take(x, Variable(constant: positions), axis)
        }
        let (before, after) = (shape[..<axis].reduce(1, *), shape[(axis + 1)...].reduce(1, *))
        let single = try arrayOps.reshape(x, [before, shape[axis], 1, after])
        let copies = try arrayOps.broadcastTo(single, [before, shape[axis], counts[0], after])
        shape[axis] *= counts[0]
        return try arrayOps.reshape(copies, Shape(shape))
    }

    let tile: Op<Variable, Axes> = Op(
        "tile", "Copies of the array side by side, as numpy.tile.", .array("x", "Array.", .all),
        .required(
            "reps", "How many along each of the last axes: a number or a list, which may name more axes than x has.")
    ) { x, reps in
        var counts = try reps.counts(argument: "reps")
        counts = Array(repeating: 1, count: max(x.ndim - counts.count, 0)) + counts
        let shape = Array(repeating: 1, count: counts.count - x.ndim) + x.shape
        // Copies along an axis are made as an axis of their own, before it.
        var (single, copies): ([Int], [Int]) = ([], [])
        for (count, length) in zip(counts, shape) {
            single += count == 1 ? [length] : [1, length]
            copies += count == 1 ? [length] : [count, length]
        }
        let tiles = try arrayOps.broadcastTo(arrayOps.reshape(x, Shape(single)), Shape(copies))
        return try arrayOps.reshape(tiles, Shape(zip(counts, shape).map(*)))
    }

    let take: Op<Variable, Variable, Int> = Op(
        "_take", "Of an axis the positions that indices names, zero where one is -1.", .array("x", "Array.", .all),
        .array("indices", "int64, of shape (leading axes of x..., positions).", .integers, sharesDType: false),
        .required("axis", "Axis."), reads: .input(1)
    ) { x, indices, axis in
        try x.array.taken(indices.array, axis: axis)
    } backward: { gy, _, x, indices, axis in
        [{ try gathering.put(gy, indices, axis, x.shape[axis]) }, { nil }]
    }

    let put: Op<Variable, Variable, Int, Int> = Op(
        "_put", "Zeros with elements added where _take reads them: its adjoint.", .array("y", "Array."),
        .array("indices", "Of _take.", .integers, sharesDType: false), .required("axis", "Axis."),
        .required("length", "Length of the axis in the result."), reads: .input(1)
    ) { y, indices, axis, length in
        try y.array.put(indices.array, axis: axis, length: length)
    } backward: { gx, _, _, indices, axis, _ in
        [{ try gathering.take(gx, indices, axis) }, { nil }]
    }
}

/// What `as_strided` reads of an array of some size.
private func selection(of size: Int, _ shape: Shape, _ strides: Axes, _ offset: Int) throws -> Selection {
    guard strides.axes.count == shape.lengths.count else {
        throw EngineError(
            .argument, "Each axis of the result needs a stride.", expected: "\(shape.lengths.count) strides",
            actual: "\(strides.axes.count)", at: .argument("strides"))
    }
    let isEmpty = try NDArray.checkedSize(shape.lengths) == 0
    // What is beyond the bounds is beyond the array too, and cannot overflow.
    func bounded(_ number: Int) -> Int { min(max(number, -NDArray.sizeLimit), NDArray.sizeLimit) }
    var (lowest, highest) = (bounded(offset), bounded(offset))
    for (length, stride) in zip(shape.lengths, strides.axes) where !isEmpty {
        let reach = (length - 1) * bounded(stride)
        if reach < 0 { lowest += reach } else { highest += reach }
    }
    guard lowest >= 0, highest < size || (isEmpty && highest == size) else {
        throw EngineError(
            .argument, "The strides reach outside of the array: they and storage_offset count its elements.",
            expected: "elements from 0 to less than \(size)",
            actual: "shape \(describe(shape.lengths)), strides \(strides.argument), storage_offset \(offset)",
            at: .argument("strides"))
    }
    return Selection(shape: shape.lengths, start: offset, strides: strides.axes)
}

extension Axes {
    /// How often something is repeated.
    fileprivate func counts(argument: String) throws -> [Int] {
        guard axes.allSatisfy((0...NDArray.sizeLimit).contains) else {
            throw EngineError(
                .argument, "Nothing can be repeated that often.", expected: "0 to \(NDArray.sizeLimit)",
                actual: "\(self.argument)", at: .argument(argument))
        }
        return axes
    }
}

extension NDArray {
    /// Positions of an axis, each as often as `counts` says.
    fileprivate init(repeatingPositions counts: [Int], of length: Int) throws {
        guard counts.count == length else {
            throw EngineError(
                .argument, "There must be one number of repeats, or one for each position of the axis.",
                expected: "1 or \(length) numbers", actual: "\(counts.count)", at: .argument("repeats"))
        }
        self = try NDArray(uninitialized: [counts.reduce(0, +)], .int64) { target in
            var out = target.assumingMemoryBound(to: Int64.self)
            for (position, count) in counts.enumerated() {
                out.update(repeating: Int64(position), count: count)
                out += count
            }
        }
    }

    /// The permutation that undoes this one, of int64.
    /// - Throws: `EngineError` where it does not name each of `length` positions once.
    fileprivate func inversePermutation(_ length: Int) throws -> NDArray {
        guard shape == [length] else {
            throw EngineError(
                .shape, "indices must name each position of the axis.", expected: describe([length]),
                actual: describe(shape), at: .input(1))
        }
        var inverse = try NDArray(repeating: Int64(-1), shape: shape)
        try inverse.write(Int64.self) { inverse in
            try read(Int64.self) { indices in
                for (place, index) in indices.enumerated() {
                    guard index >= 0, index < length, inverse[Int(index)] < 0 else {
                        throw EngineError(
                            .argument, "indices must name each position of the axis once.",
                            expected: "0 to \(length - 1), each once", actual: "\(index)", at: .input(1))
                    }
                    inverse[Int(index)] = Int64(place)
                }
            }
        }
        return inverse
    }
}

let gathering: GatheringOps = GatheringOps()
