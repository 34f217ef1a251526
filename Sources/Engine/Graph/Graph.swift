/// A named define-by-run graph: names bound to variables. All changes go through one undo log, so that a failed
/// request leaves nothing behind.
///
/// Not thread-safe: whoever owns the graph lets one thread in at a time.
public final class Graph {
    /// What the graph's arrays and nodes take up.
    public let account: Account
    /// The variables by name, in the order of first binding.
    public private(set) var names = Registry<Variable>()
    /// The number of names `op_n` made up so far.
    private var madeUp = 0
    private var log: [Change] = []
    /// Tells what transactions have changed; nil where nobody wants to know.
    var recorder: Recorder?
    /// Between walks it is empty.
    var walk = Walk()
    /// Random, so that a graph that takes another's name is told from it.
    public let id: String
    /// How many transactions have changed the graph; inside one that does it counts already.
    public private(set) var revision = 0

    /// One change, with what undoes it.
    enum Change {
        case bound(String, previous: Variable?, variable: Variable)
        case unbound(String, variable: Variable, number: Int)
        case grad(VariableNode, Variable?)
        case data(Cell, NDArray)
        case unchained(VariableNode, FunctionNode, composite: FunctionCall?, leaf: Cell?)
        case madeUp(Int)
    }

    /// An empty graph.
    /// - Parameter parent: the owner's account, which is charged too.
    public convenience init(parent: Account? = nil) {
        self.init(Account(parent: parent), id: String(UInt64.random(in: .min ... .max), radix: 16))
    }

    private init(_ account: Account, id: String) { (self.account, self.id) = (account, id) }

    deinit {
        // A gradient that was recorded refers to its variable: no name, no gradient, no cycle.
        for variable in names.values { variable.node?.grad = nil }
    }

    /// Runs a request's changes: all of them, or none where it throws.
    /// - Parameter changes: whether it counts as a change of the graph.
    public func transaction<R>(changes: Bool = true, _ body: () throws -> R) rethrows -> R {
        try account.charged {
            if changes { revision += 1 }
            do {
                let result = try body()
                commit(changes)
                return result
            } catch {
                undo()
                if changes { revision -= 1 }
                throw error
            }
        }
    }

    private func commit(_ counts: Bool) {
        for change in log {
            switch change {
            case .bound(_, let previous?, let variable) where previous.node !== variable.node:
                if previous.node?.name == nil { previous.node?.grad = nil }
            case .unbound(_, let variable, _):
                if variable.node?.name == nil { variable.node?.grad = nil }
            default: break
            }
        }
        if counts || !log.isEmpty { record(log) }
        log.recycle()
        names.compact()
    }

    private func undo() {
        while let change = log.popLast() {
            switch change {
            case .bound(let name, let previous, let variable):
                variable.node?.name = nil
                if let previous {
                    names.bind(name, previous)
                    previous.node?.name = name
                } else {
                    names.remove(name)
                }
            case .unbound(let name, let variable, let number):
                names.restore(name, variable, number: number)
                variable.node?.name = name
            case .grad(let node, let grad): node.grad = grad
            case .data(let cell, let array): cell.array = array
            case .unchained(let node, let creator, let composite, let leaf):
                node.attach(creator, composite: composite, leaf: leaf)
            case .madeUp(let count): madeUp = count
            }
        }
    }

    // MARK: Restoring

    /// An empty graph with the identity of one that was.
    func identified(as id: String) -> Graph { Graph(account, id: id) }

    func restore(revision: Int, madeUp: Int) { (self.revision, self.madeUp) = (revision, madeUp) }

    func restore(_ name: String, _ variable: Variable, number: Int) {
        if names.number(of: name) != number { restoreUnbound(name) }
        names[name]?.node?.name = nil
        names.restore(name, variable, number: number)
        variable.node?.name = name
    }

    func restoreUnbound(_ name: String) { names.remove(name)?.value.node?.name = nil }

    func recordCounters() { recorder?.add(.counted(revision: revision, madeUp: madeUp)) }

    // MARK: Names

    /// Binds a name, as Python does: an old variable lives on while the graph needs it.
    /// - Parameter variable: one with a node, or a constant, which becomes a leaf.
    /// - Returns: the variable bound, and whether the name is new.
    @discardableResult
    public func bind(_ name: String, _ variable: Variable) throws -> (variable: Variable, isNew: Bool) {
        let named = variable.node == nil ? try Variable(leaf: try variable.array) : variable
        let previous = names.bind(name, named)
        previous?.node?.name = nil
        named.node?.name = name
        log.append(.bound(name, previous: previous, variable: named))
        return (named, previous == nil)
    }

