/// Functions that move elements (Chainer: `functions/array`).
struct ArrayOps: Sendable {
    let identity: Op<[Variable]> = Op(
        severalResults: "identity", "The arrays themselves, as new variables.",
        .arrays("xs", "Arrays.", .all, sharesDType: false)
    ) { xs in
        try xs.map { try $0.array }
    } backward: { gys, _, _ in
        gys.map { gy in { gy } }
    } arrange: { ys, _ in
        ys.count == 1 ? .one(ys[0]) : .list(ys.map { .one($0) })
    }

    let reshape: Op<Variable, Shape> = Op(
        "reshape", "The elements in another shape of the same size; one length may be -1.", .array("x", "Array.", .all),
        .required("shape", "Shape of the result.")
    ) { x, shape in
        try x.array.reshaped(shape.checked().inferred(size: x.size))
    } backward: { gy, _, x, _ in
        [{ try arrayOps.reshape(gy, Shape(x.shape)) }]
    }

    let transpose: Op<Variable, Axes?> = Op(
        "transpose", "The axes in another order.", .array("x", "Array.", .all),
        .option("axes", nil, "For each axis of the result the axis of x; null: reversed.")
    ) { x, axes in
        try x.array.transposed(order(axes, x.ndim))
    } backward: { gy, _, x, axes in
        [
            {
                let order = try order(axes, x.ndim)
                var inverse = order
                for (i, axis) in order.enumerated() { inverse[axis] = i }
                return try arrayOps.transpose(gy, Axes(inverse))
            }
        ]
    }

    let broadcastTo: Op<Variable, Shape> = Op(
        "broadcast_to", "The array stretched to a shape, as NumPy broadcasts.", .array("x", "Array.", .all),
        .required("shape", "Shape of the result.")
    ) { x, shape in
        try x.array.broadcast(to: shape.checked(least: 0).lengths)
    } backward: { gy, _, _, _ in
        [{ gy }]
    }

    let expandDims: Op<Variable, Int> = Op(
        "expand_dims", "A new axis of length 1.", .array("x", "Array.", .all),
        .required("axis", "Place of the axis in the result.")
    ) { x, axis in
        var shape = x.shape
        shape.insert(1, at: try resolve(axis, x.ndim + 1))
        return try x.array.reshaped(shape)
    } backward: { gy, _, x, _ in
        [{ try arrayOps.reshape(gy, Shape(x.shape)) }]
    }

