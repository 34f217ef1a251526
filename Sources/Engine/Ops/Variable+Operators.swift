// Operators for formulas. They throw: a size may be beyond the account.

extension Variable {
    static func + (a: Variable, b: Variable) throws -> Variable { try arithmetic.add([a, b]) }
    static func - (a: Variable, b: Variable) throws -> Variable { try arithmetic.sub(a, b) }
    static func * (a: Variable, b: Variable) throws -> Variable { try arithmetic.mul(a, b) }
    static func / (a: Variable, b: Variable) throws -> Variable { try arithmetic.div(a, b) }
    static prefix func - (a: Variable) throws -> Variable { try arithmetic.neg(a) }

    static func + (a: Variable, b: Double) throws -> Variable { try a + a.constant(b) }
    static func + (a: Double, b: Variable) throws -> Variable { try b.constant(a) + b }
    static func - (a: Variable, b: Double) throws -> Variable { try a - a.constant(b) }
    static func - (a: Double, b: Variable) throws -> Variable { try b.constant(a) - b }
    static func * (a: Variable, b: Double) throws -> Variable { try a * a.constant(b) }
    static func * (a: Double, b: Variable) throws -> Variable { try b.constant(a) * b }
    static func / (a: Variable, b: Double) throws -> Variable { try a / a.constant(b) }
    static func / (a: Double, b: Variable) throws -> Variable { try b.constant(a) / b }
}
