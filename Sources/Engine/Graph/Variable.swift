/// The place that a variable's array stands in. The variable and the functions whose backward reads it share the
/// cell, so that data set in place is seen by all of them.
public final class Cell {
    /// The array that stands here now.
    public internal(set) var array: NDArray
    /// Where the variable is a plain number that a caller wrote: that number.
    let number: Scalar?
    /// Its number among what was recorded of the graph, or 0.
    var record = 0

    init(_ array: NDArray, number: Scalar? = nil) {
        self.array = array
        self.number = number
    }
}

/// An array that may be part of a graph: what functions take and give (Chainer's `Variable`). A variable without a
/// node is a constant; what is computed from constants alone is not recorded.
public struct Variable {
    /// Nil only in a backward formula, for an array that its op did not declare that it reads.
    let cell: Cell?
    /// Its node, or in a backward formula that is not recorded the node that it stands for.
    private let place: VariableNode?
    /// Whether it is part of a graph.
    let isRecorded: Bool

    init(node: VariableNode?, cell: Cell) {
        self.cell = cell
        place = node
        isRecorded = node != nil
    }

    /// A node's variable as backward sees it.
    init(of node: VariableNode, cell: Cell?, recorded: Bool) {
        self.cell = cell
        place = node
        isRecorded = recorded
    }

    /// The place in a graph; nil for a constant.
    public var node: VariableNode? { isRecorded ? place : nil }
    /// The shape of its data.
    public var shape: [Int] { cell?.array.shape ?? place?.shape ?? [] }
    public var dtype: DType { cell?.array.dtype ?? place?.dtype ?? .float32 }

    /// A constant.
    public init(constant array: NDArray) {
        self.init(node: nil, cell: Cell(array))
    }

    /// A leaf: a variable of a graph that no function made.
    /// - Parameter requiresGrad: whether `backward` adds to it; always false for integers and bool.
    /// - Throws: `EngineError.Kind.quota`.
    public init(leaf array: NDArray, requiresGrad: Bool = true) throws {
        let cell = Cell(array)
        self.init(node: try VariableNode(leaf: cell, requiresGrad: requiresGrad && array.dtype.isFloat), cell: cell)
    }

    /// A plain number as a 0-dimensional array of a dtype.
    /// - Throws: `EngineError.Kind.dtype` where an integer dtype cannot hold it exactly.
    public init(number: Scalar, _ dtype: DType) throws {
        self.init(node: nil, cell: Cell(try NDArray(number, dtype), number: number))
    }

    /// The number of axes.
    public var ndim: Int { shape.count }
    /// The number of elements.
    public var size: Int { cell?.array.size ?? shape.reduce(1, *) }

    /// The array.
    /// - Throws: `EngineError.Kind.fault` in a backward formula that reads what its op did not declare.
    public var array: NDArray {
        get throws {
            guard let cell else { throw EngineError.fault("A backward formula reads an array that was not kept.") }
            return cell.array
        }
    }

    /// The same array outside of any graph.
    var detached: Variable {
        guard let cell else { return place.map { Variable(of: $0, cell: nil, recorded: false) } ?? self }
        return Variable(node: nil, cell: cell)
    }

    /// A number of this variable's dtype.
    func constant(_ value: Double) throws -> Variable { try Variable(number: .real(value), dtype) }
}
