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
}

let connection: ConnectionOps = ConnectionOps()
