import RealModule

/// The error function and the normal distribution.
extension SpecialFunctions {
    /// exp(factor x²), where the factor is ±1 or ±½: what the square loses to rounding is put back.
    static func exponential(ofSquare x: Double, times factor: Double) -> Double {
        let square = x * x
        let power = Double.exp(factor * square)
        // Beyond, it is 0 or NaN.
        guard square < 1600, power < .infinity else { return power }
        return power.addingProduct(power, factor * (-square).addingProduct(x, x))
    }

    /// exp(x²) erfc(x). Error: 2 ULP.
    static func erfcx(_ x: Double) -> Double {
        x < 0.5 ? exponential(ofSquare: x, times: 1) * Double.erfc(x) : scaledErfc(x)
    }

    /// erfcx(x) of x ≥ ½: (1 + 2x) erfcx(x) is smooth in (x − 3) / (x + 3) up to infinity (Shepherd and Laframboise,
    /// Mathematics of Computation 36, 1981).
    private static func scaledErfc(_ x: Double) -> Double {
        0.5 * polynomial(erfcxCoefficients, at: 1 - 6 / (x + 3)) / (x + 0.5)
    }

    /// The derivative of erfcx of an order. Those of two orders give the next, which for x > 0 cancels to
    /// nothing; there the quotients of one order and the last are a continued fraction, taken from its far end
    /// (Gautschi, SIAM Review 9, 1967). Error: 4 ULP for the first, 9 for the twelfth.
    static func erfcxDerivative(_ order: Int, _ x: Double) -> Double {
        guard order > 0 else { return erfcx(x) }
        if x <= 0 {
            var (previous, current) = (erfcx(x), 2 * x * erfcx(x) - 2 / Double.pi.squareRoot())
            for n in 1..<order { (previous, current) = (current, 2 * x * current + 2 * Double(n) * previous) }
            return current
        }
        guard x.isFinite else { return x.isNaN ? .nan : 0 }
        // The fraction is short from 2 on; from there Taylor's series, whose terms have one sign, leads back to x.
        let base = max(x, 2)
        let length = order + Int((140 + 8 * Double(order)) / base) + 8
        var (derivative, series, quotient) = (scaledErfc(base), 1.0, 0.0)
        for k in (1...length).reversed() {
            quotient = Double(k) / (base + 0.5 * quotient)
            if k > order {
                series = 1 + quotient * (base - x) / Double(k - order) * series
            } else {
                derivative *= -quotient
            }
        }
        return derivative * series
    }

    /// The normal distribution function. Error: 5 ULP.
    static func ndtr(_ x: Double) -> Double {
        if abs(x) < 0.75 { return 0.5 + 0.5 * Double.erf(x * 0.5.squareRoot()) }
        let tail = 0.5 * exponential(ofSquare: x, times: -0.5) * scaledErfc(abs(x) * 0.5.squareRoot())
        return x < 0 ? tail : 1 - tail
    }

    /// The logarithm of the normal distribution function. Error: 4 ULP.
    static func logNdtr(_ x: Double) -> Double {
        if x < -1 { return Double.log(0.5 * scaledErfc(-x * 0.5.squareRoot())) - 0.5 * x * x }
        return x < 0 ? Double.log(ndtr(x)) : Double.log(onePlus: -ndtr(-x))
    }
}

private let erfcxCoefficients = [
    1.2530080582697296, -0.13562110612458117, -0.0475622943534492, 0.1296451587027594,
    -0.11927366341538638, 0.0683080273440099, -0.02377051491717134, 0.0025293918156939696,
    0.0018886903449991718, -0.0007798322696543306, -0.00010515971958448065, 0.0001250993424583729,
    4.949196649968345e-06, -2.0100542268525612e-05, -7.308281468783614e-07, 3.472370944977168e-06,
    3.5576086684080595e-07, -6.166011460398726e-07, -1.4047654315428462e-07, 1.0183620603842736e-07,
    4.1064013667940355e-08, -1.3312919661038687e-08, -8.217595058711455e-09, 9.862533510345587e-10,
    8.393734858690877e-10,
]
