import RealModule

enum SumReduction: String, Choice { case sum, mean, no }
enum HuberReduction: String, Choice {
    case sum = "sum_along_second_axis"
    case no
}

/// Losses of an array and its target, and likelihoods (Chainer: `functions/loss`, `vae.py` for the likelihoods).
struct LossOps: Sendable {
    let absoluteError: Op<Variable, Variable> = Op(
        "absolute_error", "|x0 - x1| of every element.", .array("x0", "Array."), .array("x1", "Array of x0's shape.")
    ) { x0, x1 in
        try arithmetic.absolute(difference(x0, x1))
    }

    let squaredError: Op<Variable, Variable> = Op(
        "squared_error", "(x0 - x1)^2 of every element.", .array("x0", "Array."), .array("x1", "Array of x0's shape.")
    ) { x0, x1 in
        try elementwise.square(difference(x0, x1))
    }

    let squaredDifference: Op<Variable, Variable> = Op(
        "squared_difference", "(x1 - x2)^2 of every element.", .array("x1", "Array."),
        .array("x2", "Array of x1's shape.")
    ) { x1, x2 in
        try elementwise.square(difference(x1, x2))
    }

    let meanAbsoluteError: Op<Variable, Variable> = Op(
        "mean_absolute_error", "Mean of |x0 - x1|.", .array("x0", "Array."), .array("x1", "Array of x0's shape.")
    ) { x0, x1 in
        try arithmetic.absolute(difference(x0, x1)).averaged(over: x0.size)
    }

    let meanSquaredError: Op<Variable, Variable> = Op(
        "mean_squared_error", "Mean of (x0 - x1)^2.", .array("x0", "Array."), .array("x1", "Array of x0's shape.")
    ) { x0, x1 in
        try difference(x0, x1).inFloat32 {
            try reduction.sum(elementwise.square($0), nil, false) / Double(x0.size)
        }
    }

    let huberLoss: Op<Variable, Variable, Double, HuberReduction> = Op(
        "huber_loss", "d^2 / 2 where d = x - t is at most delta, delta (|d| - delta / 2) beyond.",
        .array("x", "Array."),
        .array("t", "Target of x's shape."), .required("delta", "Where the parabola goes over into lines; positive."),
        .option("reduce", .sum, "Whether the terms are summed along axis 1.")
    ) { x, t, delta, reduce in
        guard delta > 0 else {
            throw EngineError(
                .argument, "delta must be positive.", expected: "more than 0", actual: "\(delta)",
                at: .argument("delta"))
        }
        guard reduce == .no || x.ndim >= 2 else {
            throw EngineError(
                .shape, "There is no second axis to sum along: add one, or give reduce as \"no\".",
                expected: "at least 2 dimensions", actual: describe(x.shape), at: .input(0))
        }
        let d = try difference(x, t)
        let limited = try elementwise.clip(d, -delta, delta)
        let loss = try limited * (d - limited / 2)
        return reduce == .no ? loss : try reduction.sum(loss, 1, false)
    }

    let bernoulliNLL: Op<Variable, Variable, SumReduction> = Op(
        "bernoulli_nll", "-log of the likelihood of x where 1 has the probability sigmoid(y): log(1 + exp(y)) - x y.",
        .array("x", "What was observed.", in: 0...1), .array("y", "Unnormalized log probabilities."), .sumReduction
    ) { x, y, reduce in
        try classificationLoss.logisticLoss(y, x).reduced(reduce)
    }

    let gaussianNLL: Op<Variable, Variable, Variable, SumReduction> = Op(
        "gaussian_nll", "-log of the density of x: (ln_var + log(2 pi) + (x - mean)^2 / exp(ln_var)) / 2.",
        .array("x", "What was observed."), .array("mean", "Means."), .array("ln_var", "Logarithms of the variances."),
        .sumReduction
    ) { x, mean, lnVar, reduce in
        let power = try elementwise.square(x - mean) * elementwise.exp(-lnVar)
        return try ((lnVar + Double.log(2 * .pi) + power) / 2).reduced(reduce)
    }

    let gaussianKLDivergence: Op<Variable, Variable, SumReduction> = Op(
        "gaussian_kl_divergence",
        "KL divergence of normal distributions from the standard one: (mean^2 + exp(ln_var) - ln_var - 1) / 2.",
        .array("mean", "Means."), .array("ln_var", "Logarithms of the variances."), .sumReduction
    ) { mean, lnVar, reduce in
        try ((elementwise.square(mean) + elementwise.exp(lnVar) - lnVar - 1) / 2).reduced(reduce)
    }
}

private func difference(_ a: Variable, _ b: Variable) throws -> Variable {
    try b.require(shape: a.shape, "The two arrays must be of one shape.", at: 1)
    return try a - b
}

extension Parameter where Value == SumReduction {
    fileprivate static var sumReduction: Parameter {
        .option("reduce", .sum, "Whether the terms are summed or averaged.")
    }
}

extension Variable {
    fileprivate func reduced(_ form: SumReduction) throws -> Variable {
        switch form {
        case .sum: try reduction.sum(self, nil, false)
        case .mean: try averaged(over: size)
        case .no: self
        }
    }
}

let loss: LossOps = LossOps()
