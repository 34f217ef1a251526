enum OutputAverage: String, Choice {
    case uniform = "uniform_average"
    case none = "raw_values"
}

/// How good predictions are: values without a gradient (Chainer: `functions/evaluation`).
struct EvaluationOps: Sendable {
    let accuracy: Op<Variable, Variable, Int?> = Op(
        "accuracy", "The share of the samples whose greatest score is that of their label.", .scores, .labels,
        .option("ignore_label", nil, "A label that does not count; null: none.")
    ) { y, t, ignored in
        let guesses = try Variable(constant: predictions(y, t).reshaped(t.shape))
        var isHit = try arithmetic.eq(guesses, arrayOps.cast(t.detached, .int64))
        var count = t.size
        if let ignored {
            let counts = try t.differs(from: ignored)
            isHit = try arrayOps.where(counts, isHit, counts)
            count = try counts.countTrue()
        }
        let share = ignored != nil && count == 0 ? 0 : try Double(isHit.countTrue()) / Double(count)
        return try NDArray(.real(share), y.dtype)
    }

    let binaryAccuracy: Op<Variable, Variable> = Op(
        "binary_accuracy", "The share of the labels that are 1 where y >= 0 and 0 elsewhere; -1 does not count.",
        .array("y", "Scores."),
        .array("t", "Labels 0, 1 or -1, of y's shape.", .integers, sharesDType: false, inline: .int32)
    ) { y, t in
        try t.require(shape: y.shape, "t is of y's shape.", at: 1)
        let guesses = try arrayOps.cast(arithmetic.ge(y.detached, y.constant(0)), .int64)
        let hits = try arithmetic.eq(guesses, arrayOps.cast(t.detached, .int64)).countTrue()
        return try NDArray(.real(Double(hits) / Double(max(t.differs(from: -1).countTrue(), 1))), y.dtype)
    }

    let classificationSummary: Op<Variable, Variable, Int?, Double, Int?> = Op(
        severalResults: "classification_summary",
        "Of each label precision, recall, F score (float64; NaN for 0 / 0) and the number of its samples (int64).",
        .scores, .labels, .labelCount, .option("beta", 1, "How many times as important recall is as precision."),
        .ignoredLabel
    ) { y, t, count, beta, ignored in
        let summary = try Summary(y, t, count, ignored)
        return [try summary.precision(), try summary.recall(), try summary.fScore(beta), summary.support]
    }

    let precision: Op<Variable, Variable, Int?, Int?> = Op(
        severalResults: "precision",
        "Of each label the share of the predictions that are right (float64; NaN for 0 / 0), and its samples (int64).",
        .scores, .labels, .labelCount, .ignoredLabel
    ) { y, t, count, ignored in
        let summary = try Summary(y, t, count, ignored)
        return [try summary.precision(), summary.support]
    }

    let recall: Op<Variable, Variable, Int?, Int?> = Op(
        severalResults: "recall",
        "Of each label the share of the samples that are found (float64; NaN for 0 / 0), and its samples (int64).",
        .scores, .labels, .labelCount, .ignoredLabel
    ) { y, t, count, ignored in
        let summary = try Summary(y, t, count, ignored)
        return [try summary.recall(), summary.support]
    }

    let f1Score: Op<Variable, Variable, Int?, Int?> = Op(
        severalResults: "f1_score",
        "Of each label 2 precision recall / (precision + recall) (float64; NaN for 0 / 0), and its samples (int64).",
        .scores, .labels, .labelCount, .ignoredLabel
    ) { y, t, count, ignored in
        let summary = try Summary(y, t, count, ignored)
        return [try summary.fScore(1), summary.support]
    }

    let r2Score: Op<Variable, Variable, Variable?, OutputAverage> = Op(
        "r2_score",
        "1 - sum of (pred - true)^2 / sum of (true - mean of true)^2 along axis 0, 0 where true is constant.",
        .array("pred", "Predictions.", sharesDType: false),
        .array("true", "Targets of pred's shape.", sharesDType: false),
        .optional("sample_weight", "Not supported, as in Chainer: null."),
        .option("multioutput", .uniform, "Whether the mean over the outputs is taken.")
    ) { predicted, target, weight, average in
        try target.require(shape: predicted.shape, "true is of pred's shape.", at: 1)
        guard predicted.ndim > 0 else {
            throw EngineError(
                .shape, "The arrays need an axis of samples.", expected: "at least 1 dimension", actual: "()",
                at: .input(0))
        }
        guard weight == nil else {
            throw EngineError(
                .argument, "Samples cannot be weighted: leave sample_weight out.", expected: "null", actual: "an array",
                at: .input(2))
        }
        let (y, t) = try (arrayOps.cast(predicted.detached, .float64), arrayOps.cast(target.detached, .float64))
        let rest = try reduction.sum(elementwise.square(y - t), 0, false)
        let total = try reduction.sum(elementwise.square(t - reduction.mean(t, 0, nil, true)), 0, false)
        let isConstant = try arithmetic.eq(total, total.constant(0))
        let score = try arrayOps.where(isConstant, total.constant(0), 1 - rest / total)
        return try (average == .none ? score : score.averaged(over: score.size)).array.cast(to: predicted.dtype)
    }
}

