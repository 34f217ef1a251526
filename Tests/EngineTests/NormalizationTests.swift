import Testing

@testable import Engine

/// Normalizations where Chainer's answers are not to be had.
struct NormalizationTests {
    private func variable(_ values: [Double], _ shape: [Int], _ dtype: DType = .float64) throws -> Variable {
        try Variable(leaf: NDArray(values, shape: shape).cast(to: dtype))
    }

    @Test("float16 is computed in float32: squares may be beyond it")
    func float16() throws {
        let x = try variable([30000, -30000, 10000, -10000], [4, 1], .float16)
        let ones = try variable([1], [1], .float16)
        let zeros = try variable([0], [1], .float16)
        let op = try #require(Catalog.op("batch_normalization"))
        let results = try op.apply([.variable(x), .variable(ones), .variable(zeros)], [:]).results.flat
        let y = try #require(results.first).array
        #expect(y.dtype == .float16)
        let root = 22360.68
        let wanted = try variable([30000 / root, -30000 / root, 10000 / root, -10000 / root], [4, 1], .float16)
        #expect(try y.difference(from: wanted.array, relative: 1e-3, absolute: 0) == nil)
    }

    @Test("A plain number takes the batch's dtype where no array of its own group is named")
    func weakNumbers() throws {
        let op = try #require(Catalog.op("batch_normalization"))
        let x = try variable([1, 2, 3, 4], [4])
        let operands = [Operand.variable(x), .number(.real(0.1)), .number(.int(0))]
        let y = try #require(try op.apply(operands, ["axis": .int(0), "eps": .int(0)]).results.flat.first)
        let wanted = try variable([-1.5, -0.5, 0.5, 1.5].map { 0.1 * $0 / 1.25.squareRoot() }, [4])
        #expect(try y.array.difference(from: wanted.array, relative: 1e-15, absolute: 0) == nil)
    }

    @Test("What was decorrelated has no correlations, in many channels and however unlike they are")
    func decorrelated() throws {
        var generator = SplitMix64(Seed(5))
        let (samples, channels) = (60, 40)
        // Each channel is the sum of those before it and a little of its own: the condition is large.
        var values = [Double](repeating: 0, count: samples * channels)
        for row in 0..<samples {
            var sum = 0.0
            for column in 0..<channels {
                sum += Double.random(in: -1...1, using: &generator) * (column % 7 == 0 ? 10 : 0.1)
                values[row * channels + column] = sum
            }
        }
        let x = try variable(values, [samples, channels])
        let y = try decorrelation.fixedDecorrelatedBatchNormalization(
            x, variable([Double](repeating: 0, count: channels), [1, channels]), projection(of: x), 1)
        let centred = try y - reduction.mean(y, 0, nil, true)
        let covariance = try arithmetic.matmul(centred, centred, true, false) / Double(samples)
        let identity = try NDArray(
            (0..<channels * channels).map { $0 % (channels + 1) == 0 ? 1.0 : 0 }, shape: covariance.shape)
        #expect(try covariance.array.difference(from: identity, relative: 0, absolute: 1e-6) == nil)
    }

    /// What `decorrelated_batch_normalization` leaves in a running projection that forgets all before.
    private func projection(of x: Variable) throws -> Variable {
        let graph = Graph()
        let channels = x.shape[1]
        let running = try Variable(leaf: NDArray.zeros([1, channels, channels], .float64))
        let op = try #require(Catalog.op("decorrelated_batch_normalization"))
        _ = try graph.apply(
            op, [.variable(x), .absent, .variable(running)],
            ["groups": .int(1), "eps": .real(1e-10), "decay": .int(0)])
        return try running * (Double(x.shape[0] - 1) / Double(x.shape[0]))
    }

    @Test("Equal eigenvalues have gradients like others")
    func equalEigenvalues() throws {
        var generator = SplitMix64(Seed(6))
        let x = try NDArray([1.0, 1, 1, -1, -1, 1, -1, -1], shape: [4, 2])
        let op = try #require(Catalog.op("decorrelated_batch_normalization"))
        try checkGradients(at: [x], order: 2, &generator) { x in
            try op.apply([.variable(x[0])], ["groups": .int(1), "eps": .real(0.1)]).results.flat
        }
    }

    @Test("A covariance that is not positive definite is refused", arguments: [-1.0, 0.0])
    func singular(_ eps: Double) throws {
        let x = try variable([1, 1, 2, 2, 4, 4], [3, 2])
        let op = try #require(Catalog.op("decorrelated_batch_normalization"))
        let error = #expect(throws: EngineError.self) {
            try op.apply([.variable(x)], ["groups": .int(1), "eps": .real(eps)])
        }
        #expect(error?.kind == .argument)
        #expect(error?.op == "decorrelated_batch_normalization")
    }

    @Test("NaN and infinities come out as NaN, and nothing hangs")
    func notFinite() throws {
        let op = try #require(Catalog.op("decorrelated_batch_normalization"))
        for value in [Double.nan, .infinity] {
            let x = try variable([value, 1, 2, 3, 5, 4, 0, 1], [4, 2])
            let y = try op.apply([.variable(x)], ["groups": .int(1)]).results.flat
            #expect(try #require(y.first).array.doubles().allSatisfy(\.isNaN))
        }
    }
}
