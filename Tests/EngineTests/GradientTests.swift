import Testing

@testable import Engine

/// One way to call a differentiable op: the shapes of its float inputs, whose values are drawn from the parameters'
/// declared domains, and what else it takes.
struct GradientCase: Sendable, CustomTestStringConvertible {
    /// The shape of an input, or of the inputs in a list.
    enum Input: Sendable, CustomStringConvertible {
        case array([Int])
        indirect case list([Input])
        case absent

        var description: String {
            switch self {
            case .array(let shape): describe(shape)
            case .list(let items): items.description
            case .absent: "null"
            }
        }
    }

    var op: String
    var inputs: [Input]
    var arguments: [String: Argument] = [:]
    /// Inputs that are not float, by their flat place: labels, conditions.
    var integers: [Int: [Int64]] = [:]
    var bools: [Int: [Bool]] = [:]
    /// Float inputs that no gradient flows to, by their flat place: boxes.
    var constants: [Int: [Double]] = [:]
    /// What is done to the float inputs before the op gets them.
    var prepared = Preparation.asDrawn

    enum Preparation { case asDrawn, positiveDefinite }

    init(
        _ op: String, _ shapes: [Int]..., arguments: [String: Argument] = [:], constants: [Int: [Double]] = [:],
        integers: [Int: [Int64]] = [:], bools: [Int: [Bool]] = [:], prepared: Preparation = .asDrawn
    ) {
        self.init(op, inputs: shapes.map { .array($0) }, arguments: arguments, integers: integers)
        (self.constants, self.bools, self.prepared) = (constants, bools, prepared)
    }

    /// An input that the op is defined for, made of a drawn one by differentiable ops.
    func prepare(_ x: Variable) throws -> Variable {
        switch prepared {
        case .asDrawn: return x
        case .positiveDefinite:
            guard x.ndim == 2, x.shape[0] == x.shape[1] else { return x }
            let n = x.shape[0]
            let identity = (0..<n * n).map { $0 % (n + 1) == 0 ? 1.0 : 0 }
            return try arithmetic.matmul(x, x, false, true) + Variable(constant: NDArray(identity, shape: [n, n]))
        }
    }

    /// - Parameter inputs: as a caller gives them.
    init(_ op: String, inputs: [Input], arguments: [String: Argument] = [:], integers: [Int: [Int64]] = [:]) {
        (self.op, self.inputs, self.arguments, self.integers) = (op, inputs, arguments, integers)
    }

    var testDescription: String { "\(op)\(inputs)\(arguments.isEmpty ? "" : " \(arguments)")" }

    /// Every family's, each in a file of its own.
    static let all =
        core + elementwise + array + math + activation + loss + connection + convolution + pooling + noise
        + normalization
        + recurrent + beyond
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
        var points: [NDArray] = []
        /// The inputs that are not float; nil: the next of the points.
        var fixed: [NDArray?] = []
        func draw(_ input: GradientCase.Input, in domain: ClosedRange<Double>) throws {
            switch input {
            case .absent: break
            case .list(let items): for item in items { try draw(item, in: domain) }
            case .array(let shape):
                if let values = sample.integers[fixed.count] {
                    fixed.append(try NDArray(values, shape: shape))
                } else if let values = sample.constants[fixed.count] {
                    fixed.append(try NDArray(values, shape: shape))
                } else if let values = sample.bools[fixed.count] {
                    fixed.append(try NDArray(values, shape: shape))
                } else {
                    let values = (0..<shape.reduce(1, *)).map { _ in Double.random(in: domain, using: &generator) }
                    points.append(try NDArray(values, shape: shape))
                    fixed.append(nil)
                }
            }
        }
        for (place, input) in sample.inputs.enumerated() {
            try draw(input, in: try #require(parameters[isList ? 0 : place].array).domain)
        }
        let arrays = fixed
        try checkGradients(at: points, order: 3, &generator) { variables in
            var (variables, arrays) = (variables[...], arrays[...])
            func operand(_ input: GradientCase.Input) throws -> Operand {
                switch input {
                case .absent: return .absent
                case .list(let items): return .list(try items.map(operand))
                case .array:
                    if let array = arrays.removeFirst() { return .array(array) }
                    return .variable(try sample.prepare(variables.removeFirst()))
                }
            }
            return try op.apply(try sample.inputs.map(operand), sample.arguments).results.flat
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
