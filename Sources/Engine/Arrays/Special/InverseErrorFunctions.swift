import RealModule

/// The inverses of the error function and of the normal distribution.
extension SpecialFunctions {
    /// The y whose erf(y) is x. Error: 2 ULP.
    static func erfinv(_ x: Double) -> Double {
        guard abs(x) > 0.75 else { return x * polynomial(erfinvCoefficients, at: x * x * (2 / 0.5625) - 1) }
        let y = inverseOfTail(1 - abs(x))
        return x < 0 ? -y : y
    }

    /// The y whose erfc(y) is x. Error: 3 ULP.
    static func erfcinv(_ x: Double) -> Double {
        if x < 0.25 { return inverseOfTail(x) }
        return x > 1.75 ? -inverseOfTail(2 - x) : erfinv(1 - x)
    }

    /// The y whose ndtr(y) is p. Error: 3 ULP.
    static func ndtri(_ p: Double) -> Double {
        if p < 0.125 { return -2.0.squareRoot() * inverseOfTail(2 * p) }
        return 2.0.squareRoot() * (p > 0.875 ? inverseOfTail(2 - 2 * p) : erfinv(2 * p - 1))
    }

    /// The y whose erfc(y) is t, of t at most ¼: a guess with six digits, made exact by one step of Halley's method on
    /// log erfc(y) = log t, which is nearly a parabola.
    private static func inverseOfTail(_ t: Double) -> Double {
        guard t > 0 else { return t == 0 ? .infinity : .nan }
        let logarithm = Double.log(t)
        let root = (-logarithm).squareRoot()
        let y = root * polynomial(tailCoefficients, at: (root - 2) / (root + 2))
        let scaled = erfcx(y)
        let slope = 2 / (Double.pi.squareRoot() * scaled)
        let step = (Double.log(scaled) - y * y - logarithm) / slope
        return y + step / (1 - step * (y - 0.5 * slope))
    }
}

private let erfinvCoefficients = [
    0.9640216376238271, 0.09346781082872313, 0.01969115624149996, 0.0051730134143669814,
    0.0015097228866488097, 0.0004685490797665593, 0.00015139579317223367, 5.032913899276012e-05,
    1.708827086911536e-05, 5.897369707106248e-06, 2.061807634088785e-06, 7.284410087537506e-07,
    2.596288868961427e-07, 9.333498475464365e-08, 3.374168207932262e-08, 1.2069526819271783e-08,
    4.386566807482245e-09, 1.8195083967474338e-09, 6.838709701559696e-10, 1.0403024012917805e-10,
    3.245116842299275e-11, 7.141785581587032e-11, 2.768219840342242e-11,
]

private let tailCoefficients = [
    0.8340942501470376, 0.43091978036386813, -0.42377974791698775, 0.20182268323810412,
    0.007355062234328751, -0.12698942683514067, 0.12921801841292743, -0.06578363087818002,
    0.013261426607502118,
]
