/// Functions of truth, and what cuts or cleans an array (NumPy's of the same names).
struct LogicOps: Sendable {
    let logicalNot: Op<Variable> = Op("logical_not", "Where an array is false, or zero.", .truth("x")) { x in
        try x.truth.compared(NDArray(.int(0), .uint8), Equal.self)
    }

    let logicalAnd: Op<Variable, Variable> = Op(
        "logical_and", "Where both arrays are true, or not zero.", .truth("a"), .truth("b")
    ) { a, b in
        try a.truth.combined(b.truth, Minimum.self).cast(to: .bool)
    }

    let logicalOr: Op<Variable, Variable> = Op(
        "logical_or", "Where either array is true, or not zero.", .truth("a"), .truth("b")
    ) { a, b in
        try a.truth.combined(b.truth, Maximum.self).cast(to: .bool)
    }

    let isFinite: Op<Variable> = Op(
        "isfinite", "Where an array is neither NaN nor infinite.", .array("x", "Array.", .numbers),
        isDifferentiable: false
    ) { x in
        // x − x is NaN for both.
        try arithmetic.eq(x - x, x - x)
    }

    let nanToNum: Op<Variable, Double, Double?, Double?> = Op(
        "nan_to_num", "The array with finite numbers in place of NaN and infinities, which take no gradient.",
        .array("x", "Array."), .option("nan", 0, "In place of NaN."),
        .option("posinf", nil, "In place of Infinity; null: the greatest number of the dtype."),
        .option("neginf", nil, "In place of -Infinity; null: the least number of the dtype.")
    ) { x, nan, positive, negative in
        let limit = x.dtype.greatestFinite
        let plain = x.detached
        func replaced(_ x: Variable, where condition: Variable, by value: Double) throws -> Variable {
            try arrayOps.where(condition, x.constant(value), x)
        }
        var result = try replaced(x, where: arithmetic.ne(plain, plain), by: nan)
        result = try replaced(
            result, where: arithmetic.eq(plain, plain.constant(.infinity)), by: positive ?? limit)
        return try replaced(
            result, where: arithmetic.eq(plain, plain.constant(-.infinity)), by: negative ?? -limit)
    }

    let stopGradient: Op<Variable> = Op(
        leaf: "stop_gradient", "The array as a leaf that requires no gradient.", .array("x", "Array.", .all)
    ) { x in
        try x.array
    }
}

extension Parameter where Value == Variable {
    fileprivate static func truth(_ name: String) -> Parameter {
        .array(name, "Array of any dtype.", .all, sharesDType: false, inline: .bool)
    }
}

extension Variable {
    /// 1 where the array is true, or not zero, else 0.
    fileprivate var truth: NDArray { get throws { try array.cast(to: .bool).cast(to: .uint8) } }
}

extension DType {
    /// Of float dtypes.
    fileprivate var greatestFinite: Double {
        switch self {
        case .float16: Double(Float16.greatestFiniteMagnitude)
        case .float32: Double(Float.greatestFiniteMagnitude)
        default: .greatestFiniteMagnitude
        }
    }
}

let logic: LogicOps = LogicOps()
