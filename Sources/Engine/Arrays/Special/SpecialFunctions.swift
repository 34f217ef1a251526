/// Functions that the C library does not have, in double, for every argument: at poles, at infinities and outside of
/// the domain they answer as SciPy's do.
///
/// Their errors, in units in the last place (ULP), are the greatest that `Tests/Fixtures/special_functions.py` found
/// against mpmath; the same script makes the polynomials' coefficients.
enum SpecialFunctions {
    /// A polynomial, its constant term first, by Horner's rule.
    @inline(__always)
    static func polynomial(_ coefficients: [Double], at x: Double) -> Double {
        var sum = 0.0
        for coefficient in coefficients.reversed() { sum = coefficient.addingProduct(sum, x) }
        return sum
    }
}
