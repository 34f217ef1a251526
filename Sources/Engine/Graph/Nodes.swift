// The graph: variable nodes point to the function that made them, functions to their input nodes. Nodes are plain
// data (op, arguments, inputs, results); backward is a function of these alone.

/// The place of one variable in a graph (Chainer's `VariableNode`).
public final class VariableNode {
    public let shape: [Int]
    public let dtype: DType
    public let requiresGrad: Bool
    /// The function that computed it; nil for a leaf.
    public internal(set) var creator: FunctionNode?
    /// Which of the creator's results it is.
    let resultIndex: Int
    /// What the caller applied, where that is a composite whose last step is `creator`.
    var composite: FunctionCall?
    /// The length of the longest path from a leaf.
    var rank: Int { creator.map { $0.rank + 1 } ?? 0 }
    /// The name bound to it now.
    public internal(set) var name: String?
    /// What `backward` has added up (Chainer's `grad_var`). Only named nodes have one, so that no cycle outlives a name.
    public internal(set) var grad: Variable?
    /// A leaf keeps its data, from which a graph can be computed again.
    var leafCell: Cell?
    /// Work space of one traversal; reset by whoever set it.
    var mark = Mark()
    private let account: Account

    struct Mark {
        var consumers = -1
        var grads = -1
        var isRequired = false
    }

    /// - Throws: `EngineError.Kind.quota`.
    init(leaf cell: Cell, requiresGrad: Bool) throws {
        account = Account.current
        try account.chargeNode()
        shape = cell.array.shape
        dtype = cell.array.dtype
        self.requiresGrad = requiresGrad
        resultIndex = 0
        leafCell = cell
    }

    /// A result of a function.
    init(_ shape: [Int], _ dtype: DType, creator: FunctionNode, index: Int) throws {
        account = Account.current
        try account.chargeNode()
        self.shape = shape
        self.dtype = dtype
        requiresGrad = creator.requiresGrad && dtype.isFloat
        resultIndex = index
        self.creator = creator
    }

    /// The plain number that it is, where a caller wrote one.
    public var number: Scalar? { leafCell?.number }

    /// What the caller applied to get this variable: the op, its arguments and inputs.
    public var call: FunctionCall? { creator == nil ? nil : composite ?? creator }

    deinit {
        account.repayNode()
        var pending: [FunctionCall] = []
        moveCalls(into: &pending)
        drain(&pending)
    }

    fileprivate func moveCalls(into pending: inout [FunctionCall]) {
        if let creator { pending.append(creator) }
        if let composite { pending.append(composite) }
        creator = nil
        composite = nil
    }
}

/// An op applied: which, to what.
public class FunctionCall {
    public let op: any AnyOp
    /// One for each of the op's parameters.
    public let slots: [Slot]
    /// All arrays among the parameters, in order.
    public private(set) var inputs: [VariableNode]

    init(op: any AnyOp, slots: [Slot], inputs: [VariableNode]) {
        self.op = op
        self.slots = slots
        self.inputs = inputs
    }

    deinit {
        var pending: [FunctionCall] = []
        moveInputs(into: &pending)
        drain(&pending)
    }

    /// Lets go of the inputs; the functions of those that nobody else holds are moved out of them first.
    fileprivate func moveInputs(into pending: inout [FunctionCall]) {
        var nodes = inputs
        inputs = []
        while var node = nodes.popLast() {
            if isKnownUniquelyReferenced(&node) { node.moveCalls(into: &pending) }
        }
    }
}

/// A function in a graph (Chainer's `FunctionNode`).
public final class FunctionNode: FunctionCall {
    let rank: Int
    let requiresGrad: Bool
    /// The cells of inputs and results that backward reads; nil for the others.
    let keptInputs: [Cell?]
    fileprivate(set) var keptResults: [Cell?] = []
    /// Weak, since the results own their creator.
    private var results: [WeakNode] = []
    private(set) var resultTypes: [(shape: [Int], dtype: DType)] = []
    var isMarked = false

    private struct WeakNode { weak var node: VariableNode? }

    init(op: any AnyOp, slots: [Slot], inputs: [VariableNode], keptInputs: [Cell?]) {
        rank = inputs.reduce(0) { max($0, $1.rank) }
        requiresGrad = inputs.contains { $0.requiresGrad }
        self.keptInputs = keptInputs
        super.init(op: op, slots: slots, inputs: inputs)
    }

    /// Makes the result nodes.
    func produce(_ arrays: [NDArray], keep: Bool) throws -> [Variable] {
        try arrays.enumerated().map { index, array in
            let cell = Cell(array)
            let node = try VariableNode(array.shape, array.dtype, creator: self, index: index)
            results.append(WeakNode(node: node))
            resultTypes.append((array.shape, array.dtype))
            keptResults.append(keep ? cell : nil)
            return Variable(node: node, cell: cell)
        }
    }

    var resultCount: Int { resultTypes.count }
    func result(_ index: Int) -> VariableNode? {
        // Unchained results are leaves of their own.
        results[index].node.flatMap { $0.creator === self ? $0 : nil }
    }

    /// A result as backward sees it; a node is made again where nobody holds the old one.
    func resultVariable(_ index: Int, recording: Bool) throws -> Variable {
        let (shape, dtype) = resultTypes[index]
        guard recording else { return Variable(shape, dtype, node: nil, cell: keptResults[index]) }
        let node = try result(index) ?? VariableNode(shape, dtype, creator: self, index: index)
        results[index].node = node
        return Variable(shape, dtype, node: node, cell: keptResults[index])
    }

    func inputVariable(_ index: Int, recording: Bool) -> Variable {
        let node = inputs[index]
        return Variable(node.shape, node.dtype, node: recording ? node : nil, cell: keptInputs[index])
    }
}

/// Frees a chain of functions in a loop: a chain of a million must not be freed by recursion, so whoever lets go of
/// the last reference to one takes its inputs out first.
private func drain(_ pending: inout [FunctionCall]) {
    while var call = pending.popLast() {
        if isKnownUniquelyReferenced(&call) { call.moveInputs(into: &pending) }
    }
}
