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

    /// Empties it; its memory serves the next walk.
    mutating func reset() {
        for function in found { function.isMarked = false }
        // Popping leaves the heap's memory, and a walk that came to its end leaves nothing else.
        if !heap.isEmpty || found.count > recycledCapacity { heap = Heap() }
        found.recycle()
    }
}

/// The most elements of a walk's lists that wait, empty, for the next walk.
private let recycledCapacity = 1024

extension Array {
    /// Empties a list that will be filled again; much memory is given back.
    mutating func recycle() { removeAll(keepingCapacity: capacity <= recycledCapacity) }
}

/// The work space of `backward` and `grad`: a graph keeps it from one walk to the next.
struct Walk {
    var queue = FunctionQueue()
    var table = GradTable()
    var paths = Paths()

    /// Gives all marks back.
    mutating func reset() {
        queue.reset()
        table.reset()
        paths.reset()
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
    /// - Parameter isNeeded: which inputs do.
    mutating func step(
        _ function: FunctionNode, _ gradients: OneOrMore<Variable?>?, recording: Bool,
        to isNeeded: (VariableNode) -> Bool
    ) throws {
        guard let gradients, gradients.indices.contains(where: { gradients[$0] != nil }),
            function.inputs.contains(where: isNeeded)
        else { return }
        do {
            let pullbacks = try function.op.pullbacks(function, gradients, recording: recording)
            for (input, pullback) in zip(function.inputs, pullbacks) where isNeeded(input) {
                guard var gradient = try pullback() else { continue }
                // The one place where broadcasting is undone.
                if gradient.shape != input.shape { gradient = try reduction.sumTo(gradient, Shape(input.shape)) }
                accumulate(input, gradient)
            }
        } catch var error as EngineError {
            if error.op == nil { error.op = function.op.name }
            throw error
        }
        for input in function.inputs where isNeeded(input) { try reduce(input) }
    }
}
