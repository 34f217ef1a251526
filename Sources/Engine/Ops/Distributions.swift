import RealModule

/// A distribution that numbers are drawn from.
protocol Distribution: Sendable {
    func draw(_ generator: inout SplitMix64) -> Double
}

/// Even between two bounds.
struct UniformDistribution: Distribution {
    var (low, high) = (0.0, 1.0)
    func draw(_ generator: inout SplitMix64) -> Double { low + (high - low) * generator.uniform() }
}

/// Mean 0, variance 1 (Box and Muller, 1958).
struct NormalDistribution: Distribution {
    func draw(_ generator: inout SplitMix64) -> Double {
        (-2 * Double.log(generator.openUniform())).squareRoot() * Double.cos(2 * .pi * generator.uniform())
    }
}

/// Gumbel's, of location 0 and scale 1.
struct GumbelDistribution: Distribution {
    func draw(_ generator: inout SplitMix64) -> Double { -Double.log(-Double.log(generator.openUniform())) }
}

/// 0 with some chance, else a value.
struct DropDistribution: Distribution {
    let ratio: Double
    let value: Double
    func draw(_ generator: inout SplitMix64) -> Double { generator.uniform() >= ratio ? value : 0 }
}

extension NDArray {
    /// Random numbers of a float dtype.
    init<D: Distribution>(drawnFrom distribution: D, shape: [Int], _ dtype: DType, _ seed: Seed) throws {
        self = try dtype.visitFloat(Draw(distribution: distribution, shape: shape, seed: seed))
    }
}

private struct Draw<D: Distribution>: FloatVisitor {
    let distribution: D
    let shape: [Int]
    let seed: Seed
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        var generator = SplitMix64(seed)
        let result = try NDArray(uninitialized: shape, T.dtype)
        try result.writeFresh(T.self) { out in
            var pace = Pace()
            for i in out.indices {
                try pace.spend(16)
                out[i] = T(distribution.draw(&generator))
            }
        }
        return result
    }
}
