import RealModule

/// The logarithm of the gamma function, its derivatives, and Hurwitz's zeta function that they are made of.
extension SpecialFunctions {
    /// log |Γ(x)|: the C library's, but −∞ at −∞, as SciPy's.
    static func lgamma(_ x: Double) -> Double { x == -.infinity ? x : Double.logGamma(x) }

    /// The derivative of log |Γ(x)|. Error: 3 ULP; around its zeros at negative x, what 2 ULP of x make.
    static func digamma(_ x: Double) -> Double {
        if x <= 0 {
            if x == 0 { return x.sign == .minus ? .infinity : -.infinity }
            guard x.rounded() != x else { return .nan }
            return digamma(1 - x) - .pi * cotangent(ofPiTimes: x)
        }
        guard x < 10 else { return asymptoticDigamma(x) }
        // To between 1 and 2 by ψ(x + 1) = ψ(x) + 1/x.
        var (base, sum) = (x - 1, 0.0)
        if base < 0 {
            sum = -1 / x
            base = x
        }
        while base > 1 {
            sum += 1 / base
            base -= 1
        }
        let root = (high: 0.46163214496836236, low: -1.5522348162858677e-17)
        return sum + (base - root.high - root.low) * polynomial(digammaCoefficients, at: 2 * base - 1)
    }

    /// Of x ≥ 10: log x − 1/2x − Σ B(2k) / (2k x^2k).
    private static func asymptoticDigamma(_ x: Double) -> Double {
        let square = 1 / (x * x)
        return Double.log(x) - (0.5 / x + square * polynomial(digammaSeries, at: square))
    }

    /// cot(πx) of an x that is not whole.
    private static func cotangent(ofPiTimes x: Double) -> Double {
        let rest = x - x.rounded()
        // Near ½ the cotangent is the tangent of what is left to ½, which is exact.
        let value =
            abs(rest) < 0.25 ? 1 / Double.tan(.pi * abs(rest)) : Double.tan(.pi * (0.5 - abs(rest)))
        return rest < 0 ? -value : value
    }

    /// The sum of (q + k)^-s over k = 0, 1, … (Hurwitz): for s > 1, and for negative q only where s is whole.
    /// Error: 8 ULP; around its zeros at negative q, what 2 ULP of q make.
    static func zeta(_ s: Double, _ q: Double) -> Double {
        if s.isNaN || q.isNaN || s < 1 { return .nan }
        if s == 1 { return .infinity }
        guard q <= 0 else { return CMath.pow(q, 1 - s) * zetaFactor(s, q) }
        if q == q.rounded() { return .infinity }
        guard s == s.rounded() else { return .nan }
        return reflected(s, q) { zeta(s, $0) }
    }

    /// The nth derivative of digamma: (−1)^(n+1) n! zeta(n + 1, x). Error: 8 ULP; around its zeros at negative
    /// x, what 2 ULP of x make.
    static func polygamma(_ n: Double, _ x: Double) -> Double {
        if n == 0 { return digamma(x) }
        guard n > 0, !x.isNaN else { return .nan }
        let sign: Double = n.remainder(dividingBy: 2) == 0 ? -1 : 1
        guard x <= 0 else { return sign * factorial(n, over: x) * zetaFactor(n + 1, x) }
        if x == x.rounded() { return sign * .infinity }
        return sign * reflected(n + 1, x) { factorial(n, over: $0) * zetaFactor(n + 1, $0) }
    }

    /// zeta(s, q) q^(s−1) for s > 1 and q > 0, by Euler and Maclaurin's formula.
    private static func zetaFactor(_ s: Double, _ q: Double) -> Double {
        guard q < .infinity else { return 0 }
        var (sum, term, k) = (1.0, 1.0, 0.0)
        while q + k < s + 10 {
            k += 1
            term = Double.exp(-s * Double.log(onePlus: k / q))
            sum += term
            if term < 0x1p-54 * sum { return sum / q }
        }
        let last = q + k
        sum -= 0.5 * term
        var factor = term * s / last
        var order = s
        for coefficient in zetaCoefficients {
            sum += coefficient * factor
            factor *= (order + 1) / last * ((order + 2) / last)
            order += 2
        }
        return sum / q + Double.exp((1 - s) * Double.log(onePlus: k / q)) / (s - 1)
    }

    /// A multiple of zeta(s, q) at a negative q that is not whole, of a whole s, from that at positive ones: the sum over
    /// all integers k of (q + k)^-s depends only on how far q is from a whole number.
    private static func reflected(_ s: Double, _ q: Double, _ zeta: (Double) -> Double) -> Double {
        let rest = q - q.rounded()
        let parity: Double = s.remainder(dividingBy: 2) == 0 ? 1 : -1
        // Halfway, the terms of an odd s on the two sides are opposite.
        if abs(rest) == 0.5, parity < 0 { return zeta(1 - q) }
        let sign = rest < 0 ? parity : 1
        let nearest = zeta(abs(rest))
        guard nearest < .infinity else { return sign * nearest }
        return sign * (nearest + parity * zeta(1 - abs(rest))) - parity * zeta(1 - q)
    }

    /// n! / x^n of x > 0.
    private static func factorial(_ n: Double, over x: Double) -> Double {
        if n <= 20 { return product(Double((1...Int64(n)).reduce(1, *)), x, -n) }
        // Stirling's series, with what the quotient n / ex loses to rounding.
        let e = (high: 2.718281828459045, low: 1.4456468917292502e-16)
        let divisor = e.high * x
        let quotient = n / divisor
        guard quotient > 0, quotient < .infinity else { return quotient }
        let rest = (-divisor).addingProduct(e.high, x) + e.low * x
        let lost = (n.addingProduct(-quotient, divisor) - quotient * rest) / n
        let series = polynomial(stirlingSeries, at: 1 / (n * n)) / n
        return product((2 * .pi * n).squareRoot() * Double.exp(n * lost + series), quotient, n)
    }

    /// factor · x^y, in range wherever the result is.
    private static func product(_ factor: Double, _ x: Double, _ y: Double) -> Double {
        let power = CMath.pow(x, y)
        if power.isNormal { return factor * power }
        let half = CMath.pow(x, 0.5 * y)
        return half == 0 ? 0 : factor * half * half
    }
}

private let digammaCoefficients = [
    0.9510558760318328, -0.2118137106407303, 0.06013562106019684, -0.018550615381735008,
    0.005936795278301761, -0.0019350666648613071, 0.0006368880303865817, -0.00021074841138175561,
    6.995018825112794e-05, -2.3258242519113285e-05, 7.741234508636364e-06, -2.578093954045772e-06,
    8.589060721930695e-07, -2.863161166883193e-07, 9.543298288278275e-08, -3.162911147408454e-08,
    1.0527692435026686e-08, -3.7083753242807277e-09, 1.2469984616707403e-09, -2.7580994814377e-10,
    8.734528429142953e-11, -8.50550766013261e-11, 2.918622732168261e-11,
]

/// B(2k) / 2k
private let digammaSeries: [Double] = [
    1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160,
]

/// B(2k) / (2k (2k − 1))
private let stirlingSeries: [Double] = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188]

/// B(2k) / (2k)!
private let zetaCoefficients = [
    0.08333333333333333, -0.001388888888888889, 3.306878306878307e-05, -8.267195767195768e-07,
    2.08767569878681e-08, -5.284190138687493e-10, 1.3382536530684679e-11, -3.389680296322583e-13,
    8.586062056277845e-15, -2.1748686985580617e-16, 5.50900282836023e-18, -1.3954464685812523e-19,
]