    /// Binds a gradient: where it was recorded it stays part of the graph, else it is a leaf of its own.
    public func bind(gradient: Variable, to name: String) throws {
        // A gradient may be a variable that has, or had, a name: what the caller gave to start from. A name starts with
        // a variable of its own.
        let variable =
            gradient.node?.wasNamed != true
            ? gradient : try arrayOps.identity.results([gradient]).flat.first ?? gradient
        try bind(name, variable.node == nil ? Variable(leaf: try variable.array) : variable)
    }

    /// - Returns: whether the name was bound.
    public func unbind(_ name: String) -> Bool {
        guard let (variable, number) = names.remove(name) else { return false }
        variable.node?.name = nil
        log.append(.unbound(name, variable: variable, number: number))
        return true
    }

    /// What a name is bound to.
    public func variable(_ name: String) -> Variable? { names[name] }

    /// A name `op_n` that is not in use.
    public func makeUpName(_ op: String) -> String {
        log.append(.madeUp(madeUp))
        while true {
            madeUp += 1
            let name = "\(op)_\(madeUp)"
            if names[name] == nil { return name }
        }
    }

    // MARK: Cutting

    /// `Variable.unchain`: the variable becomes a leaf.
    public func unchain(_ variable: Variable) {
        if let node = variable.node { unchain(node) }
    }

    /// `Variable.unchain_backward`: every function that it was computed by lets go of its inputs and results.
    public func unchainBackward(_ variable: Variable) {
        var functions = [variable.node?.creator].compactMap { $0 }
        var visited: [FunctionNode] = []
        while let function = functions.popLast() {
            guard !function.isMarked else { continue }
            function.isMarked = true
            visited.append(function)
            functions += function.inputs.compactMap(\.creator)
        }
        for function in visited {
            function.isMarked = false
            for index in 0..<function.resultCount {
                if let node = function.result(index) { unchain(node) }
            }
        }
    }

    private func unchain(_ node: VariableNode) {
        guard let creator = node.creator else { return }
        log.append(.unchained(node, creator, composite: node.composite, leaf: node.leafCell))
        // A leaf keeps its data; that of a node without a name may be gone already.
        node.detach(leaf: node.name.flatMap { names[$0]?.cell })
    }

    // MARK: Gradients

    /// Stores a gradient; only a named node has one.
    func setGrad(_ node: VariableNode, _ grad: Variable?) {
        guard node.name != nil, !(node.grad == nil && grad == nil) else { return }
        log.append(.grad(node, node.grad))
        node.grad = grad
    }

    /// `x.grad = array`, of the variable's shape and dtype; nil clears it.
    /// - Throws: `EngineError` where it does not fit, or the variable is of an integer dtype or bool.
    public func setGradient(_ variable: Variable, _ array: NDArray?) throws {
        let node = try differentiable(variable, at: 0)
        let grad = array.map { Variable(constant: $0) }
        if let grad { try checkGrad(grad, node) }
        setGrad(node, grad)
    }

    /// `x.array[...] = array`, of the variable's shape and dtype: seen by the backward of functions that read it.
    /// - Throws: `EngineError` where it does not fit.
    public func setData(_ variable: Variable, _ array: NDArray) throws {
        guard let cell = variable.cell else { throw EngineError.fault("A variable without data has a name.") }
        guard array.shape == variable.shape else {
            throw EngineError(
                .shape, "Data set in place is of the variable's shape.", expected: describe(variable.shape),
                actual: describe(array.shape))
        }
        guard array.dtype == variable.dtype else {
            throw EngineError(
                .dtype, "Data set in place is of the variable's dtype.", expected: variable.dtype.rawValue,
                actual: array.dtype.rawValue)
        }
        log.append(.data(cell, cell.array))
        cell.array = array
    }

    /// `Variable.cleargrad`.
    public func cleargrad(_ variable: Variable) {
        if let node = variable.node { setGrad(node, nil) }
    }

    /// `Variable.zerograd`: zeros of the variable's shape.
    /// - Throws: `EngineError.Kind.gradient` for integers and bool.
    /// - Parameter index: its place among those of a call, for the error.
    public func zerograd(_ variable: Variable, at index: Int = 0) throws {
        let node = try differentiable(variable, at: index)
        setGrad(node, Variable(constant: try NDArray.zeros(variable.shape, variable.dtype)))
    }
}
