/// Connections (Chainer: `functions/connection`).
struct ConnectionOps: Sendable {
    let linear: Op<Variable, Variable, Variable?, Int> = Op(
        "linear", "x W^T + b, with the axes of x after the batch axes flattened.", .array("x"),
        .array("W", "Weights of shape (m, n)."), .optional("b", "Bias of shape (m,)."),
        .option("n_batch_axes", 1, "The number of batch axes of x.")
    ) { x, w, b, batchAxes in
        guard batchAxes > 0, batchAxes < x.ndim || (batchAxes == x.ndim && batchAxes > 1) else {
            throw EngineError(
                .argument, "x needs at least one axis after its batch axes.", expected: "1 to \(max(x.ndim - 1, 1))",
                actual: "\(batchAxes) for x of shape \(describe(x.shape))", at: .argument("n_batch_axes"))
        }
        let batch = Array(x.shape[..<batchAxes])
        let features = x.shape[batchAxes...].reduce(1, *)
        guard w.ndim == 2, w.shape[1] == features else {
            throw EngineError(
                .shape, "W does not fit x.", expected: "shape (m, \(features))", actual: describe(w.shape),
                at: .input(1))
        }
        if let b, b.shape != [w.shape[0]] {
            throw EngineError(
                .shape, "b does not fit W.", expected: describe([w.shape[0]]), actual: describe(b.shape), at: .input(2))
        }
        let rows = batch.reduce(1, *)
        let matrix = x.ndim == 2 && batchAxes == 1 ? x : try arrayOps.reshape(x, [rows, features])
        var y = try arithmetic.matmul(matrix, w, false, true)
        if let b { y = try y + b }
        return batchAxes == 1 ? y : try arrayOps.reshape(y, Shape(batch + [w.shape[0]]))
    }

    let bilinear: Op<Variable, Variable, Variable, Variable?, Variable?, Variable?> = Op(
        "bilinear", "e1 W e2 + e1 V1 + e2 V2 + b for every sample, with the other axes of e1 and e2 flattened.",
        .array("e1", "Samples of shape (n, ...), j elements each."),
        .array("e2", "Samples of shape (n, ...), k elements each."), .array("W", "Weights of shape (j, k, l)."),
        .optional("V1", "Weights of shape (j, l); with V2 and b, or none of them."),
        .optional("V2", "Weights of shape (k, l)."), .optional("b", "Bias of shape (l,).")
    ) { e1, e2, w, v1, v2, b in
        let (e1, e2) = try (samples(e1, at: 0), samples(e2, at: 1))
        let y = try products(e1, e2, w)
        guard let v1, let v2, let b else {
            guard v1 == nil, v2 == nil, b == nil else {
                throw EngineError(
                    .argument, "V1, V2 and b come together.", expected: "all three or none", actual: "some of them",
                    at: .inputs)
            }
            return y
        }
        try v1.require(shape: [w.shape[0], w.shape[2]], "V1 does not fit W.", at: 3)
        try v2.require(shape: [w.shape[1], w.shape[2]], "V2 does not fit W.", at: 4)
        try b.require(shape: [w.shape[2]], "b does not fit W.", at: 5)
        let first = try arithmetic.matmul(e1, v1, false, false)
        let second = try arithmetic.matmul(e2, v2, false, false)
        return try y + first + second + b
    }

    let embedID: Op<Variable, Variable, Int?> = Op(
        "embed_id", "For every id the row of W that it names.",
        .array("x", "Ids, of at least one dimension.", .integers, sharesDType: false, inline: .int32),
        .array("W", "A row for each id, of shape (ids, n)."),
        .option("ignore_label", nil, "An id whose row is zeros; null: none.")
    ) { x, w, ignored in
        guard x.ndim > 0 else {
            throw EngineError(
                .shape, "x needs an axis.", expected: "at least 1 dimension", actual: "()", at: .input(0))
        }
        try w.require(axes: "ids, n", count: 2, at: 1)
        let ids = try arrayOps.reshape(x.labels(below: w.shape[0], ignoring: ignored, at: 0), [x.size])
        return try arrayOps.reshape(gathering.take(w, ids, 0), Shape(x.shape + [w.shape[1]]))
    }

