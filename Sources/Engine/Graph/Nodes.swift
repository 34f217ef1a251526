// The graph: variable nodes point to the function that made them, functions to their input nodes. Nodes are plain
// data (op, arguments, inputs, results); backward is a function of these alone.

/// The place of one variable in a graph (Chainer's `VariableNode`).
public final class VariableNode {
    /// The shape of its data.
    public let shape: [Int]
    /// The dtype of its data.
    public let dtype: DType
    /// Whether `backward` reaches it.
    public let requiresGrad: Bool
    /// The function that computed it; nil for a leaf.
    public private(set) var creator: FunctionNode?
    /// Which of the creator's results it is.
    let resultIndex: Int
    /// What the caller applied, where that is a composite whose last step is `creator`, or what made a leaf of nothing.
    var composite: FunctionCall?
    /// The length of the longest path from a leaf.
    var rank: Int { creator.map { $0.rank + 1 } ?? 0 }
    /// The name bound to it now.
    public internal(set) var name: String? {
        didSet { wasNamed = wasNamed || name != nil }
    }
    /// Whether a name was ever bound to it.
    private(set) var wasNamed = false
    /// Its number among what was recorded of the graph, or 0.
    var record = 0
    /// What `backward` has added up (Chainer's `grad_var`). Only named nodes have one, so that no cycle outlives a name.
    public internal(set) var grad: Variable?
    /// A leaf keeps its data, from which a graph can be computed again.
    var leafCell: Cell?
    /// Work space of one traversal; reset by whoever set it.
    var mark = Mark()
    private let account: Account

    struct Mark {
        /// Place of the first function that uses it, in a list of a walk's.
        var consumer = -1
        /// Place in a `GradTable`.
        var grads = -1
        /// Place among the results that a walk was asked for.
        var wanted = -1
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

    /// A node that was recorded; `leafCell`, `composite` and names are set by whoever restores it.
    init(
        restored shape: [Int], _ dtype: DType, requiresGrad: Bool, creator: FunctionNode?, index: Int
    ) throws {
        account = Account.current
        try account.chargeNode()
        (self.shape, self.dtype, self.requiresGrad) = (shape, dtype, requiresGrad)
        (self.creator, resultIndex) = (creator, index)
        creator?.remember(self, at: index)
    }

    func restoreWasNamed() { wasNamed = true }

    /// The plain number that it is, where a caller wrote one.
    public var number: Scalar? { leafCell?.number }

    /// What the caller applied to get this variable: the op, its arguments and inputs.
    public var call: FunctionCall? { composite ?? creator }

    deinit {
        account.repayNode()
        var freed = FreedCalls()
        moveCalls(into: &freed)
        freed.drain()
    }

    /// Lets go of the creator: the node becomes a leaf.
    func detach(leaf cell: Cell?) {
        creator?.forget(self, at: resultIndex)
        creator = nil
        composite = nil
        leafCell = cell
    }

    /// Undoes `detach`.
    func attach(_ creator: FunctionNode, composite: FunctionCall?, leaf cell: Cell?) {
        creator.remember(self, at: resultIndex)
        self.creator = creator
        self.composite = composite
        leafCell = cell
    }

    fileprivate func moveCalls(into freed: inout FreedCalls) {
        creator?.forget(self, at: resultIndex)
        if isKnownUniquelyReferenced(&creator) { freed.take(creator) }
        if isKnownUniquelyReferenced(&composite) { freed.take(composite) }
        creator = nil
        composite = nil
    }
}

/// An op applied: which, to what.
public class FunctionCall {
    /// What was applied.
    public let op: any AnyOp
    /// One for each of the op's parameters.
    public let slots: [Slot]
    /// All arrays among the parameters, in order.
    public private(set) var inputs: [VariableNode]
    /// Its number among what was recorded of the graph, or 0.
    var record = 0
    /// The next of those that are freed.
    fileprivate var next: FunctionCall?

    init(op: any AnyOp, slots: [Slot], inputs: [VariableNode]) {
        self.op = op
        self.slots = slots
        self.inputs = inputs
    }

    deinit {
        var freed = FreedCalls()
        moveInputs(into: &freed)
        freed.drain()
    }

    /// Lets go of the inputs; the functions of those that nobody else holds are moved out of them first.
    fileprivate func moveInputs(into freed: inout FreedCalls) {
        var nodes: [VariableNode] = []
        swap(&nodes, &inputs)
        while var node = nodes.popLast() {
            if isKnownUniquelyReferenced(&node) { node.moveCalls(into: &freed) }
        }
    }
}

/// A function in a graph (Chainer's `FunctionNode`).
public final class FunctionNode: FunctionCall {
    let rank: Int
    let requiresGrad: Bool
    /// The cells of inputs that backward reads, nil for the others; empty where it reads none.
    let keptInputs: [Cell?]
    private var results: OneOrMore<Result>?
    var isMarked = false

