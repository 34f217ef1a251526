/// Gradients on their way: for each node those that have arrived, in the order of arrival (Chainer's `GradTable`).
/// A node's `mark.grads` is its place here; `reset` gives the marks back.
struct GradTable {
    private var entries: [(node: VariableNode, grads: [Variable])] = []

    /// Whether anything was ever put in for the node.
    func contains(_ node: VariableNode) -> Bool { node.mark.grads >= 0 }

    /// Whether a gradient waits for the node.
    func hasGrad(_ node: VariableNode) -> Bool {
        contains(node) && !entries[node.mark.grads].grads.isEmpty
    }

    /// Puts in the node with what it starts from, unless it is there.
    mutating func enter(_ node: VariableNode, _ start: Variable?) {
        guard node.mark.grads < 0 else { return }
        node.mark.grads = entries.count
        entries.append((node, start.map { [$0] } ?? []))
    }

    mutating func accumulate(_ node: VariableNode, _ grad: Variable) {
        enter(node, nil)
        entries[node.mark.grads].grads.append(grad)
    }

    /// Sums what has arrived into one, so that no more than one array a node waits.
    mutating func reduce(_ node: VariableNode) throws {
        guard node.mark.grads >= 0, entries[node.mark.grads].grads.count > 1 else { return }
        entries[node.mark.grads].grads = [try arithmetic.add(entries[node.mark.grads].grads)]
    }

    /// Takes the sum out.
    mutating func pop(_ node: VariableNode) throws -> Variable? {
        guard node.mark.grads >= 0 else { return nil }
        try reduce(node)
        return entries[node.mark.grads].grads.popLast()
    }

    func reset() {
        for entry in entries { entry.node.mark.grads = -1 }
    }
}
