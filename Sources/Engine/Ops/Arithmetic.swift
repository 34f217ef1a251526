import RealModule

private enum Add: NumberBinary { static func apply<T: NumberElement>(_ a: T, _ b: T) -> T { T.sum(a, b) } }
private enum Subtract: NumberBinary { static func apply<T: NumberElement>(_ a: T, _ b: T) -> T { T.difference(a, b) } }
private enum Multiply: NumberBinary { static func apply<T: NumberElement>(_ a: T, _ b: T) -> T { T.product(a, b) } }
private enum Divide: FloatBinary { static func apply<T: FloatElement>(_ a: T, _ b: T) -> T { a / b } }
private enum Power: NumberBinary { static func apply<T: NumberElement>(_ a: T, _ b: T) -> T { T.power(a, b) } }
private enum Negate: NumberUnary { static func apply<T: NumberElement>(_ x: T) -> T { T.difference(.zero, x) } }
private enum NegateFloat: FloatUnary { static func apply<T: FloatElement>(_ x: T) -> T { -x } }
private enum Absolute: NumberUnary {
    static func apply<T: NumberElement>(_ x: T) -> T { x < .zero ? T.difference(.zero, x) : x == .zero ? .zero : x }
}
enum Equal: Comparison { static func holds<T: NumberElement>(_ a: T, _ b: T) -> Bool { a == b } }
private enum NotEqual: Comparison { static func holds<T: NumberElement>(_ a: T, _ b: T) -> Bool { a != b } }
private enum Less: Comparison { static func holds<T: NumberElement>(_ a: T, _ b: T) -> Bool { a < b } }
private enum LessEqual: Comparison { static func holds<T: NumberElement>(_ a: T, _ b: T) -> Bool { a <= b } }
private enum Greater: Comparison { static func holds<T: NumberElement>(_ a: T, _ b: T) -> Bool { a > b } }
private enum GreaterEqual: Comparison { static func holds<T: NumberElement>(_ a: T, _ b: T) -> Bool { a >= b } }

/// The operators of `Variable` (Chainer: `functions/math/basic_math.py`, `matmul.py`) and the comparisons.
struct ArithmeticOps: Sendable {
    let add: Op<[Variable]> = Op("add", "Sum of arrays, element by element.", .arrays("xs", "Arrays to add.", .numbers))
    {
        xs in
        try xs.dropFirst().reduce(try xs[0].array) { try $0.combined($1.array, Add.self) }
    } backward: { gy, _, xs in
        xs.map { _ in { gy } }
    }

    let sub: Op<Variable, Variable> = Op(
        "sub", "Difference of two arrays, element by element.", .array("a", "Minuend.", .numbers),
        .array("b", "Subtrahend.", .numbers)
    ) { a, b in
        try a.array.combined(b.array, Subtract.self)
    } backward: { gy, _, _, _ in
        [{ gy }, { try -gy }]
    }

    let mul: Op<Variable, Variable> = Op(
        "mul", "Product of two arrays, element by element.", .array("a", "Factor.", .numbers),
        .array("b", "Factor.", .numbers), reads: .inputs
    ) { a, b in
        try a.array.combined(b.array, Multiply.self)
    } backward: { gy, _, a, b in
        [{ try gy * b }, { try gy * a }]
    }

    let div: Op<Variable, Variable> = Op(
        "div", "Quotient of two arrays, element by element.", .array("a", "Dividend."),
        .array("b", "Divisor.", in: 0.5...3), reads: .inputs
    ) { a, b in
        try a.array.combined(b.array, float: Divide.self)
    } backward: { gy, _, a, b in
        [{ try gy / b }, { try -(gy / b * a / b) }]
    }

    let floordiv: Op<Variable, Variable> = Op(
        "floordiv", "Quotient of two arrays, rounded down; without a gradient.", .array("a", "Dividend."),
        .array("b", "Divisor.", in: 0.5...3), isDifferentiable: false
    ) { a, b in
        try elementwise.floor(a / b)
    }

    let neg: Op<Variable> = Op("neg", "Every element with the other sign.", .array("x", "Array.", .numbers)) { x in
        x.dtype.isFloat ? try x.array.mapped(float: NegateFloat.self) : try x.array.mapped(Negate.self)
    } backward: { gy, _, _ in
        [{ try -gy }]
    }

    let pow: Op<Variable, Variable> = Op(
        "pow", "Elements of the first array to the power of the second's.", .array("a", "Base.", .numbers, in: 0.5...2),
        .array("b", "Exponent.", .numbers), reads: .inputs
    ) { a, b in
        if b.dtype.isInteger, b.size > 0 {
            let least = try b.array.reduced(Minimum.self, axes: Array(0..<b.ndim), keepdims: false)
            guard try least.cast(to: .int64).item(Int64.self).map({ $0 >= 0 }) ?? false else {
                throw EngineError(
                    .argument, "An integer to a negative power is no integer: apply cast to the base first.",
                    expected: "exponents of at least 0", actual: "a negative exponent", at: .input(1))
            }
        }
        return try a.array.combined(b.array, Power.self)
    } backward: { gy, _, a, b in
        // Of the inputs alone, as in Chainer: the result is no step on the way of a second gradient.
        [{ try b * arithmetic.pow(a, b - 1) * gy }, { try elementwise.log(a) * arithmetic.pow(a, b) * gy }]
    }

