/// Folds along an axis that keep every partial result (Chainer: `functions/math/cumsum.py`, `cumprod.py`).
struct CumulativeOps: Sendable {
    let cumsum: Op<Variable, Int?> = Op(
        "cumsum", "Sum of every element and those before it along an axis.", .array("x"), .accumulationAxis
    ) { x, axis in
        try x.along(axis) { try cumulative.sums($0, $1, false) }
    }

    let cumprod: Op<Variable, Int?> = Op(
        "cumprod", "Product of every element and those before it along an axis.", .array("x"), .accumulationAxis
    ) { x, axis in
        try x.along(axis) { try cumulative.products($0, $1) }
    }

    let sums: Op<Variable, Int, Bool> = Op(
        "_cumsum", "Cumulative sum, from the end in reverse.", .array("x"), .required("axis", "Axis."),
        .required("reverse", "Whether it starts at the end.")
    ) { x, axis, reverse in
        try x.array.accumulated(Sum.self, axis: axis, reverse: reverse)
    } backward: { gy, _, _, axis, reverse in
        [{ try cumulative.sums(gy, axis, !reverse) }]
    }

    let products: Op<Variable, Int> = Op(
        "_cumprod", "Cumulative product.", .array("x"), .required("axis", "Axis."), reads: [.inputs, .results]
    ) { x, axis in
        try x.array.accumulated(Product.self, axis: axis, reverse: false)
    } backward: { gy, y, x, axis in
        // Without a division, so that zeros do no harm: the product before an element, times those from it on
        // without it.
        [{ try y.previous(axis, first: 1) * cumulative.recurrence(x, gy, axis, true) }]
    }

    let recurrence: Op<Variable, Variable, Int, Bool> = Op(
        "_recurrence", "y[i] = b[i] + a[i] y[i-1] along an axis; in reverse y[i] = b[i] + a[i+1] y[i+1].", .array("a"),
        .array("b"), .required("axis", "Axis."), .required("reverse", "Whether it starts at the end."),
        reads: [.input(0), .results]
    ) { a, b, axis, reverse in
        try NDArray.recurrence(a.array, b.array, axis: axis, reverse: reverse)
    } backward: { gy, y, a, _, axis, reverse in
        // Each direction is the other's transpose.
        let gradient = once { try cumulative.recurrence(a, gy, axis, !reverse) }
        return [
            {
                try reverse
                    ? gradient().previous(axis, first: 0) * y : gradient() * y.previous(axis, first: 0)
            },
            gradient,
        ]
    }
}

extension Parameter where Value == Int? {
    fileprivate static var accumulationAxis: Parameter {
        .option("axis", nil, "Axis; null: the array is flattened first.")
    }
}

extension Variable {
    /// Applies something along an axis that is counted from the front; null: to the flattened array.
    fileprivate func along(_ axis: Int?, _ body: (Variable, Int) throws -> Variable) throws -> Variable {
        guard let axis else { return try body(arrayOps.reshape(self, [size]), 0) }
        return try body(self, resolve(axis, ndim))
    }

    /// The elements one place further along an axis: what stood before each, a number before the first.
    func previous(_ axis: Int, first: Double) throws -> Variable {
        var shape = shape
        let count = shape[axis]
        shape[axis] = min(count, 1)
        let start = try Variable(constant: NDArray(.real(first), shape: shape, dtype))
        return try arrayOps.concat(
            [start, arrayOps.getItem(self, Slices.range(0..<max(count - 1, 0), axis: axis))], axis)
    }
}

let cumulative: CumulativeOps = CumulativeOps()
