/// NumPy's broadcasting: shapes are aligned at their ends, and a dimension of 1 stretches.
public enum Broadcasting {
    /// The shape that all take.
    /// - Throws: `EngineError.Kind.shape` that names the shapes and the dimension.
    public static func shape(_ shapes: [[Int]]) throws -> [Int] {
        guard let first = shapes.first else { return [] }
        return try shapes.dropFirst().reduce(first) { try shape($0, $1) }
    }

    /// The shape that two take.
    /// - Throws: `EngineError.Kind.shape` that names both.
    public static func shape(_ a: [Int], _ b: [Int]) throws -> [Int] {
        if a == b { return a }
        let (long, short) = a.count >= b.count ? (a, b) : (b, a)
        var result = long
        let shift = long.count - short.count
        for (i, length) in short.enumerated() where result[shift + i] != length {
            if result[shift + i] == 1 {
                result[shift + i] = length
            } else if length != 1 {
                throw EngineError(
                    .shape,
                    "The shapes cannot be broadcast together: aligned at their ends, each dimension must be"
                        + " equal, or 1 in one of them.",
                    expected: "a shape that broadcasts with \(describe(a))", actual: describe(b))
            }
        }
        return result
    }

    /// Whether `shape` stretches to `target`.
    public static func fits(_ shape: [Int], to target: [Int]) -> Bool {
        guard shape.count <= target.count else { return false }
        return zip(shape.reversed(), target.reversed()).allSatisfy { $0 == $1 || $0 == 1 }
    }

    /// Strides, in elements, that read an array of `shape` as if it had `target`: 0 along stretched dimensions.
    static func strides(_ shape: [Int], to target: [Int]) -> [Int] {
        var strides = [Int](repeating: 0, count: target.count)
        var step = 1
        let shift = target.count - shape.count
        for i in shape.indices.reversed() {
            if shape[i] != 1 { strides[shift + i] = step }
            step *= shape[i]
        }
        return strides
    }
}

/// A way to walk over the elements of one shape in C order while following several strides: dimensions that can be
/// walked as one are merged, so that the inner run is as long as it can be.
struct StridedWalk {
    private(set) var shape: [Int]
    private(set) var strides: [[Int]]

    /// - Parameter strides: for each operand its strides in elements, as many as `shape` has dimensions.
    init(shape full: [Int], strides all: [[Int]]) {
        shape = []
        strides = all.map { _ in [] }
        for (d, length) in full.enumerated() where length != 1 {
            let merges =
                !shape.isEmpty
                && all.indices.allSatisfy { strides[$0][shape.count - 1] == all[$0][d] * length }
            if merges {
                shape[shape.count - 1] *= length
                for k in all.indices { strides[k][shape.count - 1] = all[k][d] }
            } else {
                shape.append(length)
                for k in all.indices { strides[k].append(all[k][d]) }
            }
        }
        if shape.isEmpty {
            shape = [full.contains(0) ? 0 : 1]
            strides = all.map { _ in [0] }
        }
    }

    /// The length of an inner run, and each operand's stride along it.
    var run: Int { shape[shape.count - 1] }
    func runStride(_ operand: Int) -> Int { strides[operand][shape.count - 1] }

    /// The elements of the shape.
    var size: Int { shape.reduce(1, *) }

    /// Calls `body` for each inner run with the operands' offsets; runs come in C order.
    @inline(__always)
    func forEachRun(_ body: ([Int]) -> Void) {
        forEachRun(in: 0..<size) { _, _, offsets in body(offsets) }
    }

    /// Calls `body` for each inner run, or what of it lies among some of the elements, counted in C order.
    /// - Parameter body: takes the first element's number, how many there are, and the operands' offsets.
    @inline(__always)
    func forEachRun(in elements: Range<Int>, _ body: (_ start: Int, _ count: Int, _ offsets: [Int]) throws -> Void)
        rethrows
    {
        guard !elements.isEmpty else { return }
        let outer = shape.count - 1
        var offsets = [Int](repeating: 0, count: strides.count)
        var counter = [Int](repeating: 0, count: outer)
        var start = elements.lowerBound
        var number = start / run
        for d in (0..<outer).reversed() {
            counter[d] = number % shape[d]
            number /= shape[d]
            for k in strides.indices { offsets[k] += strides[k][d] * counter[d] }
        }
        // The first run may have begun before.
        let before = start % run
        for k in strides.indices { offsets[k] += runStride(k) * before }
        var end = min(start - before + run, elements.upperBound)
        try body(start, end - start, offsets)
        for k in strides.indices { offsets[k] -= runStride(k) * before }
        while end < elements.upperBound {
            start = end
            end = min(start + run, elements.upperBound)
            for d in (0..<outer).reversed() {
                counter[d] += 1
                for k in strides.indices { offsets[k] += strides[k][d] }
                if counter[d] < shape[d] { break }
                for k in strides.indices { offsets[k] -= strides[k][d] * shape[d] }
                counter[d] = 0
            }
            try body(start, end - start, offsets)
        }
    }
}
