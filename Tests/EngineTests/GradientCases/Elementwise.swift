// The other functions of every element.

extension GradientCase {
    static let elementwise = elementwiseUnary + elementwiseBinary

    private static let elementwiseUnary = [
        "arccos", "arcsin", "arctan", "arctanh", "cosh", "sinh", "tan", "expm1", "log10", "log1p", "log2", "rsqrt",
        "erf",
        "erfc", "erfcinv", "erfcx", "erfinv", "ndtr", "ndtri", "log_ndtr", "lgamma", "digamma",
    ].flatMap { [GradientCase($0, [2, 3]), GradientCase($0, [])] }

    private static let elementwiseBinary = [
        GradientCase("arctan2", [2, 3], [2, 3]), GradientCase("arctan2", [3], [2, 1]),
        GradientCase("fmod", [2, 3], [2, 3]), GradientCase("fmod", [3], [2, 1]),
        GradientCase("polygamma", [4], [4], integers: [0: [0, 1, 2, 3]]),
        GradientCase("polygamma", [2, 1], [3], integers: [0: [0, 2]]),
        GradientCase("zeta", [3], [2, 3], integers: [0: [2, 3, 5]]),
    ]
}
