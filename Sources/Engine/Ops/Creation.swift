/// Functions that make an array of nothing (NumPy's of the same names); what they make is a leaf.
struct CreationOps: Sendable {
    let zeros: Op<Shape, DType> = Op(leaf: "zeros", "An array of zeros.", .shape, .dtype) { shape, dtype in
        try NDArray.zeros(shape.lengths, dtype)
    }

    let ones: Op<Shape, DType> = Op(leaf: "ones", "An array of ones.", .shape, .dtype) { shape, dtype in
        try NDArray(repeating: true, shape: []).cast(to: dtype).broadcast(to: shape.lengths)
    }

    let full: Op<Shape, Number, DType> = Op(
        leaf: "full", "An array of one number.", .shape,
        .required("fill_value", "The number; true or false for bool."), .dtype
    ) { shape, value, dtype in
        try value.array(dtype).broadcast(to: shape.lengths)
    }

    let eye: Op<Int, Int?, Int, DType> = Op(
        leaf: "eye", "A matrix with ones on a diagonal and zeros elsewhere.",
        .required("N", "Number of rows."), .option("M", nil, "Number of columns; null: N."),
        .option("k", 0, "How far to the right of the main diagonal; negative: below it."), .dtype
    ) { rows, columns, offset, dtype in
        let columns = columns ?? rows
        let matrix = try NDArray(uninitialized: [rows, columns], .bool) { target in
            let out = target.assumingMemoryBound(to: Bool.self)
            out.update(repeating: false, count: rows * columns)
            guard offset > -rows, offset < columns else { return }
            for i in max(-offset, 0)..<max(min(rows, columns - offset), max(-offset, 0)) {
                out[i * columns + i + offset] = true
            }
        }
        return try matrix.cast(to: dtype)
    }

    let arange: Op<Number, Number?, Number, DType> = Op(
        leaf: "arange", "start, start + step, … up to stop, which is left out.",
        .required("start", "First number; with stop null it is stop, and the first number is 0."),
        .option("stop", nil, "Where to end."), .option("step", 1 as Number, "From one number to the next; not 0."),
        .dtype
    ) { start, stop, step, dtype in
        let (first, end, step) = (stop == nil ? 0 : start.real, (stop ?? start).real, step.real)
        guard step != 0, step.isFinite, first.isFinite, end.isFinite else {
            throw EngineError(
                .argument, "There is no such range: start, stop and step must be finite, and step not 0.",
                expected: "a step other than 0", actual: "\(step)", at: .argument("step"))
        }
        let count = max(((end - first) / step).rounded(.up), 0)
        guard count <= Double(NDArray.sizeLimit) else {
            throw EngineError(
                .size, "The range would hold too many numbers.", expected: "at most \(NDArray.sizeLimit)",
                actual: "\(count)", at: .argument("step"))
        }
        return try NDArray(count: Int(count), dtype) { first + Double($0) * step }
    }

    let linspace: Op<Double, Double, Int, Bool, DType> = Op(
        leaf: "linspace", "Numbers at equal distances from start to stop.", .required("start", "First number."),
        .required("stop", "Last number."), .option("num", 50, "How many, at least 0."),
        .option("endpoint", true, "Whether stop is the last number, or left out."), .dtype
    ) { start, stop, count, hasEnd, dtype in
        guard count >= 0 else {
            throw EngineError(
                .argument, "There cannot be less than none.", expected: "at least 0", actual: "\(count)",
                at: .argument("num"))
        }
        let step = (stop - start) / Double(max(hasEnd ? count - 1 : count, 1))
        return try NDArray(count: count, dtype) {
            hasEnd && $0 == count - 1 && $0 > 0 ? stop : start + Double($0) * step
        }
    }

    let normal: Op<Shape, Double, Double, DType, Seed> = Op(
        leaf: "normal", "Numbers drawn from a normal distribution.", .shape, .option("loc", 0, "Mean."),
        .option("scale", 1, "Standard deviation, at least 0."), .floatDType, .seed
    ) { shape, mean, deviation, dtype, seed in
        guard deviation >= 0 else {
            throw EngineError(
                .argument, "A standard deviation is not negative.", expected: "at least 0", actual: "\(deviation)",
                at: .argument("scale"))
        }
        let drawn = try NDArray(drawnFrom: NormalDistribution(), shape: shape.lengths, dtype.wide, seed)
        return try drawn.scaled(by: deviation, plus: mean, dtype)
    }

    let uniform: Op<Shape, Double, Double, DType, Seed> = Op(
        leaf: "uniform", "Numbers drawn evenly from low up to high, which is left out.", .shape,
        .option("low", 0, "Least number."), .option("high", 1, "Bound of the numbers."), .floatDType, .seed
    ) { shape, low, high, dtype, seed in
        let drawn = try NDArray(drawnFrom: UniformDistribution(), shape: shape.lengths, dtype.wide, seed)
        return try drawn.scaled(by: high - low, plus: low, dtype)
    }
}

/// A number as a caller writes it: an integer stays exact; or true and false.
struct Number: ArgumentValue, ExpressibleByIntegerLiteral {
    let argument: Argument

    init(integerLiteral value: Int64) { argument = .int(value) }

    static var form: String { "a number, true or false" }
    init?(_ argument: Argument) {
        switch argument {
        case .bool: break
        default: guard Double(argument) != nil else { return nil }
        }
        self.argument = argument
    }

    var real: Double {
        if case .bool(let value) = argument { return value ? 1 : 0 }
        return Double(argument) ?? .nan
    }

    /// - Throws: `EngineError.Kind.dtype` where the dtype cannot hold it.
    func array(_ dtype: DType) throws -> NDArray {
        switch argument {
        case .int(let value) where dtype != .bool: return try NDArray(.int(value), dtype)
        case .bool(let value) where dtype == .bool: return try NDArray(repeating: value, shape: [])
        case .bool: break
        default: if dtype != .bool { return try NDArray(.real(real), dtype) }
        }
        throw EngineError(
            .dtype, "true and false are of dtype bool, and nothing else is.",
            expected: dtype == .bool ? "true or false" : "a number", actual: "\(argument)", at: .argument("fill_value"))
    }
}

extension NDArray {
    /// `count` numbers, computed in float64.
    fileprivate init(count: Int, _ dtype: DType, _ number: (Int) -> Double) throws {
        let numbers = try NDArray(uninitialized: [count], .float64) { target in
            let out = target.assumingMemoryBound(to: Double.self)
            for i in 0..<count { out[i] = number(i) }
        }
        self = try numbers.cast(to: dtype)
    }
}

extension Parameter where Value == Shape {
    fileprivate static var shape: Parameter { .required("shape", "Shape of the array.") }
}

extension Parameter where Value == DType {
    fileprivate static var dtype: Parameter { .option("dtype", .float32, "Its dtype.") }
    fileprivate static var floatDType: Parameter { .option("dtype", .float32, "Its dtype, one of floats.") }
}

extension DType {
    /// What numbers of this dtype are drawn in.
    fileprivate var wide: DType {
        get throws {
            guard isFloat else {
                throw EngineError(
                    .dtype, "Numbers are drawn in float dtypes: apply cast to them.", expected: DTypes.floats.names,
                    actual: rawValue, at: .argument("dtype"))
            }
            return self == .float64 ? .float64 : .float32
        }
    }
}

extension NDArray {
    fileprivate func scaled(by factor: Double, plus offset: Double, _ dtype: DType) throws -> NDArray {
        let result = try Variable(constant: self) * factor + offset
        return try result.array.cast(to: dtype)
    }
}

let creation: CreationOps = CreationOps()
