/// Functions that order elements (NumPy's of the same names): ascending, equal ones as they stood, NaN last.
struct SortingOps: Sendable {
    let sort: Op<Variable, Int?> = Op(
        "sort", "The elements in ascending order along an axis.", .array("x", "Array.", .numbers), .axis
    ) { x, axis in
        try ordered(x, axis) { x, order in try gathering.take(x, order, x.ndim - 1) }
    }

    let argsort: Op<Variable, Int?> = Op(
        "argsort", "The places of the elements in ascending order along an axis, int64.",
        .array("x", "Array.", .numbers), .axis, isDifferentiable: false
    ) { x, axis in
        try ordered(x.detached, axis) { _, order in order }
    }
}

/// What `result` makes of an array and of its elements' order, both with the axis last; nil: all elements in one axis.
private func ordered(
    _ x: Variable, _ axis: Int?, _ result: (_ x: Variable, _ order: Variable) throws -> Variable
) throws -> Variable {
    func alongLast(_ x: Variable) throws -> Variable {
        try result(x, Variable(constant: x.array.argsorted()))
    }
    guard let axis else { return try alongLast(arrayOps.reshape(x, [-1])) }
    let place = try resolve(axis, x.ndim)
    if place == x.ndim - 1 { return try alongLast(x) }
    return try rearranging.swapaxes(alongLast(rearranging.swapaxes(x, place, -1)), place, -1)
}

extension Parameter where Value == Int? {
    fileprivate static var axis: Parameter { .option("axis", -1, "Axis; null: all elements in one axis.") }
}

let sorting: SortingOps = SortingOps()
