/// Makes a graph of the effects that were recorded of it: the same nodes with the same bytes, ranks, names and counters, so
/// that whatever is asked of it gives the same bits. No kernel is run, and no limit is asked.
public struct GraphRestorer {
    private let parent: Account?
    private var graph: Graph
    private var last = 0
    private var arrays: [Int: NDArray] = [:]
    private var cells: [Int: Cell] = [:]
    private var calls: [Int: FunctionCall] = [:]
    private var nodes: [Int: VariableNode] = [:]

    /// - Parameter parent: the owner's account, which is charged too, whatever its limit.
    public init(parent: Account?) {
        self.parent = parent
        graph = Graph(parent: parent)
    }

    /// Takes the effects of the next transaction.
    /// - Parameter effects: called until it gives nil; what it gives is charged to the account of the graph.
    /// - Throws: `EngineError` where they are not what was recorded.
    public mutating func apply(_ next: () throws -> Effect?) throws {
        try graph.account.restoring {
            while let effect = try next() { try apply(effect) }
        }
    }

    /// The graph, which goes on recording.
    public consuming func finish() -> Graph {
        graph.recorder = Recorder(after: last)
        // What nobody refers to goes.
        return graph
    }

    private mutating func apply(_ effect: Effect) throws {
        switch effect {
        case .identity(let id): graph = graph.identified(as: id)
        case .bytes(let number, let array):
            array.storage.record = number
            add(array, number, to: \.arrays)
        case .cell(let number, let array, let scalar):
            let cell = Cell(try self.array(array), number: scalar)
            cell.record = number
            add(cell, number, to: \.cells)
        case .call(let number, let recorded):
            let call = FunctionCall(op: try op(recorded), slots: recorded.slots, inputs: try inputs(recorded))
            call.record = number
            add(call, number, to: \.calls)
        case .function(let number, let recorded, let function):
            let node = FunctionNode(
                op: try op(recorded), slots: recorded.slots, inputs: try inputs(recorded), rank: function.rank,
                requiresGrad: function.requiresGrad,
                keptInputs: try function.keptInputs.map { $0 == 0 ? nil : try cell($0) },
                results: try function.results.map { ($0.shape, $0.dtype, $0.cell == 0 ? nil : try cell($0.cell)) })
            node.record = number
            add(node, number, to: \.calls)
        case .node(let number, let recorded): try add(recorded, number)
        case .bound(let name, let number, let node, let cell):
            graph.restore(name, Variable(node: try self.node(node), cell: try self.cell(cell)), number: number)
        case .unbound(let name): graph.restoreUnbound(name)
        case .grad(let node, let grad):
            try self.node(node).grad = try grad.map {
                Variable(node: $0.node == 0 ? nil : try self.node($0.node), cell: try cell($0.cell))
            }
        case .data(let cell, let array): try self.cell(cell).array = try self.array(array)
        case .unchained(let node, let cell): try self.node(node).detach(leaf: cell == 0 ? nil : try self.cell(cell))
        case .counted(let revision, let madeUp): graph.restore(revision: revision, madeUp: madeUp)
        }
    }

    private mutating func add(_ recorded: RecordedNode, _ number: Int) throws {
        let node: VariableNode
        if recorded.creator == 0 {
            node = try VariableNode(
                restored: recorded.shape, recorded.dtype, requiresGrad: recorded.requiresGrad, creator: nil, index: 0)
            node.leafCell = recorded.cell == 0 ? nil : try cell(recorded.cell)
        } else {
            guard let creator = calls[recorded.creator] as? FunctionNode,
                (0..<creator.resultCount).contains(recorded.index)
            else { throw missing("function", recorded.creator) }
            node = try VariableNode(
                restored: recorded.shape, recorded.dtype, requiresGrad: recorded.requiresGrad, creator: creator,
                index: recorded.index)
        }
        if recorded.composite != 0 {
            guard let composite = calls[recorded.composite] else { throw missing("call", recorded.composite) }
            node.composite = composite
        }
        if recorded.wasNamed { node.restoreWasNamed() }
        node.record = number
        add(node, number, to: \.nodes)
    }

    private mutating func add<T>(_ value: T, _ number: Int, to table: WritableKeyPath<GraphRestorer, [Int: T]>) {
        self[keyPath: table][number] = value
        last = max(last, number)
    }

    // MARK: What is referred to

    private func op(_ call: RecordedCall) throws -> any AnyOp {
        guard let op = Catalog.recorded(call.op) else {
            throw EngineError.fault("A recorded graph applies \(call.op), which this version does not have.")
        }
        return op
    }

    private func inputs(_ call: RecordedCall) throws -> [VariableNode] { try call.inputs.map(node) }

    private func node(_ number: Int) throws -> VariableNode {
        guard let node = nodes[number] else { throw missing("node", number) }
        return node
    }

    private func cell(_ number: Int) throws -> Cell {
        guard let cell = cells[number] else { throw missing("cell", number) }
        return cell
    }

    private func array(_ recorded: RecordedArray) throws -> NDArray {
        guard let array = arrays[recorded.bytes], array.dtype == recorded.dtype,
            let array = array.restored(recorded.shape)
        else { throw missing("array", recorded.bytes) }
        return array
    }

    private func missing(_ kind: String, _ number: Int) -> EngineError {
        EngineError.fault("A recorded graph refers to a \(kind), number \(number), that it does not have.")
    }
}