extension Parameter where Value == Variable {
    fileprivate static var scores: Parameter { .array("y", "Scores of shape (n, classes, ...).") }
    fileprivate static var labels: Parameter {
        .array("t", "Labels of shape (n, ...).", .integers, sharesDType: false, inline: .int32)
    }
}

extension Parameter where Value == Int? {
    fileprivate static var labelCount: Parameter {
        .option("label_num", nil, "The number of labels; null: one more than the greatest in t.")
    }
    fileprivate static var ignoredLabel: Parameter {
        .option("ignore_label", -1, "A label that does not count; null: none.")
    }
}

/// For each sample the class of its greatest score, as int64; as many as there are labels in `t`.
private func predictions(_ y: Variable, _ t: Variable) throws -> NDArray {
    let places = t.shape.dropFirst()
    guard t.ndim > 0, y.ndim > t.ndim, y.shape[0] == t.shape[0], y.shape[2...].starts(with: places),
        y.shape[(2 + places.count)...].allSatisfy({ $0 == 1 })
    else {
        throw EngineError(
            .shape, "t is of y's shape without axis 1, and without axes of length 1 at the end.",
            expected: "y of shape (n, classes, ...) and t of shape (n, ...)",
            actual: "shapes \(describe(y.shape)) and \(describe(t.shape))", at: .input(1))
    }
    return try y.array.selectedIndex(Maximum.self, axis: 1).cast(to: .int64)
}

/// Of each label how often it was there, predicted, and both.
private struct Summary {
    let support: NDArray
    private let predicted: NDArray
    private let hits: NDArray

    /// - Parameter count: of the labels that are told of; nil: one more than the greatest.
    init(_ y: Variable, _ t: Variable, _ count: Int?, _ ignored: Int?) throws {
        let guesses = try predictions(y, t)
        let labels = try t.array.cast(to: .int64)
        let count = try count ?? Summary.count(labels)
        guard count >= 0 else {
            throw EngineError(
                .argument, "There cannot be fewer than no labels.", expected: "at least 0", actual: "\(count)",
                at: .argument("label_num"))
        }
        support = try NDArray.zeros([count], .int64)
        predicted = try NDArray.zeros([count], .int64)
        hits = try NDArray.zeros([count], .int64)
        let ignored = ignored.map { Int64($0) }
        try guesses.read(Int64.self) { guesses in
            try labels.read(Int64.self) { labels in
                for (guess, label) in zip(guesses, labels) where label != ignored {
                    guard label >= 0 else {
                        throw EngineError(
                            .argument, "A label cannot be negative.", expected: "at least 0", actual: "\(label)",
                            at: .input(1))
                    }
                    support.increment(label)
                    predicted.increment(guess)
                    if guess == label { hits.increment(label) }
                }
            }
        }
    }

    private static func count(_ labels: NDArray) throws -> Int {
        let greatest = try labels.reduced(Maximum.self, axes: Array(0..<labels.ndim), keepdims: false).item(Int64.self)
        // Of more than an array holds there is no array.
        return max(Int(min(greatest ?? 0, Int64(NDArray.sizeLimit))), -1) + 1
    }

    func precision() throws -> NDArray { try share(of: predicted).array }
    func recall() throws -> NDArray { try share(of: support).array }

    func fScore(_ beta: Double) throws -> NDArray {
        let (precision, recall) = try (share(of: predicted), share(of: support))
        return try ((1 + beta * beta) * precision * recall / (beta * beta * precision + recall)).array
    }

    private func share(of all: NDArray) throws -> Variable {
        try Variable(constant: hits.cast(to: .float64)) / Variable(constant: all.cast(to: .float64))
    }
}

extension NDArray {
    /// Counts one more in an int64 array that nobody else has seen yet, where it has the place.
    fileprivate func increment(_ place: Int64) {
        writeFresh(Int64.self) { if place < $0.count { $0[Int(place)] += 1 } }
    }
}

let evaluation: EvaluationOps = EvaluationOps()