    let squeeze: Op<Variable, Axes?> = Op(
        "squeeze", "Without axes of length 1.", .array("x", "Array.", .all),
        .option("axis", nil, "Axis or axes to drop; null: all of length 1.")
    ) { x, axis in
        let axes = try axis?.resolved(x.ndim) ?? x.shape.indices.filter { x.shape[$0] == 1 }
        if let wrong = axes.first(where: { x.shape[$0] != 1 }) {
            throw EngineError(
                .argument, "Only an axis of length 1 can be dropped.", expected: "length 1",
                actual: "axis \(wrong) of length \(x.shape[wrong])", at: .argument("axis"))
        }
        return try x.array.reshaped(x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] })
    } backward: { gy, _, x, _ in
        [{ try arrayOps.reshape(gy, Shape(x.shape)) }]
    }

    let concat: Op<[Variable], Int> = Op(
        "concat", "Arrays joined along an axis.", .arrays("xs", "Arrays that differ in that axis only.", .all),
        .option("axis", 1, "Axis.")
    ) { xs, axis in
        let axis = try resolve(axis, xs[0].ndim)
        try requireAlike(xs, but: axis)
        return try NDArray.concatenated(try xs.map { try $0.array }, axis: axis)
    } backward: { gy, _, xs, axis in
        let axis = try resolve(axis, xs[0].ndim)
        var end = 0
        return xs.map { x in
            let start = end
            end += x.shape[axis]
            let part = Slices.range(start..<end, axis: axis)
            return { try arrayOps.getItem(gy, part) }
        }
    }

    let splitAxis: Op<Variable, Axes, Int, Bool> = Op(
        severalResults: "split_axis",
        "The array split along an axis."
            + " Chainer's gradient is of the wrong shape where parts overlap.", .array("x", "Array.", .all),
        .required(
            "indices_or_sections", "The number of equal parts, or where each further part starts, as numpy.split."),
        .required("axis", "Axis."), .option("force_tuple", true, "Whether a single part is a list too.")
    ) { x, cuts, axis, _ in
        let axis = try resolve(axis, x.ndim)
        let array = try x.array
        return try cuts.parts(of: x.shape[axis]).map {
            try array.gathered(Slices.range($0, axis: axis).selection(of: x.shape))
        }
    } backward: { gys, ys, x, cuts, axis, _ in
        [
            {
                let axis = try resolve(axis, x.ndim)
                let parts = try cuts.parts(of: x.shape[axis])
                if zip(parts, parts.dropFirst()).allSatisfy({ $0.upperBound == $1.lowerBound }) {
                    return try arrayOps.concat(withoutGaps(gys, ys), axis)
                }
                // Falling positions: parts lie on one another.
                return try zip(gys, parts).reduce(Variable(constant: NDArray.zeros(x.shape, x.dtype))) { sum, part in
                    guard let gy = part.0 else { return sum }
                    return try arrayOps.scatterAdd(sum, Slices.range(part.1, axis: axis), gy)
                }
            }
        ]
    } arrange: { ys, _, _, _, forceTuple in
        ys.count == 1 && !forceTuple ? .one(ys[0]) : .list(ys.map { .one($0) })
    }

    let getItem: Op<Variable, Slices> = Op(
        "get_item", "The elements that an index selects, as NumPy's indexing.", .array("x", "Array.", .all),
        .required("slices", "Index: \"1:3, ..., ::-1, None\", or a list of its items.")
    ) { x, slices in
        try x.array.gathered(slices.selection(of: x.shape))
    } backward: { gy, _, x, slices in
        [{ try arrayOps.scatterAdd(Variable(constant: NDArray.zeros(x.shape, x.dtype)), slices, gy) }]
    }

    let scatterAdd: Op<Variable, Slices, Variable> = Op(
        "scatter_add", "A copy of a with b added to the elements that an index selects.",
        .array("a", "Array.", .numbers),
        .required("slices", "Index: \"1:3, ..., ::-1, None\", or a list of its items."), .array("b", "Array.", .numbers)
    ) { a, slices, b in
        try a.array.scatterAdded(slices.selection(of: a.shape), b.array)
    } backward: { gy, _, _, slices, _ in
        [{ gy }, { try arrayOps.getItem(gy, slices) }]
    }

    let selectItem: Op<Variable, Variable> = Op(
        "select_item", "From each row the element that t names.", .array("x", "Matrix."),
        .array("t", "For each row a column.", .integers, sharesDType: false, inline: .int32), reads: .input(1)
    ) { x, t in
        try x.array.gathered(selection(x, t))
    } backward: { gy, _, x, t in
        [
            {
                let rows = Slices.Item.list(IndexArray(Array(0..<x.shape[0])))
                let columns = Slices.Item.list(IndexArray(try t.array.integers()))
                let zeros = try Variable(constant: NDArray.zeros(x.shape, x.dtype))
                return try arrayOps.scatterAdd(zeros, Slices([rows, columns]), gy)
            }
        ]
    }

    let cast: Op<Variable, DType> = Op(
        "cast", "The elements in another dtype, as NumPy's astype.", .array("x", "Array.", .all),
        .required("typ", "Name of the dtype.")
    ) { x, dtype in
        try x.array.cast(to: dtype)
    } backward: { gy, _, x, _ in
        [{ x.dtype.isFloat ? try arrayOps.cast(gy, x.dtype) : nil }]
    }

    let `where`: Op<Variable, Variable, Variable> = Op(
        "where", "Elements of x where the condition is true, else of y.",
        .array("condition", "Array.", .bools, sharesDType: false, inline: .bool), .array("x", "Array.", .all),
        .array("y", "Array.", .all), reads: .input(0)
    ) { condition, x, y in
        try condition.array.select(x.array, y.array)
    } backward: { gy, _, condition, _, _ in
        [
            { nil }, { try arrayOps.where(condition, gy, gy.constant(0)) },
            { try arrayOps.where(condition, gy.constant(0), gy) },
        ]
    }
}

/// The order of axes that `transpose` means.
private func order(_ axes: Axes?, _ ndim: Int) throws -> [Int] {
    guard let axes else { return Array((0..<ndim).reversed()) }
    let order = try axes.resolved(ndim, argument: "axes")
    guard order.count == ndim else {
        throw EngineError(
            .argument, "Each axis must be named once.", expected: "\(ndim) axes", actual: "\(axes.argument)",
            at: .argument("axes"))
    }
    return order
}

