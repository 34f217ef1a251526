/// Functions that make one array of several, or several of one (Chainer: `functions/array`).
struct JoiningOps: Sendable {
    let broadcast: Op<[Variable]> = Op(
        severalResults: "broadcast", "The arrays stretched to the shape that all of them take.",
        .arrays("xs", "Arrays whose shapes can be broadcast together.", .all, sharesDType: false)
    ) { xs in
        let shape = try Shape(Broadcasting.shape(xs.map(\.shape)))
        let results = try xs.map { Results.one(try arrayOps.broadcastTo($0, shape)) }
        return results.count == 1 ? results[0] : .list(results)
    }

    let stack: Op<[Variable], Int> = Op(
        "stack", "Arrays side by side along a new axis.", .arrays("xs", "Arrays of one shape.", .all),
        .option("axis", 0, "Place of the new axis in the result.")
    ) { xs, axis in
        let axis = try resolve(axis, xs[0].ndim + 1)
        try requireAlike(xs)
        return try arrayOps.concat(xs.map { try arrayOps.expandDims($0, axis) }, axis)
    }

    let hstack: Op<[Variable]> = Op(
        "hstack", "Arrays side by side, along axis 1, along axis 0 where they have one axis.",
        .arrays("xs", "Arrays that differ in that axis only.", .all)
    ) { xs in
        try joined(xs, axis: xs[0].ndim < 2 ? 0 : 1) { $0.isEmpty ? [1] : $0 }
    }

    let vstack: Op<[Variable]> = Op(
        "vstack", "Arrays one below the other, along axis 0; one of less than two axes is a row.",
        .arrays("xs", "Arrays that differ in axis 0 only, or rows of one length.", .all)
    ) { xs in
        try joined(xs, axis: 0) { $0.count < 2 ? [1] + ($0.isEmpty ? [1] : $0) : $0 }
    }

    let dstack: Op<[Variable]> = Op(
        "dstack", "Arrays behind one another, along axis 2; one of less than three axes is a layer.",
        .arrays("xs", "Arrays that differ in axis 2 only, or layers of one shape.", .all)
    ) { xs in
        try joined(xs, axis: 2) { shape in
            switch shape.count {
            case 0: [1, 1, 1]
            case 1: [1, shape[0], 1]
            case 2: shape + [1]
            default: shape
            }
        }
    }

    let separate: Op<Variable, Int> = Op(
        severalResults: "separate", "The array's parts along an axis, without that axis; what undoes stack.",
        .array("x", "Array of at least one axis.", .all), .option("axis", 0, "Axis.")
    ) { x, axis in
        let axis = try resolve(axis, x.ndim)
        var shape = x.shape
        let count = shape.remove(at: axis)
        guard count > 0 else {
            throw EngineError(
                .shape, "There is nothing to separate along an axis of length 0.", expected: "at least one element",
                actual: describe(x.shape), at: .input(0))
        }
        let part = Shape(shape)
        return try arrayOps.splitAxis.results(x, Axes(integerLiteral: count), axis, true).map {
            try arrayOps.reshape($0, part)
        }
    }

    let padSequence: Op<[Variable], Int?, Double> = Op(
        "pad_sequence", "Arrays side by side along a new axis 0, each filled up at its end to one length.",
        .arrays("xs", "Arrays that differ in the length of axis 0 only.", .all),
        .option("length", nil, "Length of axis 1 of the result; null: the longest array's."),
        .option("padding", 0, "What to fill with.")
    ) { xs, length, padding in
        let longest = try longestSequence(xs)
        let length = length ?? longest
        guard length >= longest else {
            throw EngineError(
                .argument, "An array is longer than that.", expected: "at least \(longest)", actual: "\(length)",
                at: .argument("length"))
        }
        let unit = Array(xs[0].shape.dropFirst())
        // One after the other: each array, then what fills it up.
        let parts = try xs.flatMap { x -> [NDArray] in
            let filling = try NDArray(filling: [length - x.shape[0]] + unit, x.dtype, with: padding)
            return [try x.array, filling]
        }
        return try NDArray.concatenated(parts, axis: 0).reshaped([xs.count, length] + unit)
    } backward: { gy, _, xs, _, _ in
        xs.enumerated().map { place, x in
            { try arrayOps.getItem(gy, Slices([.index(place), .slice(start: 0, stop: x.shape[0], step: nil)])) }
        }
    }