    let shift: Op<Variable, Axes, Axes> = Op(
        "shift", "Images moved by a group of channels for each place of a filter; what comes in is zero.",
        .array("x", "Images of shape (n, c, h, w), with c at least the size of the filter."),
        .option("ksize", 3 as Axes, "Height and width of the filter, odd."),
        .option("dilate", 1 as Axes, "How far it is from one place to the next, not 0.")
    ) { x, size, dilate in
        try x.array.shifted(moves(x, size, dilate))
    } backward: { gy, _, _, size, dilate in
        [{ try connection.shift(gy, size, Axes(dilate.distances().map { -$0 })) }]
    }
}

/// A row for each sample.
private func samples(_ x: Variable, at place: Int) throws -> Variable {
    guard x.ndim >= 2 else {
        throw EngineError(
            .shape, "The array needs an axis of samples and one of elements.", expected: "at least 2 dimensions",
            actual: describe(x.shape), at: .input(place))
    }
    return x.ndim == 2 ? x : try arrayOps.reshape(x, [x.shape[0], x.shape[1...].reduce(1, *)])
}

/// e1 W e2 for each row of e1 and e2.
private func products(_ e1: Variable, _ e2: Variable, _ w: Variable) throws -> Variable {
    try w.require(axes: "j, k, l", count: 3, at: 2)
    let (n, j, k, l) = (e1.shape[0], e1.shape[1], e2.shape[1], w.shape[2])
    try e2.require(shape: [n, k], "e2 has as many samples as e1.", at: 1)
    try w.require(shape: [j, k, l], "W does not fit e1 and e2.", at: 2)
    let pairs = try arrayOps.expandDims(e1, 2) * arrayOps.expandDims(e2, 1)
    let (rows, weights) = try (arrayOps.reshape(pairs, [n, j * k]), arrayOps.reshape(w, [j * k, l]))
    return try arithmetic.matmul(rows, weights, false, false)
}

extension Axes {
    /// How far `shift` moves images down and to the right.
    fileprivate func distances() throws -> [Int] {
        try spread(over: 2, argument: "dilate", atLeast: -NDArray.sizeLimit)
    }
}

/// For each channel how far `shift` moves it. Channels beyond the groups stay where they are, with the middle one's.
private func moves(_ x: Variable, _ size: Axes, _ dilate: Axes) throws -> [Move] {
    try x.require(axes: "n, c, h, w", count: 4, at: 0)
    let size = try size.spread(over: 2, argument: "ksize")
    let dilate = try dilate.distances()
    guard size.allSatisfy({ $0 % 2 == 1 }) else {
        throw EngineError(
            .argument, "The sides of the filter are odd, so that it has a middle.", expected: "odd numbers",
            actual: "\(size)", at: .argument("ksize"))
    }
    guard dilate.allSatisfy({ $0 != 0 }) else {
        throw EngineError(
            .argument, "The places of the filter cannot all be one.", expected: "numbers other than 0",
            actual: "\(dilate)", at: .argument("dilate"))
    }
    let (channels, count) = (x.shape[1], size[0] * size[1])
    guard count <= channels else {
        throw EngineError(
            .shape, "x needs a channel for each place of the filter.", expected: "at least \(count) channels",
            actual: describe(x.shape), at: .input(0))
    }
    return (0..<channels).map { channel in
        // The last group is the one in the middle, whose place the last one takes.
        let group = min(channel / (channels / count), count - 1)
        let place = group == count - 1 ? count / 2 : group == count / 2 ? count - 1 : group
        return Move(
            down: (place / size[1] - size[0] / 2) * dilate[0], right: (place % size[1] - size[1] / 2) * dilate[1])
    }
}

let connection: ConnectionOps = ConnectionOps()
