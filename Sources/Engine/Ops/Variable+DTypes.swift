// In which dtype formulas are computed.

extension Variable {
    /// The elements in another dtype.
    func cast(to target: DType) throws -> Variable { dtype == target ? self : try arrayOps.cast(self, target) }

    /// In float32 where it is float16: what sums and small differences are computed in.
    var widened: Variable {
        get throws { dtype == .float16 ? try cast(to: .float32) : self }
    }

    /// What float16 is computed in, where a sum may be beyond it and a mean is not.
    func inFloat32(_ body: (Variable) throws -> Variable) throws -> Variable {
        guard dtype == .float16 else { return try body(self) }
        return try arrayOps.cast(body(arrayOps.cast(self, .float32)), .float16)
    }
}

extension DType {
    /// What arrays of float dtypes are computed in together: the widest, and no less than float32.
    static func working(_ arrays: Variable...) -> DType {
        arrays.contains { $0.dtype == .float64 } ? .float64 : .float32
    }
}
