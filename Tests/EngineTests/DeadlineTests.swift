import Foundation
import Testing

@testable import Engine

/// Computations that are not done in the time that their account allows.
struct DeadlineTests {
    /// An op that would take many seconds on arrays of some shapes, and its arguments.
    static let long: [(String, [[Int]], [String: Argument])] = [
        ("matmul", [[1400, 1400], [1400, 1400]], [:]),
        ("matmul", [[4000, 1, 700], [700, 700]], [:]),
        ("convolution_2d", [[4, 64, 96, 96], [64, 64, 5, 5]], ["pad": .int(2)]),
        ("depthwise_convolution_2d", [[1, 1, 400, 400], [1, 1, 200, 200]], [:]),
        ("max_pooling_1d", [[1, 1, 200_000]], ["ksize": .int(40_000), "stride": .int(1)]),
        ("average_pooling_1d", [[1, 1, 200_000]], ["ksize": .int(40_000), "stride": .int(1)]),
        ("inv", [[1500, 1500]], [:]),
        ("det", [[1800, 1800]], [:]),
        ("cholesky", [[1200, 1200]], [:]),
        ("fft", [[6_000_011], [6_000_011]], [:]),
        ("argsort", [[8_000_000]], [:]),
        ("decorrelated_batch_normalization", [[4, 1500]], ["groups": .int(1), "eps": .real(0.5)]),
    ]

    @Test("Long work stops within about a second of its end, wherever it is", arguments: long)
    func stops(_ name: String, _ shapes: [[Int]], _ arguments: [String: Argument]) throws {
        let op = try #require(Catalog.op(name), "no op \(name)")
        let account = Account()
        try account.charged {
            let inputs = try shapes.map { shape in
                // Random numbers are of full rank, but not positive definite.
                let x =
                    name == "cholesky"
                    ? try creation.eye(shape[0], nil, 0, .float32).array
                    : try NDArray(drawnFrom: UniformDistribution(), shape: shape, .float32, Seed(1))
                return Operand.array(x)
            }
            account.deadline = Deadline(milliseconds: Deadline(secondsFromNow: 0).milliseconds + 200)
            let start = ContinuousClock.now
            do {
                _ = try op.apply(inputs, arguments)
                Issue.record("it was done in \(ContinuousClock.now - start)")
            } catch let error as EngineError {
                #expect(error.kind == .time, "\(error)")
                #expect(error.op == name)
            }
            #expect(ContinuousClock.now - start < .seconds(1.5))
        }
        #expect(account.bytes == 0)
    }
}
