/// Functions that read elements at computed places, some of them several times (Chainer: `functions/array`).
struct GatheringOps: Sendable {
    let take: Op<Variable, Variable, Int> = Op(
        "_take", "Of an axis the positions that indices names, zero where one is -1.", .array("x", "", .all),
        .array("indices", "int64, of shape (leading axes of x..., positions).", .integers, sharesDType: false),
        .required("axis", "Axis."), reads: .input(1)
    ) { x, indices, axis in
        try x.array.taken(indices.array, axis: axis)
    } backward: { gy, _, x, indices, axis in
        [{ try gathering.put(gy, indices, axis, x.shape[axis]) }, { nil }]
    }

    let put: Op<Variable, Variable, Int, Int> = Op(
        "_put", "Zeros with elements added where _take reads them: its adjoint.", .array("y"),
        .array("indices", "Of _take.", .integers, sharesDType: false), .required("axis", "Axis."),
        .required("length", "Length of the axis in the result."), reads: .input(1)
    ) { y, indices, axis, length in
        try y.array.put(indices.array, axis: axis, length: length)
    } backward: { gx, _, _, indices, axis, _ in
        [{ try gathering.take(gx, indices, axis) }, { nil }]
    }
}

let gathering: GatheringOps = GatheringOps()
