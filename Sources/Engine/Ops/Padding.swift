/// What stands in the padding: NumPy's modes.
enum PadMode: String, Choice {
    case constant, edge
    case linearRamp = "linear_ramp"
    case maximum, mean, median, minimum, reflect, symmetric, wrap
}

/// Padding (Chainer: `functions/array/pad.py`).
struct PaddingOps: Sendable {
    let pad: Op<Variable, Pairs<Int>, PadMode, Pairs<Double>?> = Op(
        "pad",
        "The array with elements put around it, axis after axis, as numpy.pad."
            + " The gradient is the true one in every mode, where Chainer crops.", .array("x", "Array."),
        .required("pad_width", "How many before and after each axis."), .required("mode", "What they are."),
        .option("constant_values", nil, "In mode constant: their values, before and after each axis; null: 0.")
    ) { x, width, mode, values in
        let widths = try width.spread(over: x.ndim, argument: "pad_width")
        guard widths.joined().allSatisfy((0...NDArray.sizeLimit).contains) else {
            throw EngineError(
                .argument, "A width of padding is out of range.", expected: "0 to \(NDArray.sizeLimit)",
                actual: "\(width.argument)", at: .argument("pad_width"))
        }
        guard mode != .constant else { return try padding.constant(x, width, values ?? Pairs(0)) }
        guard values == nil else {
            throw EngineError(
                .argument, "Only mode constant takes constant_values.", expected: "mode constant",
                actual: "\(mode.argument)", at: .argument("constant_values"))
        }
        let axes = x.shape.indices.filter { widths[$0] != [0, 0] }
        if let empty = axes.first(where: { x.shape[$0] == 0 }) {
            throw EngineError(
                .shape, "Axis \(empty) has nothing to pad with: use mode constant.",
                expected: "at least one element", actual: describe(x.shape), at: .input(0))
        }
        return try axes.reduce(x) { try padded($0, $1, widths[$1][0], widths[$1][1], mode) }
    }

    let constant: Op<Variable, Pairs<Int>, Pairs<Double>> = Op(
        "_pad_constant", "The array with numbers put around it.", .array("x", "Array."),
        .required("pad_width", "Of pad."),
        .required("constant_values", "Of pad.")
    ) { x, width, values in
        let widths = try width.spread(over: x.ndim, argument: "pad_width")
        let values = try values.spread(over: x.ndim, argument: "constant_values")
        return try x.shape.indices.reduce(x.array) { array, axis in
            guard widths[axis] != [0, 0] else { return array }
            let sides = try (0..<2).map { side in
                var shape = array.shape
                shape[axis] = widths[axis][side]
                return try NDArray(.real(values[axis][side]), shape: shape, array.dtype)
            }
            return try NDArray.concatenated([sides[0], array, sides[1]], axis: axis)
        }
    } backward: { gy, _, x, width, _ in
        [
            {
                let widths = try width.spread(over: x.ndim, argument: "pad_width")
                let inside = zip(widths, x.shape).map { widths, length in
                    Slices.Item.slice(start: widths[0], stop: widths[0] + length, step: nil)
                }
                return try arrayOps.getItem(gy, Slices(inside))
            }
        ]
    }
}

/// One axis padded from its own elements.
private func padded(_ x: Variable, _ axis: Int, _ before: Int, _ after: Int, _ mode: PadMode) throws -> Variable {
    let length = x.shape[axis]
    func joined(_ before: Variable, _ after: Variable) throws -> Variable {
        try arrayOps.concat([before, x, after], axis)
    }
    func surrounded(by one: Variable) throws -> Variable {
        let sides = try [before, after].map { width in
            var shape = x.shape
            shape[axis] = width
            return try arrayOps.broadcastTo(one, Shape(shape))
        }
        return try joined(sides[0], sides[1])
    }
    switch mode {
    case .maximum: return try surrounded(by: reduction.max(x, Axes([axis]), true))
    case .mean: return try surrounded(by: reduction.mean(x, Axes([axis]), nil, true))
    case .median: return try surrounded(by: median(x, axis))
    case .minimum: return try surrounded(by: reduction.min(x, Axes([axis]), true))
    case .linearRamp:
        let first = try arrayOps.getItem(x, Slices.range(0..<1, axis: axis))
        let last = try arrayOps.getItem(x, Slices.range(length - 1..<length, axis: axis))
        let (rising, falling) = (try ramp(before, x, axis), try rearranging.flip(ramp(after, x, axis), 0))
        return try joined(first * rising, last * falling)
    case .constant, .edge, .reflect, .symmetric, .wrap:
        let positions = try NDArray(uninitialized: [before + length + after], .int64) { target in
            let out = target.assumingMemoryBound(to: Int64.self)
            for i in 0..<before + length + after { out[i] = Int64(mode.position(i - before, on: length)) }
        }
        return try gathering.take(x, Variable(constant: positions), axis)
    }
}