/// Row by row the element that `t` names.
private func selection(_ x: Variable, _ t: Variable) throws -> Selection {
    guard x.ndim == 2, t.shape == [x.shape[0]] else {
        throw EngineError(
            .shape, "t must name one column for each row of a matrix.",
            expected: "x of shape (n, c) and t of shape (n,)",
            actual: "shapes \(describe(x.shape)) and \(describe(t.shape))", at: .input(1))
    }
    let columns = x.shape[1]
    let offsets = try t.array.integers().enumerated().map { row, column in
        guard column >= 0, column < columns else {
            throw EngineError(
                .argument, "An index in t is out of range.", expected: "0 to \(columns - 1)", actual: "\(column)",
                at: .input(1))
        }
        return row * columns + column
    }
    return Selection(shape: t.shape, strides: [], offsets: offsets)
}

extension NDArray {
    /// The elements of an integer array.
    func integers() throws -> [Int] { try cast(to: .int64).elements(Int64.self).map { Int($0) } }
}

extension Shape {
    /// - Parameter least: the least length; -1 stands for one that is to be told from the others.
    /// - Throws: `EngineError.Kind.shape` at the argument.
    fileprivate func checked(least: Int = -1) throws -> Shape {
        guard let wrong = lengths.first(where: { $0 < least }) else { return self }
        throw EngineError(
            .shape, "A length cannot be negative.", expected: "lengths of at least \(least)", actual: "\(wrong)",
            at: .argument("shape"))
    }

    /// The shape with a length of -1 replaced by what the size asks for.
    fileprivate func inferred(size: Int) throws -> [Int] {
        guard let unknown = lengths.firstIndex(of: -1) else { return lengths }
        guard lengths.lastIndex(of: -1) == unknown else {
            throw EngineError(
                .shape, "Only one length can be told from the others.", expected: "-1 once at most",
                actual: "\(argument)", at: .argument("shape"))
        }
        var result = lengths
        result[unknown] = 1
        let known = try NDArray.checkedSize(result)
        guard !result.contains(-1), known > 0, size.isMultiple(of: known) else {
            throw EngineError(
                .shape, "The length -1 cannot be told from the size.",
                expected: "lengths whose product divides \(size)", actual: describe(lengths), at: .argument("shape"))
        }
        result[unknown] = size / known
        return result
    }
}

extension Axes {
    /// The parts that `split_axis` makes of an axis of some length.
    fileprivate func parts(of length: Int) throws -> [Range<Int>] {
        func wrong(_ detail: String, _ expected: String) -> EngineError {
            EngineError(
                .argument, detail, expected: expected, actual: "\(argument)", at: .argument("indices_or_sections"))
        }
        if case .int = argument {
            let count = axes[0]
            guard count > 0, length.isMultiple(of: count) else {
                throw wrong("The axis cannot be split into that many equal parts.", "a divisor of \(length)")
            }
            try requireResults(count)
            let part = length / count
            return (0..<count).map { $0 * part..<($0 + 1) * part }
        }
        guard axes.last ?? 0 <= length else { throw wrong("The last part starts past the axis.", "at most \(length)") }
        // As numpy.split: slices from one position to the next, which may count from the end, or fall.
        let positions = axes.map { max(0, min($0 < -length ? 0 : $0 < 0 ? $0 + length : $0, length)) }
        return zip([0] + positions, positions + [length]).map { $0..<max($0, $1) }
    }
}

/// - Throws: `EngineError.Kind.shape` where arrays differ in shape other than by the length of one axis.
func requireAlike(_ xs: [Variable], but axis: Int? = nil) throws {
    for (i, x) in xs.enumerated() {
        var (shape, first) = (x.shape, xs[0].shape)
        if let axis, shape.count == first.count { (shape[axis], first[axis]) = (0, 0) }
        guard shape == first else {
            throw EngineError(
                .shape,
                axis.map { "The arrays must be equal in all axes but axis \($0)." }
                    ?? "The arrays must be of one shape.",
                expected: "a shape like \(describe(xs[0].shape))", actual: describe(x.shape), at: .input(i))
        }
    }
}

/// - Throws: `EngineError.Kind.size` for more results than one op gives.
func requireResults(_ count: Int) throws {
    let limit = 1 << 16
    guard count <= limit else {
        throw EngineError(.size, "There would be too many results.", expected: "at most \(limit)", actual: "\(count)")
    }
}

/// The gradients of several results, zeros where nothing arrived.
func withoutGaps(_ gys: [Variable?], _ ys: [Variable]) throws -> [Variable] {
    try zip(gys, ys).map { gy, y in try gy ?? Variable(constant: NDArray.zeros(y.shape, y.dtype)) }
}

let arrayOps: ArrayOps = ArrayOps()
