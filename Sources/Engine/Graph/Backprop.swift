import HeapModule

/// The functions still to visit, those furthest from the leaves first, then in the order in which they were found.
struct FunctionQueue {
    private var heap = Heap<Item>()
    private var found: [FunctionNode] = []

    private struct Item: Comparable {
        let rank: Int
        let order: Int
        static func < (a: Item, b: Item) -> Bool { (a.rank, b.order) < (b.rank, a.order) }
    }

    /// Puts a function in, once.
    mutating func push(_ function: FunctionNode) {
        guard !function.isMarked else { return }
        function.isMarked = true
        heap.insert(Item(rank: function.rank, order: found.count))
        found.append(function)
    }

    mutating func pop() -> FunctionNode? { heap.popMax().map { found[$0.order] } }

    func reset() {
        for function in found { function.isMarked = false }
    }
}

/// Options that `backward` and `grad` share.
public struct BackpropOptions: Sendable {
    /// Keep the gradients of named intermediate variables.
    public var retainGrad = false
    /// Record the computation of the gradients, so that they can be differentiated.
    public var enableDoubleBackprop = false
    /// Multiplies the gradients that backpropagation starts from where the caller gave none.
    public var lossScale: Double?

    /// Whether `backward` adds to what stands in the leaves that it reaches, or begins anew.
    public var accumulates = true

    /// Chainer's defaults where nothing else is said.
    public init(retainGrad: Bool = false, enableDoubleBackprop: Bool = false, lossScale: Double? = nil) {
        self.retainGrad = retainGrad
        self.enableDoubleBackprop = enableDoubleBackprop
        self.lossScale = lossScale
    }

    /// Ones like a variable, scaled.
    func defaultSeed(_ variable: Variable) throws -> Variable {
        let ones = try NDArray.ones(like: try variable.array)
        guard let lossScale else { return Variable(constant: ones) }
        return try Variable(constant: ones) * lossScale
    }

    /// A gradient that the caller gave: part of the graph only where that is recorded.
    /// A gradient has a cell of its own: data set in place in the variable is not seen in it.
    func seed(_ variable: Variable) throws -> Variable {
        enableDoubleBackprop ? variable : Variable(constant: try variable.array)
    }
}

extension GradTable {
    /// One step of backpropagation: gradients of the inputs that need one are added to the table.
    mutating func step(
        _ function: FunctionNode, _ gradients: [Variable?], needed: [Int], recording: Bool
    ) throws {
        guard gradients.contains(where: { $0 != nil }) else { return }
        do {
            let pullbacks = try function.op.pullbacks(function, gradients, recording: recording)
            guard !pullbacks.isEmpty else { return }
            for index in needed {
                guard index < pullbacks.count, var gradient = try pullbacks[index]() else { continue }
                let input = function.inputs[index]
                // The one place where broadcasting is undone.
                if gradient.shape != input.shape { gradient = try reduction.sumTo(gradient, Shape(input.shape)) }
                accumulate(input, gradient)
            }
        } catch var error as EngineError {
            if error.op == nil { error.op = function.op.name }
            throw error
        }
        for index in needed { try reduce(function.inputs[index]) }
    }
}
