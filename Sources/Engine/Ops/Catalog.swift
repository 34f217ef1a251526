/// All ops, found in the families' declarations: an op that is declared in one is here.
public enum Catalog {
    private static let families: [any Sendable] = [
        arithmetic, elementwise, reduction, arrayOps, joining, rearranging, gathering, padding, images, activation,
        loss, connection, noise, pooling, unpooling, regionPooling,
    ]

    /// Every op, those that only gradients use too (their names begin with an underscore).
    static let all: [any AnyOp] = families.flatMap { family in
        Mirror(reflecting: family).children.compactMap { $0.value as? any AnyOp }
    }

    /// The ops that callers can apply, by name.
    public static let ops: [any AnyOp] = all.filter { !$0.name.hasPrefix("_") }.sorted { $0.name < $1.name }

    private static let byName = Dictionary(ops.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    /// The op of a name that callers can apply.
    public static func op(_ name: String) -> (any AnyOp)? { byName[name] }
}
