/// Transforms of complex numbers, which are pairs of arrays (Chainer: `functions/math/fft.py`).
struct FourierOps: Sendable {
    let fft: Op<[Variable]> = transform(
        "fft", "sum over k of x[k] exp(-2 pi i j k / n) for each j, along the last axis.", inverse: false)
    let ifft: Op<[Variable]> = transform(
        "ifft", "sum over k of x[k] exp(2 pi i j k / n) / n for each j, along the last axis.", inverse: true)
}

private func transform(_ name: String, _ summary: String, inverse: Bool) -> Op<[Variable]> {
    Op(
        severalResults: name, summary + " Complex numbers: real parts, imaginary parts.",
        .arrays("x", "The real parts and the imaginary parts, of one shape.")
    ) { x in
        guard x.count == 2 else {
            throw EngineError(
                .argument, "Complex numbers are given by two arrays.", expected: "the real parts, the imaginary parts",
                actual: "\(x.count) arrays", at: .inputs)
        }
        guard x[0].shape == x[1].shape else {
            throw EngineError(
                .shape, "The imaginary parts are of the real parts' shape.", expected: describe(x[0].shape),
                actual: describe(x[1].shape), at: .input(1))
        }
        return try NDArray.fourier(x[0].array, x[1].array, inverse: inverse)
    } backward: { gys, ys, _ in
        // The matrix of the transform is symmetric: the gradient's is the same, of the parts exchanged.
        let gradients = once {
            let parts = try zip(gys, ys).map { gy, y in
                try gy ?? Variable(constant: NDArray.zeros(y.shape, y.dtype))
            }
            return try (inverse ? fourier.ifft : fourier.fft).results(parts.reversed()).flat
        }
        return [{ try gradients()[1] }, { try gradients()[0] }]
    }
}

let fourier: FourierOps = FourierOps()
