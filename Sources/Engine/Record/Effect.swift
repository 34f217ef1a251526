/// One effect of a transaction on a graph, as plain data: what a graph is built of, in an order in which each thing comes
/// before what refers to it, then what has changed. All effects of all transactions make the graph again, without a
/// kernel being run.
///
/// What they refer to has numbers, given once in a graph and never again; 0 is none's.
public enum Effect {
    /// The graph's identity.
    case identity(String)
    /// The bytes that arrays of one number share.
    case bytes(Int, NDArray)
    /// A place of an array; the number, where the caller wrote a plain one.
    case cell(Int, RecordedArray, number: Scalar?)
    /// A composite op as the caller applied it.
    case call(Int, RecordedCall)
    /// A function.
    case function(Int, RecordedCall, RecordedFunction)
    /// A variable's node.
    case node(Int, RecordedNode)
    /// A name that is bound; its place in lists.
    case bound(String, number: Int, node: Int, cell: Int)
    /// A name that is unbound.
    case unbound(String)
    /// A node's gradient: the numbers of its node, if it was recorded, and of its cell; nil: none.
    case grad(node: Int, (node: Int, cell: Int)?)
    /// Data set in place.
    case data(cell: Int, RecordedArray)
    /// A node that has become a leaf; the cell that it keeps, or 0.
    case unchained(node: Int, cell: Int)
    /// The counters: of transactions, and of names made up.
    case counted(revision: Int, madeUp: Int)
}

/// An array whose bytes have a number.
public struct RecordedArray: Equatable, Sendable {
    public let bytes: Int
    public let shape: [Int]
    public let dtype: DType

    public init(bytes: Int, shape: [Int], dtype: DType) { (self.bytes, self.shape, self.dtype) = (bytes, shape, dtype) }
}

/// An op that was applied.
public struct RecordedCall: Sendable {
    public let op: String
    public let slots: [Slot]
    /// The numbers of the input nodes.
    public let inputs: [Int]

    public init(op: String, slots: [Slot], inputs: [Int]) { (self.op, self.slots, self.inputs) = (op, slots, inputs) }
}

/// What a function is beside its call.
public struct RecordedFunction: Sendable {
    public let rank: Int
    public let requiresGrad: Bool
    /// The cells of inputs that backward reads, 0 for the others; empty where it reads none.
    public let keptInputs: [Int]
    public let results: [RecordedResult]

    public init(rank: Int, requiresGrad: Bool, keptInputs: [Int], results: [RecordedResult]) {
        (self.rank, self.requiresGrad, self.keptInputs, self.results) = (rank, requiresGrad, keptInputs, results)
    }
}

/// One of a function's results.
public struct RecordedResult: Sendable {
    public let shape: [Int]
    public let dtype: DType
    /// Its cell where backward reads it, else 0.
    public let cell: Int

    public init(shape: [Int], dtype: DType, cell: Int) { (self.shape, self.dtype, self.cell) = (shape, dtype, cell) }
}

/// A variable's node.
public struct RecordedNode: Sendable {
    public let shape: [Int]
    public let dtype: DType
    public let requiresGrad: Bool
    public let wasNamed: Bool
    /// The function that made it, or 0, and which of its results it is.
    public let creator: Int
    public let index: Int
    /// What the caller applied where that is a composite, or 0.
    public let composite: Int
    /// The cell that a leaf keeps, or 0.
    public let cell: Int

    public init(
        shape: [Int], dtype: DType, requiresGrad: Bool, wasNamed: Bool, creator: Int, index: Int, composite: Int,
        cell: Int
    ) {
        (self.shape, self.dtype, self.requiresGrad, self.wasNamed) = (shape, dtype, requiresGrad, wasNamed)
        (self.creator, self.index, self.composite, self.cell) = (creator, index, composite, cell)
    }
}
