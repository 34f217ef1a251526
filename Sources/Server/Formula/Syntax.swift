import Engine

/// A formula as it was written: statements over one list of nodes.
///
/// The nodes stand in the order in which they are evaluated, operands before what is made of them. So neither a walk
/// over a formula nor its release recurses, however long a chain of operators is.
struct Formula {
    /// A place in the text, counted from 1; columns are bytes.
    struct Place: Hashable, Sendable {
        var line: Int
        var column: Int
    }

    /// A node's place in `nodes`.
    typealias ID = Int

    struct Node {
        let kind: Kind
        /// The operator's or the op's place: where an application stands.
        let place: Place
        /// Where the node's text starts.
        let start: Place
    }

    enum Kind {
        case number(Scalar)
        case string(String)
        case bool(Bool)
        case none
        /// A variable.
        case name(String)
        case negative(ID)
        case positive(ID)
        case binary(BinaryOperator, ID, ID)
        /// A list, or a tuple.
        case sequence([ID], isTuple: Bool)
        case call(String, [CallArgument])
        case index(ID, [IndexItem])
    }

    struct CallArgument {
        /// Nil where it is given by position.
        let keyword: String?
        let place: Place
        let value: ID
    }

    enum IndexItem {
        case value(ID)
        case slice(start: ID?, stop: ID?, step: ID?)
        case ellipsis
    }

    /// What a statement assigns to.
    indirect enum Target {
        case name(String)
        case list([Target], Place)
    }

    struct Statement {
        /// Nil for a bare expression, which only the last statement may be.
        let target: Target?
        /// The nodes to evaluate; the last is the statement's value.
        let nodes: Range<ID>
        let start: Place
    }

    var nodes: [Node] = []
    var statements: [Statement] = []
}

/// An operator between two values: its sign.
enum BinaryOperator: String, CaseIterable, Sendable {
    case add = "+"
    case sub = "-"
    case mul = "*"
    case div = "/"
    case floordiv = "//"
    case matmul = "@"
    case pow = "**"
    case eq = "=="
    case ne = "!="
    case lt = "<"
    case le = "<="
    case gt = ">"
    case ge = ">="

    /// The op that it applies.
    var op: String { "\(self)" }

    /// How tightly it binds, of those that group from the left. (`**` binds tighter, and groups from the right.)
    var precedence: Int {
        switch self {
        case .eq, .ne, .lt, .le, .gt, .ge: 1
        case .add, .sub: 2
        case .mul, .div, .floordiv, .matmul: 3
        case .pow: 4
        }
    }

    var isComparison: Bool { precedence == 1 }
}