/// The median along an axis, which stays.
private func median(_ x: Variable, _ axis: Int) throws -> Variable {
    let rows = try rearranging.moveaxis(x, Axes([axis]), [-1])
    let middles = try gathering.take(rows, Variable(constant: rows.array.middles()), rows.ndim - 1)
    return try rearranging.moveaxis(reduction.mean(middles, [-1], nil, true), [-1], Axes([axis]))
}

/// Numbers that rise from 0 towards 1, along an axis of `x`.
private func ramp(_ count: Int, _ x: Variable, _ axis: Int) throws -> Variable {
    let shape = [count] + x.shape[(axis + 1)...].map { _ in 1 }
    let numbers = try NDArray(uninitialized: shape, .float64) { target in
        let out = target.assumingMemoryBound(to: Double.self)
        for i in 0..<count { out[i] = Double(i) / Double(count) }
    }
    return Variable(constant: try numbers.cast(to: x.dtype))
}

extension PadMode {
    /// Which element of an axis stands at a position before, on or after it.
    fileprivate func position(_ position: Int, on length: Int) -> Int {
        /// The position in a pattern that is repeated.
        func within(_ period: Int) -> Int { (position % period + period) % period }
        switch self {
        case .wrap: return within(length)
        case .symmetric:
            let place = within(2 * length)
            return min(place, 2 * length - 1 - place)
        case .reflect where length > 1:
            let place = within(2 * length - 2)
            return min(place, 2 * length - 2 - place)
        default: return min(max(position, 0), length - 1)
        }
    }
}

/// Two numbers for each axis, before and after it, in NumPy's forms: one for all, one pair for all, one or a pair for
/// each axis.
struct Pairs<Number: ArgumentValue & Hashable>: ArgumentValue, Hashable {
    let argument: Argument
    /// One row for all axes, or a row for each; one number or two in each.
    private let rows: [[Number]]

    /// One number for all.
    init(_ number: Number) { (argument, rows) = (number.argument, [[number]]) }

    static var form: String { "\(Number.form), a pair, or a list of them, one for each axis" }

    init?(_ argument: Argument) throws {
        func numbers(_ argument: Argument) throws -> [Number]? {
            guard case .list(let items) = argument else { return try Number(argument).map { [$0] } }
            let numbers = try items.compactMap { try Number($0) }
            return numbers.count == items.count ? numbers : nil
        }
        self.argument = argument
        if let row = try numbers(argument) {
            rows = [row]
        } else if case .list(let items) = argument {
            rows = try items.compactMap { item in
                guard case .list = item else { return nil }
                return try numbers(item)
            }
            guard rows.count == items.count else { return nil }
        } else {
            return nil
        }
        guard let width = rows.first?.count, (1...2).contains(width), rows.allSatisfy({ $0.count == width }) else {
            return nil
        }
    }

    /// The two numbers of each axis.
    /// - Throws: `EngineError.Kind.argument` for another number of pairs than of axes.
    func spread(over count: Int, argument name: String) throws -> [[Number]] {
        guard rows.count == 1 || rows.count == count else {
            throw EngineError(
                .argument, "There must be one pair, or one for each axis.", expected: "1 or \(count) pairs",
                actual: "\(rows.count)", at: .argument(name))
        }
        let pairs = rows.map { [$0[0], $0[$0.count - 1]] }
        return rows.count == count ? pairs : Array(repeating: pairs[0], count: count)
    }
}

let padding: PaddingOps = PaddingOps()
