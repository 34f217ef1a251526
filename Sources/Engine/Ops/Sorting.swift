/// Functions that order elements (NumPy's of the same names): ascending, equal ones as they stood, NaN last.
struct SortingOps: Sendable {
    let sort: Op<Variable, Int?> = Op(
        "sort", "The elements in ascending order along an axis.", .array("x", "Array.", .numbers), .axis
    ) { x, axis in
        let (x, axis) = try alongLast(x, axis)
        let order = Variable(constant: try x.array.argsorted())
        return try restored(gathering.take(x, order, x.ndim - 1), axis)
    }

    let argsort: Op<Variable, Int?> = Op(
        "argsort", "The places of the elements in ascending order along an axis, int64.",
        .array("x", "Array.", .numbers), .axis, isDifferentiable: false
    ) { x, axis in
        let (x, axis) = try alongLast(x.detached, axis)
        return try restored(sorting.order(x), axis)
    }

    let order: Op<Variable> = Op(
        "_order", "Along the last axis the places of the elements in ascending order.", .array("x", "Array.", .numbers)
    ) { x in
        try x.array.argsorted()
    }
}

/// The array with an axis moved to its end; nil: all elements in one axis. And where it was.
private func alongLast(_ x: Variable, _ axis: Int?) throws -> (Variable, Int?) {
    guard let axis else { return (try arrayOps.reshape(x, [-1]), nil) }
    let place = try resolve(axis, x.ndim)
    return place == x.ndim - 1 ? (x, nil) : (try swapped(x, place), place)
}

private func restored(_ x: Variable, _ axis: Int?) throws -> Variable { try axis.map { try swapped(x, $0) } ?? x }

/// An axis in the last one's place, and that in its.
private func swapped(_ x: Variable, _ axis: Int) throws -> Variable {
    var order = Array(0..<x.ndim)
    order.swapAt(axis, x.ndim - 1)
    return try arrayOps.transpose(x, Axes(order))
}

extension Parameter where Value == Int? {
    fileprivate static var axis: Parameter { .option("axis", -1, "Axis; null: all elements in one axis.") }
}

let sorting: SortingOps = SortingOps()