    let absolute: Op<Variable> = Op(
        "absolute", "Absolute value of every element.", .array("x", "Array.", .numbers), reads: .inputs
    ) {
        x in
        try x.array.mapped(Absolute.self)
    } backward: { gy, _, x in
        [{ try gy * elementwise.sign(x.detached) }]
    }

    let matmul: Op<Variable, Variable, Bool, Bool> = Op(
        "matmul", "Matrix product, of stacks of matrices too, as NumPy's matmul.",
        .array("a", "Matrix, vector or stack."),
        .array("b", "Matrix, vector or stack."), .option("transa", false, "Transpose the matrices in a first."),
        .option("transb", false, "Transpose the matrices in b first."), reads: .inputs
    ) { a, b, transA, transB in
        guard a.ndim > 0, b.ndim > 0 else {
            throw EngineError(
                .shape, "A product of matrices takes arrays of at least one dimension.",
                expected: "at least 1 dimension", actual: "shapes \(describe(a.shape)) and \(describe(b.shape))",
                at: .input(a.ndim == 0 ? 0 : 1))
        }
        // A vector is a row on the left, a column on the right; what it added is dropped from the result.
        let left = a.ndim == 1 ? try a.array.reshaped(unchecked: [1] + a.shape) : try a.array
        let right = b.ndim == 1 ? try b.array.reshaped(unchecked: b.shape + [1]) : try b.array
        let product = try left.matmul(
            right, transposed: transA && a.ndim > 1, otherTransposed: transB && b.ndim > 1)
        var shape = product.shape
        if b.ndim == 1 { shape.remove(at: shape.count - 1) }
        if a.ndim == 1 { shape.remove(at: shape.count - (b.ndim == 1 ? 1 : 2)) }
        return product.reshaped(unchecked: shape)
    } backward: { gy, _, a, b, transA, transB in
        // Vectors become matrices again, so that two formulas serve all cases.
        let stack = gy.shape.dropLast((a.ndim > 1 ? 1 : 0) + (b.ndim > 1 ? 1 : 0))
        let rows = a.ndim == 1 ? 1 : a.shape[a.ndim - (transA ? 1 : 2)]
        let columns = b.ndim == 1 ? 1 : b.shape[b.ndim - (transB ? 2 : 1)]
        let (transA, transB) = (transA && a.ndim > 1, transB && b.ndim > 1)
        let matrixA = a.ndim == 1 ? Shape([1] + a.shape) : Shape(a.shape)
        let matrixB = b.ndim == 1 ? Shape(b.shape + [1]) : Shape(b.shape)
        @Sendable func vector(_ gradient: Variable, _ input: Variable) throws -> Variable {
            // A stack of rows or columns: the walk sums it to the vector.
            input.ndim == 1
                ? try arrayOps.reshape(gradient, Shape(Array(gradient.shape.dropLast(2)) + input.shape)) : gradient
        }
        let matrix = try arrayOps.reshape(gy, Shape(Array(stack) + [rows, columns]))
        return [
            {
                let b = try arrayOps.reshape(b, matrixB)
                let gradient =
                    transA
                    ? try arithmetic.matmul(b, matrix, transB, true) : try arithmetic.matmul(matrix, b, false, !transB)
                return try vector(gradient, a)
            },
            {
                let a = try arrayOps.reshape(a, matrixA)
                let gradient =
                    transB
                    ? try arithmetic.matmul(matrix, a, true, transA) : try arithmetic.matmul(a, matrix, !transA, false)
                return try vector(gradient, b)
            },
        ]
    }

    let eq: Op<Variable, Variable> = comparison("eq", "Where two arrays are equal.", Equal.self)
    let ne: Op<Variable, Variable> = comparison("ne", "Where two arrays differ.", NotEqual.self)
    let lt: Op<Variable, Variable> = comparison("lt", "Where the first array is less.", Less.self)
    let le: Op<Variable, Variable> = comparison("le", "Where the first array is less or equal.", LessEqual.self)
    let gt: Op<Variable, Variable> = comparison("gt", "Where the first array is greater.", Greater.self)
    let ge: Op<Variable, Variable> = comparison("ge", "Where the first array is greater or equal.", GreaterEqual.self)
}

private func comparison<K: Comparison>(_ name: String, _ summary: String, _: K.Type) -> Op<Variable, Variable> {
    Op(name, summary, .array("a", "Array.", .numbers), .array("b", "Array.", .numbers)) { a, b in
        try a.array.compared(b.array, K.self)
    }
}

let arithmetic: ArithmeticOps = ArithmeticOps()
