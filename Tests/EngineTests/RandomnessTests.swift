import Testing

@testable import Engine

/// What ops draw: within its bounds, the same again for a seed, and given back where it is asked for.
struct RandomnessTests {
    @Test("rrelu draws its slopes evenly between l and u, and a seed draws them again", arguments: DType.floats)
    func slopes(_ dtype: DType) throws {
        let x = try Variable(constant: NDArray(.real(-1), shape: [1000], dtype))
        let (results, again) = (
            try rectifiers.rrelu.results(x, 0.25, 0.75, nil, true, Seed(5), true).flat,
            try rectifiers.rrelu.results(x, 0.25, 0.75, nil, true, Seed(5), true).flat
        )
        let slopes = try results[1].array.doubles()
        #expect(try results[0].array.doubles() == slopes.map { -$0 })
        #expect(try again[1].array.doubles() == slopes)
        #expect(slopes.allSatisfy { (0.25...0.75).contains($0) })
        #expect(abs(slopes.reduce(0, +) / 1000 - 0.5) < 0.02)
        let other = try rectifiers.rrelu.results(x, 0.25, 0.75, nil, true, Seed(6), true).flat
        #expect(try other[1].array.doubles() != slopes)
    }

    private func apply(_ op: String, _ inputs: [Variable], _ arguments: [String: Argument]) throws -> [Variable] {
        try #require(Catalog.op(op)).apply(inputs.map { .variable($0) }, arguments).results.flat
    }
    private func filled(_ value: Double, _ shape: [Int]) throws -> Variable {
        try Variable(leaf: NDArray(.real(value), shape: shape, .float64))
    }
    private func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
        let mean = values.reduce(0, +) / Double(values.count)
        return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
    }

    @Test("gaussian draws the standard normal distribution, and eps repeats a draw")
    func gaussian() throws {
        let (mean, logVariance) = (try filled(0, [20_000]), try filled(0, [20_000]))
        let drawn = try apply("gaussian", [mean, logVariance], ["seed": .int(1), "return_eps": .bool(true)])
        let (y, eps) = (try drawn[0].array.doubles(), try drawn[1].array.doubles())
        #expect(y == eps)
        let (average, variance) = moments(y)
        #expect(abs(average) < 0.03 && abs(variance - 1) < 0.04)
        // 68.27 % are within one standard deviation, 4.55 % beyond two.
        #expect(abs(Double(y.count { abs($0) < 1 }) / 20_000 - 0.6827) < 0.015)
        #expect(abs(Double(y.count { abs($0) > 2 }) / 20_000 - 0.0455) < 0.006)
        let moved = try apply("gaussian", [filled(3, [20_000]), filled(2, [20_000]), drawn[1]], [:])
        let wanted = eps.map { 3 + Double.exp(1) * $0 }
        #expect(zip(try moved[0].array.doubles(), wanted).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(try apply("gaussian", [mean, logVariance], ["seed": .int(2)])[0].array.doubles() != y)
    }

    @Test("gumbel_softmax draws each class as often as its probability says")
    func gumbelSoftmax() throws {
        let probabilities = [0.2, 0.5, 0.3]
        let rows = 20_000
        let logPi = try Variable(
            leaf: NDArray((0..<rows * 3).map { Double.log(probabilities[$0 % 3]) + 7 }, shape: [rows, 3]))
        let y = try apply("gumbel_softmax", [logPi], ["seed": .int(3), "tau": .real(0.01)])[0].array
        let chosen = try y.selectedIndex(Maximum.self, axis: 1).doubles()
        for (index, probability) in probabilities.enumerated() {
            #expect(abs(Double(chosen.count { $0 == Double(index) }) / Double(rows) - probability) < 0.015)
        }
        let sums = try y.reduced(Sum.self, axes: [1], keepdims: false).doubles()
        #expect(sums.allSatisfy { abs($0 - 1) < 1e-12 })
    }

    @Test("zoneout takes h as often as the ratio says")
    func zoneout() throws {
        let (h, x) = (try filled(1, [20_000]), try filled(0, [20_000]))
        let y = try apply("zoneout", [h, x], ["seed": .int(4), "ratio": .real(0.3)])[0].array.doubles()
        #expect(abs(moments(y).mean - 0.3) < 0.015)
        let again = try apply("zoneout", [h, x], ["seed": .int(4), "ratio": .real(0.3)])[0].array.doubles()
        #expect(again == y)
    }

    @Test(
        "simplified_dropconnect keeps the mean, and drops alike in all samples where it is told to",
        arguments: [true, false])
    func dropconnect(_ differs: Bool) throws {
        let arguments: [String: Argument] = [
            "seed": .int(5), "ratio": .real(0.25), "use_batchwise_mask": .bool(differs),
        ]
        let y = try apply("simplified_dropconnect", [filled(1, [2, 100]), filled(1, [200, 100])], arguments)[0].array
        let values = try y.doubles()
        #expect(abs(moments(values).mean - 100) < 1)
        #expect((values[..<200] == values[200...]) != differs)
    }

    @Test("Between layers each direction drops on its own, a seed repeats it, and without training none drops")
    func layers() throws {
        let samples = 4000
        func matrix(_ values: [Double]) throws -> Operand { .array(try NDArray(values, shape: [1, values.count])) }
        // Each layer gives the first of its inputs.
        let weights = try (0..<4).map { Operand.list([try matrix($0 < 2 ? [1] : [1, 0]), try matrix([0])]) }
        let biases = try (0..<4).map { _ in
            Operand.list(Array(repeating: .array(try NDArray([0.0], shape: [1])), count: 2))
        }
        let operands: [Operand] = [
            .array(try NDArray.zeros([4, samples, 1], .float64)), .list(weights), .list(biases),
            .list([.array(try NDArray(repeating: 1.0, shape: [samples, 1]))]),
        ]
        func outputs(_ seed: Int64, train: Bool = true) throws -> [Double] {
            let op = try #require(Catalog.op("n_step_birnn"))
            let arguments: [String: Argument] = [
                "n_layers": .int(2), "dropout_ratio": .real(0.2), "activation": .string("relu"), "seed": .int(seed),
                "train": .bool(train),
            ]
            return try #require(try op.apply(operands, arguments).results.flat.last).array.doubles()
        }
        let y = try outputs(1)
        #expect(y.allSatisfy { $0 == 0 || $0 == 1.25 })
        #expect(abs(Double(y.count { $0 == 0 }) / Double(y.count) - 0.2) < 0.02)
        // Both directions drop 4 % of the samples, not 20 %.
        let both = stride(from: 0, to: y.count, by: 2).count { y[$0] == 0 && y[$0 + 1] == 0 }
        #expect(abs(Double(both) / Double(samples) - 0.04) < 0.015)
        #expect(try outputs(1) == y)
        #expect(try outputs(2) != y)
        #expect(try outputs(1, train: false).allSatisfy { $0 == 1 })
    }
}

extension DType {
    static let floats = allCases.filter(\.isFloat)
}
