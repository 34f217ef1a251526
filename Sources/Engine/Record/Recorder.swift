/// Tells what is new in a graph since it was last asked: it gives numbers to the nodes, functions, cells and bytes that can
/// be reached from what changed, and have none yet.
struct Recorder {
    private(set) var effects: [Effect] = []
    /// The number given last.
    private var last: Int
    /// Where everything is told again: what has been told.
    private var told: Set<Int>?

    /// - Parameter last: the greatest number in use.
    init(after last: Int = 0) { self.last = last }

    /// Forgets what was told, so that everything that can be reached is told again.
    mutating func restart() {
        effects = []
        told = []
    }

    /// What was told since the last call.
    mutating func take() -> [Effect] {
        defer { effects = [] }
        told = nil
        return effects
    }

    mutating func add(_ effect: Effect) { effects.append(effect) }

    /// The numbers of a variable's node, 0 for a constant's, and of its cell.
    mutating func number(of variable: Variable) -> (node: Int, cell: Int) {
        let node = variable.node.map { number(of: $0) } ?? 0
        return (node, variable.cell.map { number(of: $0) } ?? 0)
    }

    /// The number of an array's bytes.
    mutating func record(_ array: NDArray) -> RecordedArray {
        if isNew(array.storage.record) {
            array.storage.record = number(after: array.storage.record)
            effects.append(.bytes(array.storage.record, array))
        }
        return RecordedArray(bytes: array.storage.record, shape: array.shape, dtype: array.dtype)
    }

    mutating func number(of cell: Cell) -> Int {
        if isNew(cell.record) {
            let array = record(cell.array)
            cell.record = number(after: cell.record)
            effects.append(.cell(cell.record, array, number: cell.number))
        }
        return cell.record
    }

    // MARK: Nodes

    private enum Step {
        /// To tell a node, or a call, after what it refers to.
        case node(VariableNode)
        case call(FunctionCall)
        /// To tell it: what it refers to is told.
        case tell(VariableNode)
        case tellCall(FunctionCall)
    }

    /// A graph may be a chain of a million: nothing here recurses.
    private mutating func number(of node: VariableNode) -> Int {
        guard isNew(node.record) else { return node.record }
        var steps = [Step.node(node)]
        while let step = steps.popLast() {
            switch step {
            case .node(let node):
                guard isNew(node.record) else { continue }
                steps.append(.tell(node))
                if let creator = node.creator { steps.append(.call(creator)) }
                if let composite = node.composite { steps.append(.call(composite)) }
            case .call(let call):
                guard isNew(call.record) else { continue }
                steps.append(.tellCall(call))
                for input in call.inputs { steps.append(.node(input)) }
            case .tell(let node): tell(node)
            case .tellCall(let call): tell(call)
            }
        }
        return node.record
    }

    private mutating func tell(_ node: VariableNode) {
        guard isNew(node.record) else { return }
        let cell = node.leafCell.map { number(of: $0) } ?? 0
        node.record = number(after: node.record)
        effects.append(
            .node(
                node.record,
                RecordedNode(
                    shape: node.shape, dtype: node.dtype, requiresGrad: node.requiresGrad, wasNamed: node.wasNamed,
                    creator: node.creator?.record ?? 0, index: node.resultIndex,
                    composite: node.composite?.record ?? 0, cell: cell)))
    }

    private mutating func tell(_ call: FunctionCall) {
        guard isNew(call.record) else { return }
        let recorded = RecordedCall(op: call.op.name, slots: call.slots, inputs: call.inputs.map(\.record))
        guard let function = call as? FunctionNode else {
            call.record = number(after: call.record)
            return effects.append(.call(call.record, recorded))
        }
        let keptInputs = function.keptInputs.map { cell in cell.map { number(of: $0) } ?? 0 }
        let results = function.recordedResults { number(of: $0) }
        call.record = number(after: call.record)
        effects.append(
            .function(
                call.record, recorded,
                RecordedFunction(
                    rank: function.rank, requiresGrad: function.requiresGrad, keptInputs: keptInputs,
                    results: results)))
    }

    // MARK: Numbers

    private func isNew(_ number: Int) -> Bool { number == 0 || told.map { !$0.contains(number) } ?? false }

    /// The number of what is told now: a new one where it has none.
    private mutating func number(after old: Int) -> Int {
        if old == 0 { last += 1 }
        let number = old == 0 ? last : old
        told?.insert(number)
        return number
    }
}
