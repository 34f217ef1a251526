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

    init(
        _ op: String, _ shapes: [Int]..., arguments: [String: Argument] = [:], integers: [Int: [Int64]] = [:],
        bools: [Int: [Bool]] = [:]
    ) {
        (self.op, self.shapes, self.arguments) = (op, shapes, arguments)
        (self.integers, self.bools) = (integers, bools)
    }

    var testDescription: String { "\(op)\(shapes)\(arguments.isEmpty ? "" : " \(arguments)")" }

    static let elementwise = [
        "add", "sub", "mul", "div", "pow", "maximum", "minimum",
    ].flatMap { [GradientCase($0, [2, 3], [2, 3]), GradientCase($0, [3], [2, 1]), GradientCase($0, [], [2])] }

    static let unary = [
        "neg", "absolute", "exp", "log", "sqrt", "square", "sin", "cos", "tanh", "sigmoid", "relu", "identity",
    ].flatMap { [GradientCase($0, [2, 3]), GradientCase($0, [])] }

    static let folds = ["sum", "mean", "average", "max", "min", "logsumexp"].flatMap { op in
        [
            GradientCase(op, [2, 3]), GradientCase(op, [2, 3], arguments: ["axis": .int(-1)]),
            GradientCase(op, [2, 3, 2], arguments: ["axis": .list([.int(0), .int(2)])]),
        ]
    }

    static let others: [GradientCase] = [
        GradientCase("sum", [2, 3], arguments: ["axis": .int(0), "keepdims": .bool(true)]),
        GradientCase("mean", [2, 3], [3], arguments: ["axis": .int(1)]),
        GradientCase("sum_to", [2, 3], arguments: ["shape": .list([.int(3)])]),
        GradientCase("matmul", [2, 3], [3, 2]), GradientCase("matmul", [3], [3]),
        GradientCase("matmul", [2, 2, 3], [3]),
        GradientCase("matmul", [3], [2, 3, 2]), GradientCase("matmul", [2, 1, 2, 3], [3, 3, 2]),
        GradientCase("matmul", [3, 2], [2, 3], arguments: ["transa": .bool(true), "transb": .bool(true)]),
        GradientCase("reshape", [2, 3], arguments: ["shape": .list([.int(3), .int(-1)])]),
        GradientCase("transpose", [2, 3]),
        GradientCase("transpose", [2, 3, 2], arguments: ["axes": .list([.int(1), .int(2), .int(0)])]),
        GradientCase("broadcast_to", [3, 1], arguments: ["shape": .list([.int(2), .int(3), .int(2)])]),
        GradientCase("expand_dims", [2, 3], arguments: ["axis": .int(-2)]),
        GradientCase("squeeze", [2, 1, 3]), GradientCase("concat", [2, 1], [2, 3]),
        GradientCase(
            "split_axis", [2, 4], arguments: ["indices_or_sections": .list([.int(1), .int(3)]), "axis": .int(1)]),
        GradientCase("get_item", [4, 3], arguments: ["slices": .string("::-2, 1")]),
        GradientCase("get_item", [4, 3], arguments: ["slices": .list([.list([.int(0), .int(2), .int(0)])])]),
        GradientCase("scatter_add", [4, 3], [2, 3], arguments: ["slices": .list([.list([.int(1), .int(1)])])]),
        GradientCase("select_item", [2, 3], [2], integers: [1: [2, 0]]),
        GradientCase("cast", [2, 3], arguments: ["typ": .string("float64")]),
        GradientCase("where", [3], [2, 3], [2, 1], bools: [0: [true, false, true]]),
        GradientCase("clip", [2, 3], arguments: ["x_min": .real(-1), "x_max": .real(1)]),
        GradientCase("softmax", [2, 3]), GradientCase("softmax", [2, 3, 2], arguments: ["axis": .int(0)]),
        GradientCase("log_softmax", [2, 3]), GradientCase("mean_squared_error", [2, 3], [2, 3]),
        GradientCase("softmax_cross_entropy", [2, 3], [2], integers: [1: [2, 0]]),
        GradientCase("softmax_cross_entropy", [2, 3, 2], [2, 2], integers: [1: [2, 0, -1, 1]]),
        GradientCase(
            "softmax_cross_entropy", [2, 3], [2], arguments: ["reduce": .string("no")], integers: [1: [2, 0]]),
        GradientCase("linear", [2, 3], [2, 3], [2]), GradientCase("linear", [2, 2, 3], [2, 6]),
        GradientCase("linear", [2, 2, 3], [2, 3], [2], arguments: ["n_batch_axes": .int(2)]),
        GradientCase("dropout", [2, 3], arguments: ["seed": .int(7)]),
    ]

    static let all = elementwise + unary + folds + others
}

/// Gradients against central differences in float64, and the gradients' gradients likewise.
struct GradientTests {
    @Test("Every differentiable op of the catalogue has a gradient case")
    func everyOpHasACase() {
        let covered = Set(GradientCase.all.map(\.op))
        #expect(Catalog.ops.filter { $0.isDifferentiable && !covered.contains($0.name) }.map(\.name) == [])
    }

    @Test("First and second gradients are the limits of differences", arguments: GradientCase.all)
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
        try checkGradients(at: points, order: 2, &generator) { variables in
            var operands = fixed
            for (variable, place) in zip(variables, places) { operands[place] = .variable(variable) }
            return try op.apply(operands, sample.arguments).flat
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
                "order \(3 - order), input \(place), element \(i): \(found[i]), by differences \(slope)")
        }
    }
    try checkGradients(at: points, order: order - 1, &generator, gradients)
}
