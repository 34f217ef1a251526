/// Functions that give the elements another order (Chainer: `functions/array`).
struct RearrangingOps: Sendable {
    let flatten: Op<Variable> = Op("flatten", "The elements in one axis.", .array("x", "Array.", .all)) { x in
        try arrayOps.reshape(x, [x.size])
    }

    let flip: Op<Variable, Int> = Op(
        "flip", "The elements in reverse order along an axis.", .array("x", "Array of at least one axis.", .all),
        .required("axis", "Axis.")
    ) { x, axis in
        let axis = try resolve(axis, x.ndim)
        var selection = Selection(shape: x.shape, strides: Selection.contiguousStrides(x.shape))
        selection.start = max(x.shape[axis] - 1, 0) * selection.strides[axis]
        selection.strides[axis] *= -1
        return try x.array.gathered(selection)
    } backward: { gy, _, _, axis in
        [{ try rearranging.flip(gy, axis) }]
    }

    let fliplr: Op<Variable> = Op(
        "fliplr", "The elements in reverse order along axis 1.", .array("a", "Array of at least two axes.")
    ) { a in
        try flipped(a, 1)
    }

    let flipud: Op<Variable> = Op(
        "flipud", "The elements in reverse order along axis 0.", .array("a", "Array of at least one axis.")
    ) { a in
        try flipped(a, 0)
    }

    let moveaxis: Op<Variable, Axes, Axes> = Op(
        "moveaxis", "Axes moved to other places, the others in their order.", .array("x", "Array."),
        .required("source", "Axis or axes to move."), .required("destination", "Their places in the result.")
    ) { x, source, destination in
        let from = try source.resolved(x.ndim, argument: "source")
        let to = try destination.resolved(x.ndim, argument: "destination")
        guard from.count == to.count else {
            throw EngineError(
                .argument, "Each axis to move needs one place.", expected: "\(from.count) places",
                actual: "\(to.count)", at: .argument("destination"))
        }
        var order = (0..<x.ndim).filter { !from.contains($0) }
        for (place, axis) in zip(to, from).sorted(by: <) { order.insert(axis, at: place) }
        return try arrayOps.transpose(x, Axes(order))
    }

    let rollaxis: Op<Variable, Int, Int> = Op(
        "rollaxis", "An axis moved to stand before another one.", .array("x", "Array.", .all),
        .required("axis", "Axis to move."), .option("start", 0, "Axis that it will stand before; ndim: at the end.")
    ) { x, axis, start in
        let axis = try resolve(axis, x.ndim)
        // Past the last axis is a place too.
        let start = start == x.ndim ? start : try resolve(start, x.ndim, argument: "start")
        var order = Array(0..<x.ndim)
        order.remove(at: axis)
        order.insert(axis, at: start > axis ? start - 1 : start)
        return try arrayOps.transpose(x, Axes(order))
    }

    let swapaxes: Op<Variable, Int, Int> = Op(
        "swapaxes", "Two axes in each other's place.", .array("x", "Array.", .all), .required("axis1", "Axis."),
        .required("axis2", "Axis.")
    ) { x, axis1, axis2 in
        var order = Array(0..<x.ndim)
        order.swapAt(try resolve(axis1, x.ndim, argument: "axis1"), try resolve(axis2, x.ndim, argument: "axis2"))
        return try arrayOps.transpose(x, Axes(order))
    }

    let depth2space: Op<Variable, Int> = Op(
        "depth2space", "Groups of r² channels spread out as r by r pixels.",
        .array("X", "Images of shape (n, c r², h, w)."), .required("r", "Factor that height and width grow by.")
    ) { x, r in
        try requireImages(x)
        let (channels, height, width) = (x.shape[1], x.shape[2], x.shape[3])
        let (square, overflow) = r.multipliedReportingOverflow(by: r)
        guard r > 0, !overflow, channels.isMultiple(of: square) else {
            throw EngineError(
                .argument, "The channels must be a multiple of r squared.",
                expected: "r of at least 1 whose square divides \(channels)", actual: "\(r)", at: .argument("r"))
        }
        let split = try arrayOps.reshape(x, [x.shape[0], r, r, channels / square, height, width])
        let spread = try arrayOps.transpose(split, [0, 3, 4, 1, 5, 2])
        return try arrayOps.reshape(spread, [x.shape[0], channels / square, height * r, width * r])
    }

    let space2depth: Op<Variable, Int> = Op(
        "space2depth", "Squares of r by r pixels gathered as r² channels; what undoes depth2space.",
        .array("X", "Images of shape (n, c, h r, w r)."), .required("r", "Factor that height and width shrink by.")
    ) { x, r in
        try requireImages(x)
        let (channels, height, width) = (x.shape[1], x.shape[2], x.shape[3])
        guard r > 0, height.isMultiple(of: r), width.isMultiple(of: r) else {
            throw EngineError(
                .argument, "Height and width must be multiples of r.",
                expected: "r of at least 1 that divides \(height) and \(width)", actual: "\(r)", at: .argument("r"))
        }
        let split = try arrayOps.reshape(x, [x.shape[0], channels, height / r, r, width / r, r])
        let gathered = try arrayOps.transpose(split, [0, 3, 5, 1, 2, 4])
        return try arrayOps.reshape(gathered, [x.shape[0], r * r * channels, height / r, width / r])
    }
}

private func flipped(_ a: Variable, _ axis: Int) throws -> Variable {
    guard axis < a.ndim else {
        throw EngineError(
            .shape, "There is no axis \(axis) to reverse.", expected: "an array that has axis \(axis)",
            actual: "shape \(describe(a.shape))", at: .input(0))
    }
    return try rearranging.flip(a, axis)
}

let rearranging: RearrangingOps = RearrangingOps()
