extension Graph {
    /// Has the graph record the effects of its transactions from now on, beginning with all that it is.
    public func startRecording() {
        recorder = Recorder()
        recordEverything()
    }

    /// The effects of the transactions since the last call; none where nothing is recorded.
    public func takeEffects() -> [Effect] { recorder?.take() ?? [] }

    /// The effects that make the graph as it stands now, without what it was before. What was not taken yet is in them.
    public func snapshot() -> [Effect] {
        recordEverything()
        return takeEffects()
    }

    private func recordEverything() {
        recorder?.restart()
        recorder?.add(.identity(id))
        for name in names.inOrder { recordBinding(name) }
        for variable in names.values {
            if let node = variable.node, node.grad != nil { recordGrad(node) }
        }
        recordCounters()
    }

    /// Records what a transaction's changes have come to.
    func record(_ log: [Change]) {
        guard recorder != nil else { return }
        var (names, nodes, cells) = (Set<String>(), [VariableNode](), [Cell]())
        for change in log {
            switch change {
            case .bound(let name, let previous, _):
                if names.insert(name).inserted { recordBinding(name) }
                // What lost its name lost its gradient.
                if let node = previous?.node { nodes.append(node) }
            case .unbound(let name, let variable, _):
                if names.insert(name).inserted { recordBinding(name) }
                if let node = variable.node { nodes.append(node) }
            case .grad(let node, _): nodes.append(node)
            case .data(let cell, _): cells.append(cell)
            case .unchained(let node, _, _, _):
                // One that is new was told as it is now.
                guard node.record != 0 else { continue }
                let cell = node.leafCell.map { recorder?.number(of: $0) ?? 0 } ?? 0
                recorder?.add(.unchained(node: node.record, cell: cell))
            case .madeUp: break
            }
        }
        // Behind the bindings, which tell the nodes that have gradients. What has no number nobody can reach.
        for node in nodes where node.record != 0 { recordGrad(node) }
        for cell in cells where cell.record != 0 {
            if let array = recorder?.record(cell.array) { recorder?.add(.data(cell: cell.record, array)) }
        }
        recordCounters()
    }

    private func recordBinding(_ name: String) {
        guard let variable = names[name], let number = names.number(of: name),
            let numbers = recorder?.number(of: variable)
        else {
            recorder?.add(.unbound(name))
            return
        }
        recorder?.add(.bound(name, number: number, node: numbers.node, cell: numbers.cell))
    }

    private func recordGrad(_ node: VariableNode) {
        guard let grad = node.grad else {
            recorder?.add(.grad(node: node.record, nil))
            return
        }
        guard let numbers = recorder?.number(of: grad) else { return }
        recorder?.add(.grad(node: node.record, numbers))
    }
}
