import RealModule

// Functions without a branch or a call, so that loops over them vectorise. The errors given are the greatest over the
// whole domain, every 41st float32 value compared with the C library's function in double.

extension FloatElement {
    @inline(__always) public static func exponential(_ x: Self) -> Self { exp(x) }
    @inline(__always) public static func hyperbolicTangent(_ x: Self) -> Self { tanh(x) }
}

extension Float {
    /// e to the power of x, within 1.02 ULP.
    ///
    /// x = n log 2 + r, exp x = 2^n exp r, with the polynomial of Cephes' `expf` (Moshier, 1989) for exp r.
    @inline(__always)
    public static func exponential(_ x: Float) -> Float {
        // Beyond these the result is 0 or infinite; NaN passes both comparisons.
        var bounded = x < -105 ? -105 : x
        bounded = bounded > 90 ? 90 : bounded
        // Adding it leaves the nearest integer in the last bits.
        let magic: Float = 0x1.8p23
        let shifted = magic.addingProduct(bounded, 0x1.715476p0)
        let n = shifted - magic
        // log 2 in two parts, the first with zeros at its end, so that n times it is exact.
        let r = bounded.addingProduct(n, -0x1.62e4p-1).addingProduct(n, -0x1.7f7d1cp-20)
        var p: Float = 1.9875691500e-4
        p = Float(1.3981999507e-3).addingProduct(p, r)
        p = Float(8.3334519073e-3).addingProduct(p, r)
        p = Float(4.1665795894e-2).addingProduct(p, r)
        p = Float(1.6666665459e-1).addingProduct(p, r)
        p = Float(5.0000001201e-1).addingProduct(p, r)
        let less1 = r.addingProduct(p, r * r)
        // 2^n as two factors, so that neither is infinite or subnormal.
        let exponent = Int32(bitPattern: shifted.bitPattern) &- Int32(bitPattern: magic.bitPattern)
        let half = exponent >> 1
        let a = Float(bitPattern: UInt32(bitPattern: (half &+ 127) << 23))
        let b = Float(bitPattern: UInt32(bitPattern: (exponent &- half &+ 127) << 23))
        return a.addingProduct(less1, a) * b
    }

    /// Hyperbolic tangent, within 1.33 ULP.
    ///
    /// 1 − 2 / (exp 2x + 1); near 0, where that cancels, the polynomial of Cephes' `tanhf`.
    @inline(__always)
    public static func hyperbolicTangent(_ x: Float) -> Float {
        let size = x.magnitude
        let far = 1 - 2 / (exponential(size + size) + 1)
        let square = x * x
        var p: Float = -5.70498872745e-3
        p = Float(2.06390887954e-2).addingProduct(p, square)
        p = Float(-5.37397155531e-2).addingProduct(p, square)
        p = Float(1.33314422036e-1).addingProduct(p, square)
        p = Float(-3.33332819422e-1).addingProduct(p, square)
        let near = x.addingProduct(p * square, x)
        let signed = Float(bitPattern: far.bitPattern | (x.bitPattern & 0x8000_0000))
        return size < 0.625 ? near : signed
    }
}