    private struct Result {
        let shape: [Int]
        let dtype: DType
        /// Its cell, where backward reads it.
        let cell: Cell?
        /// Not owned, since the results own their creator; a node that goes, or gets another creator, is forgotten
        /// first, so that this never dangles.
        var node: Unmanaged<VariableNode>?

        init(_ shape: [Int], _ dtype: DType, _ cell: Cell?) {
            (self.shape, self.dtype, self.cell) = (shape, dtype, cell)
        }
    }

    init(op: any AnyOp, slots: [Slot], inputs: [VariableNode], keptInputs: [Cell?]) {
        rank = inputs.reduce(0) { max($0, $1.rank) }
        requiresGrad = inputs.contains { $0.requiresGrad }
        self.keptInputs = keptInputs
        super.init(op: op, slots: slots, inputs: inputs)
    }

    /// A function that was recorded.
    init(
        op: any AnyOp, slots: [Slot], inputs: [VariableNode], rank: Int, requiresGrad: Bool, keptInputs: [Cell?],
        results: [(shape: [Int], dtype: DType, cell: Cell?)]
    ) {
        (self.rank, self.requiresGrad, self.keptInputs) = (rank, requiresGrad, keptInputs)
        self.results = OneOrMore(results.map { Result($0.shape, $0.dtype, $0.cell) })
        super.init(op: op, slots: slots, inputs: inputs)
    }

    /// What is recorded of the results.
    func recordedResults(_ number: (Cell) -> Int) -> [RecordedResult] {
        (0..<resultCount).compactMap { index in
            results.map { $0[index] }.map { result in
                RecordedResult(shape: result.shape, dtype: result.dtype, cell: result.cell.map(number) ?? 0)
            }
        }
    }

    /// Makes the node of the one result.
    func produce(_ array: NDArray, keep: Bool) throws -> Variable {
        let cell = Cell(array)
        results = OneOrMore(Result(array.shape, array.dtype, keep ? cell : nil))
        return Variable(node: try makeNode(0), cell: cell)
    }

    /// Makes the result nodes.
    func produce(_ arrays: [NDArray], keep: Bool) throws -> [Variable] {
        let cells = arrays.map { Cell($0) }
        results = OneOrMore(cells.map { Result($0.array.shape, $0.array.dtype, keep ? $0 : nil) })
        return try cells.enumerated().map { Variable(node: try makeNode($0), cell: $1) }
    }

    private func makeNode(_ index: Int) throws -> VariableNode {
        guard let result = results?[index] else { throw EngineError.fault("A function without that result.") }
        let node = try VariableNode(result.shape, result.dtype, creator: self, index: index)
        remember(node, at: index)
        return node
    }

    /// A node goes; one that was made again in its place stays.
    fileprivate func forget(_ node: VariableNode, at index: Int) {
        let mine = Unmanaged.passUnretained(node).toOpaque()
        if results?[index].node?.toOpaque() == mine { results?[index].node = nil }
    }
    fileprivate func remember(_ node: VariableNode, at index: Int) {
        results?[index].node = Unmanaged.passUnretained(node)
    }

    var resultCount: Int { results?.count ?? 0 }
    /// Of each result's node, nil where nobody holds it.
    func mapResults<T>(_ transform: (VariableNode?) throws -> T) rethrows -> OneOrMore<T>? {
        try results?.map { try transform($0.node?.takeUnretainedValue()) }
    }
    func result(_ index: Int) -> VariableNode? { results?[index].node?.takeUnretainedValue() }

    /// A result as backward sees it; a node is made again where nobody holds the old one.
    func resultVariable(_ index: Int, recording: Bool) throws -> Variable {
        Variable(of: try result(index) ?? makeNode(index), cell: results?[index].cell, recorded: recording)
    }

    /// An input as backward sees it; nil where there is none at that place.
    func inputVariable(_ index: Int, recording: Bool) -> Variable? {
        guard inputs.indices.contains(index) else { return nil }
        let cell = keptInputs.isEmpty ? nil : keptInputs[index]
        return Variable(of: inputs[index], cell: cell, recorded: recording)
    }
}

/// Functions that nobody holds any more, freed in a loop: a chain of a million must not be freed by recursion, so whoever
/// lets go of the last reference to one takes its inputs out first. They are linked through themselves: freeing takes no
/// memory.
private struct FreedCalls {
    private var first: FunctionCall?

    /// Takes in one whose only other reference is about to go.
    mutating func take(_ call: FunctionCall?) {
        call?.next = first
        first = call
    }

    mutating func drain() {
        while let call = first {
            first = call.next
            call.next = nil
            call.moveInputs(into: &self)
        }
    }
}
