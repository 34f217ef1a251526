/// What an op gives: one variable, or several, nested as Chainer nests them.
public enum Results {
    case one(Variable)
    case list([Results])
    /// Chainer's `None` among several results.
    case none

    /// All of them, in order.
    public var flat: [Variable] {
        switch self {
        case .one(let variable): [variable]
        case .list(let items): items.flatMap(\.flat)
        case .none: []
        }
    }

    func map(_ transform: (Variable) throws -> Variable) rethrows -> Results {
        switch self {
        case .one(let variable): .one(try transform(variable))
        case .list(let items): .list(try items.map { try $0.map(transform) })
        case .none: .none
        }
    }
}

/// What applying an op comes to: its results, and data that it writes in place (running statistics).
public struct Outcome {
    public var results: Results
    public var updates: [(variable: Variable, data: NDArray)] = []
}
