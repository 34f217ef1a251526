import Foundation
import Testing

@testable import Engine

/// What the small arrays of the fixtures do not reach: blocks, tiles, radices, contraction orders.
struct LinearAlgebraTests {
    private static func matrix(_ n: Int) throws -> NDArray {
        var generator = SplitMix64(Seed(Int64(n)))
        return try NDArray((0..<n * n).map { _ in Double.random(in: -1...1, using: &generator) }, shape: [n, n])
    }

    @Test("A matrix times its inverse is the identity", arguments: [1, 31, 32, 33, 64, 100, 300])
    func inverse(_ n: Int) throws {
        let a = try Self.matrix(n)
        let product = try a.matmul(a.inverses()).elements(Double.self)
        let error = product.indices.map { abs(product[$0] - ($0 % (n + 1) == 0 ? 1 : 0)) }.max() ?? 0
        #expect(error < 1e-9)
    }

    @Test("The determinant of a product is the product of the determinants", arguments: [2, 32, 33, 65])
    func determinant(_ n: Int) throws {
        let (a, b) = (try Self.matrix(n), try Self.matrix(n).transposed([1, 0]))
        let product = try a.matmul(b).determinants().elements(Double.self)[0]
        let factors = try a.determinants().elements(Double.self)[0] * b.determinants().elements(Double.self)[0]
        #expect(abs(product - factors) <= 1e-9 * abs(factors))
    }

    @Test("A Cholesky factor times its transpose is the matrix", arguments: [1, 40])
    func cholesky(_ n: Int) throws {
        let a = try Self.matrix(n)
        let definite = try a.matmul(a.transposed([1, 0]))
        let factor = try definite.choleskyFactors()
        let difference = try factor.matmul(factor.transposed([1, 0])).difference(
            from: definite, relative: 1e-10, absolute: 1e-12)
        #expect(difference == nil)
    }

    @Test("A Fourier transform of any length is the sum that defines it, and the inverse undoes it")
    func fourier() throws {
        for n in Array(1...130) + [256, 360, 1009, 1024, 2 * 509] {
            var generator = SplitMix64(Seed(Int64(n)))
            let (re, im) = (
                (0..<n).map { _ in Double.random(in: -1...1, using: &generator) },
                (0..<n).map { _ in Double.random(in: -1...1, using: &generator) }
            )
            let x = [try NDArray(re, shape: [n]), try NDArray(im, shape: [n])]
            let y = try NDArray.fourier(x[0], x[1], inverse: false)
            let (real, imaginary) = (try y[0].elements(Double.self), try y[1].elements(Double.self))
            for j in stride(from: 0, to: n, by: max(1, n / 7)) {
                var sum = (0.0, 0.0)
                for k in 0..<n {
                    let angle = -2 * Double.pi * Double(j * k % n) / Double(n)
                    sum.0 += re[k] * cos(angle) - im[k] * sin(angle)
                    sum.1 += re[k] * sin(angle) + im[k] * cos(angle)
                }
                #expect(abs(real[j] - sum.0) < 1e-12 * Double(n) && abs(imaginary[j] - sum.1) < 1e-12 * Double(n))
            }
            for (part, back) in zip(x, try NDArray.fourier(y[0], y[1], inverse: true)) {
                #expect(try back.difference(from: part, relative: 0, absolute: 1e-14) == nil, "length \(n)")
            }
        }
    }

    @Test("einsum multiplies in the order that takes the least room")
    func contractionOrder() throws {
        // From left to right, the outer product of the first two would not fit.
        let long = try Variable(constant: NDArray(repeating: Float(1), shape: [1 << 20]))
        let subscripts = try #require(try Subscripts(.string("i,j,i->j")))
        let sum = try linearAlgebra.einsum([long, long, long], subscripts)
        #expect(try sum.array.elements(Float.self).allSatisfy { $0 == 0x1p20 })
    }

    @Test("A singular matrix has no inverse, and its determinant, which is 0, no gradient")
    func singular() throws {
        let a = try Variable(leaf: NDArray([1.0, 2, 2, 4], shape: [2, 2]))
        let refusal = #expect(throws: EngineError.self) { try linearAlgebra.inv(a) }
        #expect(refusal?.kind == .argument)
        let det = try linearAlgebra.det(a)
        #expect(try det.array.elements(Double.self) == [0])
        let second = #expect(throws: EngineError.self) { try Graph().grad(of: [det], to: [a]) }
        #expect(second?.kind == .gradient)
        #expect(second?.op == "det")
    }

    @Test("Matrices and transforms of float16 are computed in float32 and more")
    func halfPrecision() throws {
        let a = try NDArray([Float16(300), 0, 0, 300], shape: [2, 2])
        #expect(try a.inverses().elements(Float16.self) == [Float16(1.0 / 300), 0, 0, Float16(1.0 / 300)])
        #expect(
            try NDArray([Float16(1e-3), 0, 0, 4], shape: [2, 2]).determinants().item(Float16.self) == Float16(4e-3))
        let factors = try [Float16(300), 300, 1e-3].map { try Variable(constant: NDArray(repeating: $0, shape: [1])) }
        let product = try linearAlgebra.einsum(factors, #require(try Subscripts(.string("i,i,i"))))
        #expect(try abs(Double(product.array.elements(Float16.self)[0]) - 90) < 0.1)
        let halves = try NDArray(repeating: Float16(0.1), shape: [4096])
        let sum = try NDArray.fourier(halves, halves, inverse: false)[0].elements(Float16.self)[0]
        #expect(sum == Float16(Double(Float16(0.1)) * 4096))
        let cumulated = try halves.accumulated(Sum.self, axis: 0, reverse: false).elements(Float16.self)
        #expect(abs(Double(cumulated[4095]) - 409.5) < 0.5)
    }
}
