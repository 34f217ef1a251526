/// Functions that draw numbers (Chainer: `functions/noise`).
struct NoiseOps: Sendable {
    let dropout: Op<Variable, Double, Variable?, Bool, Seed, Bool> = Op(
        severalResults: "dropout", "Elements dropped at random, the others scaled to keep the mean.", .array("x"),
        .option("ratio", 0.5, "Chance of an element to be dropped, at least 0 and less than 1."),
        .optional("mask", "What to multiply by in place of drawing; a constant."),
        .option("return_mask", false, "Whether the mask is a second result."), .seed, .train
    ) { x, ratio, mask, returnsMask, seed, train in
        guard train else { return returnsMask ? .list([.one(x), .none]) : .one(x) }
        guard mask != nil || (ratio >= 0 && ratio < 1) else {
            throw EngineError(
                .argument, "The ratio is out of range.", expected: "at least 0 and less than 1", actual: "\(ratio)",
                at: .argument("ratio"))
        }
        if let mask, mask.shape != x.shape {
            throw EngineError(
                .shape, "The mask is of x's shape.", expected: describe(x.shape), actual: describe(mask.shape),
                at: .input(1))
        }
        let mask = try mask?.detached ?? noise.dropoutMask(x.detached, ratio, seed)
        let y = try x * mask
        return returnsMask ? .list([.one(y), .one(mask)]) : .one(y)
    }

    let dropoutMask: Op<Variable, Double, Seed> = Op(
        "_dropout_mask", "Zeros at random, and the factor that keeps the mean.", .array("x", "What gives the shape."),
        .required("ratio", "Chance of a zero."), .seed
    ) { x, ratio, seed in
        struct Launch: FloatVisitor {
            let shape: [Int]
            let ratio: Double
            let seed: Seed
            func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
                let scale = T(1 / (1 - ratio))
                var generator = SplitMix64(seed)
                return try NDArray(uninitialized: shape, T.dtype) { target in
                    let out = target.assumingMemoryBound(to: T.self)
                    for i in 0..<shape.reduce(1, *) { out[i] = generator.uniform() >= ratio ? scale : 0 }
                }
            }
        }
        return try x.dtype.visitFloat(Launch(shape: x.shape, ratio: ratio, seed: seed))
    }
}

extension Parameter where Value == Bool {
    static var train: Parameter { .option("train", true, "Whether to work as in training (chainer.config.train).") }
}

extension NDArray {
    /// Random numbers of a float dtype, even between two bounds.
    static func uniform(_ low: Double, _ high: Double, shape: [Int], _ dtype: DType, _ seed: Seed) throws -> NDArray {
        struct Launch: FloatVisitor {
            let bounds: (low: Double, high: Double)
            let shape: [Int]
            let seed: Seed
            func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
                var generator = SplitMix64(seed)
                let result = try NDArray(uninitialized: shape, T.dtype)
                result.writeFresh(T.self) { out in
                    for i in out.indices {
                        out[i] = T(bounds.low + (bounds.high - bounds.low) * generator.uniform())
                    }
                }
                return result
            }
        }
        return try dtype.visitFloat(Launch(bounds: (low, high), shape: shape, seed: seed))
    }
}

/// Random numbers that a seed repeats on every machine (Steele, Lea and Flood, 2014).
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: Seed) { state = UInt64(bitPattern: seed.value) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// At least 0 and less than 1, a multiple of 2^-53.
    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
}

let noise: NoiseOps = NoiseOps()
