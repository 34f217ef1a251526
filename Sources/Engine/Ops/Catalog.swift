/// Ops that belong together.
public struct OpFamily: Sendable {
    /// What they are.
    public let title: String
    /// Where their names, arguments and numbers come from.
    public let source: String
    /// Those that callers can apply, in the order of their declarations.
    public let ops: [any AnyOp]
    /// Those that only gradients use too.
    let all: [any AnyOp]

    /// - Parameter declarations: a structure whose properties are ops.
    fileprivate init(_ title: String, _ source: String, _ declarations: any Sendable) {
        all = Mirror(reflecting: declarations).children.compactMap { $0.value as? any AnyOp }
        ops = all.filter { !$0.name.hasPrefix("_") }
        (self.title, self.source) = (title, source)
    }
}

/// All ops, found in the families' declarations: an op that is declared in one is here.
public enum Catalog {
    /// The families, in the order of the documents.
    public static let families: [OpFamily] = [
        OpFamily("Operators", "the operators of Chainer's Variable; the comparisons are NumPy's", arithmetic),
        OpFamily("Functions of every element", "chainer.functions.math", elementwise),
        OpFamily("Trigonometry", "chainer.functions.math", trigonometry),
        OpFamily("Special functions", "chainer.functions.math", special),
        OpFamily("Sums and products aligned along axes", "chainer.functions.math", affine),
        OpFamily("Folds", "chainer.functions.math", reduction),
        OpFamily("Partial folds", "chainer.functions.math", cumulative),
        OpFamily("Linear algebra", "chainer.functions.math", linearAlgebra),
        OpFamily("Equations", "numpy.linalg", linearSystems),
        OpFamily("Norms", "numpy.linalg", norms),
        OpFamily("Fourier transforms", "chainer.functions.math", fourier),
        OpFamily("Shapes and selections", "chainer.functions.array", arrayOps),
        OpFamily("Joining and separating", "chainer.functions.array", joining),
        OpFamily("Rearranging", "chainer.functions.array", rearranging),
        OpFamily("Gathering", "chainer.functions.array", gathering),
        OpFamily("Padding", "chainer.functions.array", padding),
        OpFamily("Images", "chainer.functions.array", images),
        OpFamily("Arrays of nothing", "numpy", creation),
        OpFamily("Truth, and what is not finite", "numpy", logic),
        OpFamily("Order", "numpy", sorting),
        OpFamily("Activations", "chainer.functions.activation", activation),
        OpFamily("Rectifiers", "chainer.functions.activation", rectifiers),
        OpFamily("Gates", "torch.nn.functional", gates),
        OpFamily("Losses of arrays", "chainer.functions.loss", loss),
        OpFamily("Losses of classes", "chainer.functions.loss", classificationLoss),
        OpFamily("Losses of embeddings", "chainer.functions.loss", embeddingLoss),
        OpFamily("Sampled losses", "chainer.functions.loss", sampledLoss),
        OpFamily("Unaligned sequences", "chainer.functions.loss", ctc),
        OpFamily("Conditional random fields", "chainer.functions.loss", crf),
        OpFamily("Evaluation", "chainer.functions.evaluation", evaluation),
        OpFamily("Connections", "chainer.functions.connection", connection),
        OpFamily("Convolutions", "chainer.functions.connection", convolutions),
        OpFamily("Uneven convolutions", "chainer.functions.connection", unevenConvolutions),
        OpFamily("Pooling", "chainer.functions.pooling", pooling),
        OpFamily("Unpooling", "chainer.functions.pooling", unpooling),
        OpFamily("Pooling of regions", "chainer.functions.pooling", regionPooling),
        OpFamily("Noise", "chainer.functions.noise", noise),
        OpFamily("Normalization", "chainer.functions.normalization", normalization),
        OpFamily("Decorrelation", "chainer.functions.normalization", decorrelation),
        OpFamily("Recurrent units", "chainer.functions.rnn", recurrent),
        OpFamily("Recurrent networks", "chainer.functions.rnn", sequences),
    ]

    /// The ops that callers can apply, by name.
    public static let ops: [any AnyOp] = families.flatMap(\.ops).sorted { $0.name < $1.name }

    private static let byName = Dictionary(ops.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    private static let recordedByName = Dictionary(
        families.flatMap(\.all).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    /// The op of a name, among those that only gradients use too.
    static func recorded(_ name: String) -> (any AnyOp)? { recordedByName[name] }

    /// The op of a name that callers can apply.
    public static func op(_ name: String) -> (any AnyOp)? { byName[name] }
}
