import RealModule

extension NDArray {
    /// The discrete Fourier transforms along the last axis of complex numbers, given by their parts, which are of one
    /// shape and dtype. They are computed in float64, in O(n log n) for every length n.
    /// - Throws: `EngineError.Kind.shape` where there are no numbers along the axis.
    static func fourier(_ real: NDArray, _ imaginary: NDArray, inverse: Bool) throws -> [NDArray] {
        guard let length = real.shape.last, length > 0 else {
            throw EngineError(
                .shape, "A transform needs at least one number along the last axis.",
                expected: "a last axis of at least 1", actual: describe(real.shape), at: .input(0))
        }
        // With the parts exchanged, before and after, a transform is its inverse but for the factor 1/n.
        let parts = inverse ? [imaginary, real] : [real, imaginary]
        let results = try real.dtype.visitFloat(Transform(parts: parts, length: length, scale: inverse ? length : 1))
        return inverse ? results.reversed() : results
    }
}

private struct Transform: FloatVisitor {
    let parts: [NDArray]
    let length: Int
    let scale: Int
    func visit<T: FloatElement>(_: T.Type) throws -> [NDArray] {
        let results = try parts.map { try NDArray(uninitialized: $0.shape, $0.dtype) }
        var pace = Pace()
        let plan = try FourierPlan(length, &pace)
        let scale = Double(self.scale)
        for start in stride(from: 0, to: results[0].size, by: length) {
            let row = plan.input
            for (part, target) in zip(parts, [row.real, row.imaginary]) {
                part.withBase(T.self) { for k in 0..<length { target[k] = Double($0[start + k]) } }
            }
            let y = try plan.transform(&pace)
            for (result, source) in zip(results, [y.real, y.imaginary]) {
                result.writeFresh(T.self) { for k in 0..<length { $0[start + k] = T(source[k] / scale) } }
            }
        }
        withExtendedLifetime(plan) {}
        return results
    }
}

/// Complex numbers by their parts, in memory that is charged as an array's is.
private struct ComplexRow {
    private let storage: Storage
    private(set) var real: UnsafeMutablePointer<Double>
    private(set) var imaginary: UnsafeMutablePointer<Double>

    init(_ count: Int) throws {
        // Two rows of at most 2^29 numbers.
        storage = try Storage.make(byteCount: 2 * count * MemoryLayout<Double>.stride)
        real = storage.base.assumingMemoryBound(to: Double.self)
        imaginary = real + count
    }

    /// The same memory, the parts exchanged.
    var exchanged: ComplexRow {
        var row = self
        swap(&row.real, &row.imaginary)
        return row
    }

    subscript(_ k: Int) -> (Double, Double) {
        get { (real[k], imaginary[k]) }
        nonmutating set { (real[k], imaginary[k]) = newValue }
    }
}

/// The transform of one length: by stages where the length has small prime factors only, else as a convolution
/// (Bluestein, 1970) that is done by stages of a power of two.
private final class FourierPlan {
    private let length: Int
    private let stages: FourierStages
    /// exp(-πi k²/n), and the transform of what is convolved with, divided by its length.
    private let chirp: (factors: ComplexRow, spectrum: ComplexRow)?

    init(_ n: Int, _ pace: inout Pace) throws {
        length = n
        if let radices = FourierStages.radices(of: n) {
            stages = try FourierStages(n, radices, &pace)
            chirp = nil
            return
        }
        var size = 1
        while size < 2 * n - 1 { size *= 2 }
        stages = try FourierStages(size, FourierStages.radices(of: size) ?? [], &pace)
        let (factors, spectrum) = (try ComplexRow(n), try ComplexRow(size))
        let row = stages.x
        for k in 0..<size { row[k] = (0, 0) }
        for k in 0..<n {
            try pace.spend(32)
            // The square is below 2^58.
            factors[k] = root(k * k % (2 * n), of: 2 * n)
            row[k] = (factors[k].0, -factors[k].1)
            if k > 0 { row[size - k] = row[k] }
        }
        try stages.run(&pace)
        for k in 0..<size { spectrum[k] = (stages.x[k].0 / Double(size), stages.x[k].1 / Double(size)) }
        chirp = (factors, spectrum)
    }

    /// Where the numbers to transform are written.
    var input: ComplexRow { stages.x }

    /// Transforms what was written; the result is overwritten by the next.
    func transform(_ pace: inout Pace) throws -> ComplexRow {
        guard let chirp else {
            try stages.run(&pace)
            return stages.x
        }
        let size = stages.length
        stages.x.multiply(by: chirp.factors, count: length)
        for k in length..<size { stages.x[k] = (0, 0) }
        try stages.run(&pace)
        stages.x.multiply(by: chirp.spectrum, count: size)
        stages.x = stages.x.exchanged
        try stages.run(&pace)
        stages.x = stages.x.exchanged
        stages.x.multiply(by: chirp.factors, count: length)
        return stages.x
    }
}

