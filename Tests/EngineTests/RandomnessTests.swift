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
}

extension DType {
    static let floats = allCases.filter(\.isFloat)
}
