/// Loss of unaligned sequences (Chainer: `functions/loss/ctc.py`).
struct CTCOps: Sendable {
    let ctc: Op<[Variable], Variable, Int, Variable?, Variable?, LossReduction> = Op(
        "connectionist_temporal_classification",
        "-log of the probability that softmax(x) spells the labels t, with repeats, and with blanks in between."
            + " Chainer differentiates it once.",
        .arrays("x", "For each time step unnormalized log probabilities, of shape (n, classes)."),
        .array("t", "Labels of shape (n, labels).", .integers, sharesDType: false, inline: .int32),
        .required("blank_symbol", "The class that stands for no label."),
        .optional(
            "input_length", "For each sample the time steps that count, at least 1; null: all.", .integers,
            sharesDType: false, inline: .int32),
        .optional(
            "label_length", "For each sample the labels that count; null: all.", .integers, sharesDType: false,
            inline: .int32), .option("reduce", .mean, "Whether the mean is taken.")
    ) { xs, t, blank, inputLength, labelLength, reduce in
        try xs[0].require(axes: "n, classes", count: 2, at: 0)
        let (batch, classes) = (xs[0].shape[0], xs[0].shape[1])
        for (place, x) in xs.enumerated() {
            try x.require(shape: xs[0].shape, "All time steps are of one shape.", at: place)
        }
        try t.require(axes: "n, labels", count: 2, at: xs.count)
        try t.require(shape: [batch, t.shape[1]], "t has a row for each sample.", at: xs.count)
        guard blank >= 0, blank < classes else {
            throw EngineError(
                .argument, "The blank symbol is one of the \(classes) classes.",
                expected: "0 or more, less than \(classes)",
                actual: "\(blank)", at: .argument("blank_symbol"))
        }
        let steps = try inputLength?.lengths(of: batch, in: 1...xs.count, at: xs.count + 1)
        let lengths = try labelLength?.lengths(
            of: batch, in: 0...t.shape[1], at: xs.count + (inputLength == nil ? 1 : 2))
        let labels = try Alignment(t, lengths, blank: blank, classes: classes, at: xs.count)
        let loss = try -labels.logLikelihood(xs, steps)
        return try (reduce == .no ? loss : loss.averaged(over: batch)).cast(to: xs[0].dtype)
    }
}

/// What a sample's time steps go through: its labels, with a blank before, between and behind them.
private struct Alignment {
    /// The symbol at each place, of shape (n, places); int64.
    let symbols: Variable
    /// For each place those that a path comes from, -1 for none: itself, the one before, and the last but one where
    /// the blank between two different labels may be left out. Of shape (n, 3 places); int64.
    let origins: Variable
    /// Whether a path may end there: at the last label, or the blank behind it.
    let isEnd: Variable

    /// Chainer's logarithm of 0: finite, so that the gradient of a sum of such terms is.
    private static let logZero = -1e10

    /// - Throws: `EngineError.Kind.argument` for a label out of range among those that count.
    init(_ t: Variable, _ lengths: [Int]?, blank: Int, classes: Int, at place: Int) throws {
        let (batch, width) = (t.shape[0], t.shape[1])
        let lengths = lengths ?? Array(repeating: width, count: batch)
        let places = 2 * width + 1
        let symbols = try NDArray(repeating: Int64(blank), shape: [batch, places])
        let origins = try NDArray(repeating: Int64(-1), shape: [batch, 3 * places])
        let isEnd = try NDArray(repeating: false, shape: [batch, places])
        let labels = try t.array.cast(to: .int64)
        try symbols.writeFresh(Int64.self) { symbols in
            try labels.read(Int64.self) { labels in
                for (sample, length) in lengths.enumerated() {
                    for i in 0..<length {
                        let label = labels[sample * width + i]
                        guard label >= 0, label < classes else {
                            throw EngineError(
                                .argument, "A label is out of range.", expected: "0 to \(classes - 1)",
                                actual: "\(label)", at: .input(place))
                        }
                        symbols[sample * places + 2 * i + 1] = label
                    }
                }
            }
            origins.writeFresh(Int64.self) { origins in
                for i in symbols.indices {
                    let place = i % places
                    origins[3 * i] = Int64(place)
                    if place >= 1 { origins[3 * i + 1] = Int64(place - 1) }
                    if place >= 2, symbols[i] != symbols[i - 2] { origins[3 * i + 2] = Int64(place - 2) }
                }
            }
        }
        isEnd.writeFresh(Bool.self) { isEnd in
            for (sample, length) in lengths.enumerated() {
                isEnd[sample * places + 2 * length] = true
                if length > 0 { isEnd[sample * places + 2 * length - 1] = true }
            }
        }
        self.symbols = Variable(constant: symbols)
        self.origins = Variable(constant: origins)
        self.isEnd = Variable(constant: isEnd)
    }

    /// For each sample the logarithm of the sum over all paths: step by step over the paths that lead to each place.
    /// - Parameter steps: for each sample the time steps that count; nil: all.
    func logLikelihood(_ xs: [Variable], _ steps: [Int]?) throws -> Variable {
        func logProbabilities(_ x: Variable) throws -> Variable {
            try gathering.take(activation.logSoftmax(x.widened, 1), symbols, 1)
        }
        let places = symbols.shape[1]
        let exists = try arithmetic.ge(origins, Variable(number: .int(0), .int64))
        let isStart = try arithmetic.lt(.range(places), Variable(number: .int(2), .int64))
        var scores = try logProbabilities(xs[0])
        let logZero = try scores.constant(Alignment.logZero)
        scores = try arrayOps.where(isStart, scores, logZero)
        for (time, x) in xs.enumerated().dropFirst() {
            let arriving = try arrayOps.where(exists, gathering.take(scores, origins, 1), logZero)
            let paths = try arrayOps.reshape(arriving, [symbols.shape[0], places, 3])
            let next = try reduction.logsumexp(paths, 2) + logProbabilities(x)
            if let steps, steps.contains(where: { $0 <= time }) {
                let counts = try NDArray(steps.map { $0 > time }, shape: [steps.count, 1])
                scores = try arrayOps.where(Variable(constant: counts), next, scores)
            } else {
                scores = next
            }
        }
        return try reduction.logsumexp(arrayOps.where(isEnd, scores, logZero), 1)
    }
}

extension Variable {
    /// Lengths of the sequences in a batch.
    /// - Throws: `EngineError` where they are not one for each of `count`, or one is out of range.
    fileprivate func lengths(of count: Int, in range: ClosedRange<Int>, at place: Int) throws -> [Int] {
        try require(shape: [count], "There is a length for each sample.", at: place)
        let lengths = try array.integers()
        if let wrong = lengths.first(where: { !range.contains($0) }) {
            throw EngineError(
                .argument, "A length is out of range.", expected: "\(range.lowerBound) to \(range.upperBound)",
                actual: "\(wrong)", at: .input(place))
        }
        return lengths
    }
}

let ctc: CTCOps = CTCOps()
