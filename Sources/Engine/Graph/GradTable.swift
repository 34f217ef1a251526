/// Gradients on their way: for each node those that have arrived, in the order of arrival (Chainer's `GradTable`).
/// A node's `mark.grads` is its place here; `reset` gives the marks back.
struct GradTable {
    private var entries: [Entry] = []

    private struct Entry {
        let node: VariableNode
        var first: Variable?
        /// Those that came after the first and are not summed yet.
        var more: [Variable] = []
    }

    /// Whether anything was ever put in for the node.
    func contains(_ node: VariableNode) -> Bool { node.mark.grads >= 0 }

    /// Whether a gradient waits for the node.
    func hasGrad(_ node: VariableNode) -> Bool {
        contains(node) && entries[node.mark.grads].first != nil
    }

    /// Puts in the node with what it starts from, unless it is there.
    mutating func enter(_ node: VariableNode, _ start: Variable?) {
        guard node.mark.grads < 0 else { return }
        node.mark.grads = entries.count
        entries.append(Entry(node: node, first: start))
    }

    mutating func accumulate(_ node: VariableNode, _ grad: Variable) {
        enter(node, nil)
        let place = node.mark.grads
        if entries[place].first == nil {
            entries[place].first = grad
        } else {
            entries[place].more.append(grad)
        }
    }

    /// Sums what has arrived into one, so that no more than one array a node waits.
    mutating func reduce(_ node: VariableNode) throws {
        let place = node.mark.grads
        guard place >= 0, let first = entries[place].first, !entries[place].more.isEmpty else { return }
        entries[place].first = try arithmetic.add([first] + entries[place].more)
        entries[place].more = []
    }

    /// Takes the sum out.
    mutating func pop(_ node: VariableNode) throws -> Variable? {
        guard node.mark.grads >= 0 else { return nil }
        try reduce(node)
        let place = node.mark.grads
        defer { entries[place].first = nil }
        return entries[place].first
    }

    mutating func reset() {
        for entry in entries { entry.node.mark.grads = -1 }
        entries.recycle()
    }
}