extension ComplexRow {
    fileprivate func multiply(by factors: ComplexRow, count: Int) {
        for k in 0..<count { self[k] = product(self[k], factors[k]) }
    }
}

/// exp(-2πi k/n), from an angle of less than a quarter of a turn.
private func root(_ k: Int, of n: Int) -> (Double, Double) {
    let (quarter, rest) = (4 * k).quotientAndRemainder(dividingBy: n)
    let angle = Double(rest) / Double(n) * (.pi / 2)
    let (c, s) = (Double.cos(angle), Double.sin(angle))
    return switch quarter {
    case 0: (c, -s)
    case 1: (-s, -c)
    case 2: (-c, s)
    default: (s, c)
    }
}

/// A transform by one factor of the length after the other, to and fro between two rows, in the order in which the
/// result comes out sorted (Stockham).
private final class FourierStages {
    let length: Int
    private let radices: [Int]
    private let roots: ComplexRow
    /// What is transformed, and afterwards the transform.
    var x: ComplexRow
    private var y: ComplexRow

    /// The factors to go by; nil where a prime one is so large that convolution is faster.
    static func radices(of length: Int) -> [Int]? {
        var (rest, radices) = (length, [Int]())
        for radix in [4] + Array(2...31) {
            while rest.isMultiple(of: radix) {
                radices.append(radix)
                rest /= radix
            }
        }
        return rest == 1 ? radices : nil
    }

    init(_ length: Int, _ radices: [Int], _ pace: inout Pace) throws {
        (self.length, self.radices) = (length, radices)
        (roots, x, y) = (try ComplexRow(length), try ComplexRow(length), try ComplexRow(length))
        for k in 0..<length {
            try pace.spend(32)
            roots[k] = root(k, of: length)
        }
    }

    func run(_ pace: inout Pace) throws {
        var step = 1
        for radix in radices {
            if radix == 4 { try stageOf4(step, &pace) } else { try stage(radix, step, &pace) }
            swap(&x, &y)
            step *= radix
        }
    }

    /// One stage of any radix p: y[j] = Σ x[k] exp(-2πi jk/p), turned by j q steps of the roots.
    private func stage(_ p: Int, _ step: Int, _ pace: inout Pace) throws {
        let (x, y, roots, length) = (x, y, roots, length)
        let count = length / step / p
        for q in 0..<count {
            for j in 0..<p {
                let target = step * (p * q + j)
                var place = j * q * step
                for k in 0..<p {
                    try pace.spend(4 * step)
                    let (source, (c, s)) = (step * (q + count * k), roots[place])
                    for r in 0..<step {
                        let (a, b) = x[source + r]
                        let (sumA, sumB) = k == 0 ? (0, 0) : y[target + r]
                        y[target + r] = (sumA + (a * c - b * s), sumB + (a * s + b * c))
                    }
                    place += j * (length / p)
                    if place >= length { place -= length }
                }
            }
        }
    }

    private func stageOf4(_ step: Int, _ pace: inout Pace) throws {
        let (x, y, roots) = (x, y, roots)
        let count = length / step / 4
        for q in 0..<count {
            try pace.spend(32 * step)
            let (w1, w2, w3) = (roots[q * step], roots[2 * q * step], roots[3 * q * step])
            for r in 0..<step {
                let source = step * q + r
                let (a, b) = (x[source], x[source + step * count])
                let (c, d) = (x[source + 2 * step * count], x[source + 3 * step * count])
                let (evenSum, evenDifference) = ((a.0 + c.0, a.1 + c.1), (a.0 - c.0, a.1 - c.1))
                // The difference of the odd ones, times i.
                let (oddSum, oddDifference) = ((b.0 + d.0, b.1 + d.1), (d.1 - b.1, b.0 - d.0))
                let target = step * 4 * q + r
                y[target] = (evenSum.0 + oddSum.0, evenSum.1 + oddSum.1)
                y[target + step] = product(w1, (evenDifference.0 - oddDifference.0, evenDifference.1 - oddDifference.1))
                y[target + 2 * step] = product(w2, (evenSum.0 - oddSum.0, evenSum.1 - oddSum.1))
                y[target + 3 * step] = product(
                    w3, (evenDifference.0 + oddDifference.0, evenDifference.1 + oddDifference.1))
            }
        }
    }
}

@inline(__always)
private func product(_ a: (Double, Double), _ b: (Double, Double)) -> (Double, Double) {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}