    let transposeSequence: Op<[Variable]> = Op(
        severalResults: "transpose_sequence",
        "For each position of the first array the elements there of all arrays that are long enough.",
        .arrays("xs", "Arrays that differ in the length of axis 0 only, none longer than the one before it.", .all)
    ) { xs in
        _ = try longestSequence(xs)
        if let next = xs.indices.dropFirst().first(where: { xs[$0].shape[0] > xs[$0 - 1].shape[0] }) {
            throw EngineError(
                .shape, "The arrays must be sorted by length, the longest first.",
                expected: "at most \(xs[next - 1].shape[0])", actual: "\(xs[next].shape[0])", at: .input(next))
        }
        try requireResults(xs[0].shape[0])
        return try joining.sequencesTransposed.results(xs, xs[0].shape[0])
    }

    let sequencesTransposed: Op<[Variable], Int> = Op(
        severalResults: "_transpose_sequence", "For each of some positions the elements there of all arrays.",
        .arrays("xs", "Arrays, the longest first.", .all), .required("length", "The number of positions.")
    ) { xs, length in
        try NDArray.sequencesTransposed(try xs.map { try $0.array }, length: length)
    } backward: { gys, ys, xs, _ in
        // One transposition gives all gradients.
        var gradients: [Variable]?
        return xs.indices.map { place in
            {
                if gradients == nil {
                    gradients = try joining.sequencesTransposed.results(withoutGaps(gys, ys), xs.count).flat
                }
                return gradients?[place]
            }
        }
    }
}

/// Arrays joined along an axis, each seen in the shape that `raised` makes of its own.
private func joined(_ xs: [Variable], axis: Int, _ raised: ([Int]) -> [Int]) throws -> Variable {
    let shape = xs[0].shape
    // Those that have no such axis yet are of one shape.
    try requireAlike(xs, but: raised(shape) == shape ? axis : nil)
    return try arrayOps.concat(xs.map { try arrayOps.reshape($0, Shape(raised($0.shape))) }, axis)
}

/// The length of the longest of some sequences: arrays that differ in the length of axis 0 only.
private func longestSequence(_ xs: [Variable]) throws -> Int {
    guard xs[0].ndim > 0 else {
        throw EngineError(
            .shape, "A sequence has at least one axis.", expected: "at least 1 dimension", actual: "()", at: .input(0))
    }
    try requireAlike(xs, but: 0)
    return xs.reduce(0) { max($0, $1.shape[0]) }
}

extension NDArray {
    fileprivate init(filling shape: [Int], _ dtype: DType, with value: Double) throws {
        self =
            dtype == .bool
            ? try NDArray(.real(value), shape: shape, .float64).cast(to: .bool)
            : try NDArray(.real(value), shape: shape, dtype)
    }

    /// For each position the rows there of the arrays that are long enough; the longest is first.
    fileprivate static func sequencesTransposed(_ xs: [NDArray], length: Int) throws -> [NDArray] {
        guard let first = xs.first else { return [] }
        let unit = Array(first.shape.dropFirst())
        let row = unit.reduce(first.dtype.itemSize, *)
        var reaching = xs.count
        return try (0..<length).map { position in
            while reaching > 0, xs[reaching - 1].shape[0] <= position { reaching -= 1 }
            return try NDArray(uninitialized: [reaching] + unit, first.dtype) { target in
                for (place, x) in xs[..<reaching].enumerated() {
                    x.withBytes { bytes in
                        guard let base = bytes.baseAddress, row > 0 else { return }
                        (target + place * row).copyMemory(from: base + position * row, byteCount: row)
                    }
                }
            }
        }
    }
}

let joining: JoiningOps = JoiningOps()
