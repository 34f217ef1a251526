import RealModule
import Testing

@testable import Engine

/// Products of matrices of all the sizes at which they are computed differently, against sums in plain loops.
struct MatMulTests {
    @Test(
        "A product is the sum of products, transposed or not",
        arguments: [
            (1, 300, 7), (3, 50, 70), (70, 50, 3), (50, 1, 400), (4, 4, 600), (12, 32, 32), (13, 33, 31), (24, 8, 64),
            (25, 300, 33), (5, 600, 9), (4, 5, 4100), (40, 20, 70), (193, 11, 35), (2, 0, 3),
        ])
    func products(m: Int, k: Int, n: Int) throws {
        var generator = SplitMix64(Seed(Int64(m * 1000 + n)))
        func matrix(_ rows: Int, _ columns: Int) -> [Double] {
            (0..<rows * columns).map { _ in Double(Int.random(in: -8...8, using: &generator)) / 8 }
        }
        for (transA, transB) in [(false, false), (true, false), (false, true), (true, true)] {
            let (a, b) = (matrix(m, k), matrix(k, n))
            // Eighths of small integers: every sum is exact, so that all orders of adding agree.
            var wanted = [Double](repeating: 0, count: m * n)
            for i in 0..<m {
                for p in 0..<k {
                    let factor = a[transA ? p * m + i : i * k + p]
                    for j in 0..<n { wanted[i * n + j] += factor * b[transB ? j * k + p : p * n + j] }
                }
            }
            let arrayA = try NDArray(a, shape: transA ? [k, m] : [m, k])
            let arrayB = try NDArray(b, shape: transB ? [n, k] : [k, n])
            for dtype in [DType.float64, .float32] {
                let product = try arrayA.cast(to: dtype).matmul(
                    arrayB.cast(to: dtype), transposed: transA, otherTransposed: transB)
                #expect(product.shape == [m, n] && product.dtype == dtype)
                #expect(try product.doubles() == wanted)
            }
        }
    }

    @Test("exp and tanh of float32 are within the errors that they state")
    func vectorMath() throws {
        // Every 65,537th value: all exponents, both signs, infinities and NaN.
        let values = (0..<65_536).map { Float(bitPattern: UInt32($0) &* 65_537) }
        func check(_ name: String, _ bound: Double, _ function: (Float) -> Float, _ exact: (Double) -> Double) {
            for x in values {
                let (got, wanted) = (function(x), exact(Double(x)))
                if wanted.isNaN || Float(wanted).isInfinite {
                    #expect(got == Float(wanted) || (got.isNaN && wanted.isNaN), "\(name)(\(x))")
                } else {
                    let unit = Double(Float(max(wanted.magnitude, Double(Float.leastNormalMagnitude))).ulp)
                    #expect((Double(got) - wanted).magnitude <= bound * unit, "\(name)(\(x)) is \(got)")
                }
            }
        }
        check("exp", 1.02, Float.exponential, Double.exp)
        check("tanh", 1.33, Float.hyperbolicTangent, Double.tanh)
    }

    @Test("sigmoid keeps its digits far below zero, where it is exp(x)")
    func sigmoidTail() throws {
        let x = try Variable(constant: NDArray([-20.0, -37.05, -60, -700], shape: [4]))
        let y = try activation.sigmoid(x).array.doubles()
        for (x, y) in zip([-20.0, -37.05, -60, -700], y) {
            let wanted = Double.exp(x) / (1 + Double.exp(x))
            #expect(abs(y - wanted) <= 4e-16 * wanted)
        }
        let single = try activation.sigmoid(Variable(constant: NDArray([Float(-20)], shape: [1]))).array.doubles()
        #expect(abs(single[0] - 2.0611536e-9) < 1e-15)
    }

    @Test("Large arrays are worked at in parts, whose results are the same")
    func parts() throws {
        let count = 300_000
        let x = try NDArray((0..<count).map { Float($0 % 1000) }, shape: [count])
        let total = Double(count / 1000) * 999 * 1000 / 2
        #expect(try x.reduced(Sum.self, axes: [0], keepdims: false).doubles() == [total])
        let tall = x.reshaped(unchecked: [300, 1000])
        #expect(try tall.reduced(Sum.self, axes: [0], keepdims: false).doubles() == (0..<1000).map { Double($0) * 300 })
        #expect(
            try tall.reduced(Maximum.self, axes: [1], keepdims: false).doubles() == Array(repeating: 999, count: 300))
        let negated = try x.cast(to: .float64).elements(Double.self)
        #expect(negated == (0..<count).map { Double($0 % 1000) })
    }
}
