import Testing

@testable import Engine

/// One way to call a differentiable op: the shapes of its float inputs, whose values are drawn from the parameters'
/// declared domains, and what else it takes.
struct GradientCase: Sendable, CustomTestStringConvertible {
    var op: String
    var shapes: [[Int]]
    var arguments: [String: Argument] = [:]
    /// Inputs that are not float, by place: labels, conditions.
    var integers: [Int: [Int64]] = [:]
    var bools: [Int: [Bool]] = [:]
    /// Float inputs that no gradient flows to, by place: boxes.
    var constants: [Int: [Double]] = [:]

    init(
        _ op: String, _ shapes: [Int]..., arguments: [String: Argument] = [:], constants: [Int: [Double]] = [:],
        integers: [Int: [Int64]] = [:], bools: [Int: [Bool]] = [:]
    ) {
        (self.op, self.shapes, self.arguments) = (op, shapes, arguments)
        (self.constants, self.integers, self.bools) = (constants, integers, bools)
    }

    var testDescription: String { "\(op)\(shapes)\(arguments.isEmpty ? "" : " \(arguments)")" }

    /// Every family's, each in a file of its own.
    static let all = core + array + pooling
}

/// Gradients against central differences in float64, and the gradients' gradients likewise.
struct GradientTests {
    @Test("Every differentiable op of the catalogue has a gradient case")
    func everyOpHasACase() {
        let covered = Set(GradientCase.all.map(\.op))
        #expect(Catalog.ops.filter { $0.isDifferentiable && !covered.contains($0.name) }.map(\.name) == [])
    }

    @Test("First, second and third gradients are the limits of differences", arguments: GradientCase.all)
    func gradientsAreDerivatives(_ sample: GradientCase) throws {
        let op = try #require(Catalog.op(sample.op))
        var generator = SplitMix64(Seed(20_190_401))
        let parameters = op.arrayParameters
        let isList = parameters.count == 1 && parameters[0].array?.arity == .list
        var operands: [Operand] = []
        var floats: [Int] = []
        for (place, shape) in sample.shapes.enumerated() {
            if let values = sample.integers[place] {
                operands.append(.array(try NDArray(values, shape: shape)))
            } else if let values = sample.constants[place] {
                operands.append(.array(try NDArray(values, shape: shape)))
            } else if let values = sample.bools[place] {
                operands.append(.array(try NDArray(values, shape: shape)))
            } else {
                let domain = try #require(parameters[isList ? 0 : place].array).domain
                let values = (0..<shape.reduce(1, *)).map { _ in Double.random(in: domain, using: &generator) }
                operands.append(.array(try NDArray(values, shape: shape)))
                floats.append(place)
            }
        }
        let points = try floats.map { place -> NDArray in
            guard case .array(let array) = operands[place] else { throw EngineError.fault("no array") }
            return array
        }
        let (fixed, places) = (operands, floats)
        try checkGradients(at: points, order: 3, &generator) { variables in
            var operands = fixed
            for (variable, place) in zip(variables, places) { operands[place] = .variable(variable) }
            return try op.apply(operands, sample.arguments).results.flat
        }
    }
}

/// Checks the gradients of a function against differences; then, for the next order, those of the gradients.
func checkGradients(
    at points: [NDArray], order: Int, _ generator: inout SplitMix64,
    _ function: @escaping ([Variable]) throws -> [Variable]
) throws {
    guard order > 0 else { return }
    let results = try function(try points.map { try Variable(leaf: $0) }).filter { $0.dtype.isFloat }
    // A random sum of all results: one number to differentiate.
    let weights = try results.map { result in
        try NDArray((0..<result.size).map { _ in Double.random(in: 0.5...1.5, using: &generator) }, shape: result.shape)
    }
    func value(_ points: [NDArray]) throws -> Double {
        let results = try function(points.map { try Variable(leaf: $0) }).filter { $0.dtype.isFloat }
        return try zip(results, weights).reduce(0) { total, pair in
            try total + zip(pair.0.array.doubles(), pair.1.doubles()).reduce(0) { $0 + $1.0 * $1.1 }
        }
    }
    let gradients: ([Variable]) throws -> [Variable] = { variables in
        let results = try function(variables).filter { $0.dtype.isFloat }
        let found = try Graph().grad(
            of: results, to: variables, gradOutputs: weights.map { Variable(constant: $0) },
            options: BackpropOptions(enableDoubleBackprop: true))
        return try zip(found, variables).map { gradient, variable in
            // A gradient that depends on nothing is a leaf, as one that is given a name.
            if let gradient, gradient.node != nil { return gradient }
            return try Variable(leaf: gradient?.array ?? NDArray.zeros(variable.shape, variable.dtype))
        }
    }
    let analytic = try gradients(try points.map { try Variable(leaf: $0) })
    let step = 1e-5
    for (place, point) in points.enumerated() {
        let found = try analytic[place].array.doubles()
        let elements = try point.doubles()
        for i in elements.indices {
            var (up, down) = (elements, elements)
            up[i] += step
            down[i] -= step
            var (pointsUp, pointsDown) = (points, points)
            pointsUp[place] = try NDArray(up, shape: point.shape)
            pointsDown[place] = try NDArray(down, shape: point.shape)
            let slope = try (value(pointsUp) - value(pointsDown)) / (2 * step)
            #expect(
                abs(found[i] - slope) <= 1e-6 + 1e-5 * abs(slope),
                "order \(4 - order), input \(place), element \(i): \(found[i]), by differences \(slope)")
        }
    }
    try checkGradients(at: points, order: order - 1, &generator, gradients)
}
