import Engine
import Foundation

// Arithmetic on plain numbers: Python's on integers that 64 bits hold, so that a sum can be an axis or a length, and
// IEEE's double for all else (1 / 0 is infinite).

extension Scalar {
    /// Nil for `@`, which numbers do not have.
    static func folded(_ sign: BinaryOperator, _ a: Scalar, _ b: Scalar) -> FormulaValue? {
        if sign.isComparison { return .bool(compare(sign, a, b)) }
        if case .int(let a) = a, case .int(let b) = b, let result = integer(sign, a, b) { return .number(.int(result)) }
        return real(sign, a.asDouble, b.asDouble).map { .number(.real($0)) }
    }

    var negated: Scalar {
        switch self {
        case .int(.min): .real(-asDouble)
        case .int(let value): .int(-value)
        case .real(let value): .real(-value)
        }
    }

    /// Nil where the result is no integer, or beyond 64 bits.
    private static func integer(_ sign: BinaryOperator, _ a: Int64, _ b: Int64) -> Int64? {
        func exact(_ result: (partialValue: Int64, overflow: Bool)) -> Int64? {
            result.overflow ? nil : result.partialValue
        }
        switch sign {
        case .add: return exact(a.addingReportingOverflow(b))
        case .sub: return exact(a.subtractingReportingOverflow(b))
        case .mul: return exact(a.multipliedReportingOverflow(by: b))
        case .floordiv:
            guard let quotient = exact(a.dividedReportingOverflow(by: b)) else { return nil }
            // Down, not to zero.
            return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient
        case .pow: return b < 0 ? nil : power(a, b)
        default: return nil
        }
    }

    private static func power(_ a: Int64, _ b: Int64) -> Int64? {
        var (result, base, exponent): (Int64, Int64, Int64) = (1, a, b)
        while true {
            if exponent & 1 == 1 {
                let (product, overflow) = result.multipliedReportingOverflow(by: base)
                if overflow { return nil }
                result = product
            }
            exponent >>= 1
            if exponent == 0 { return result }
            let (square, overflow) = base.multipliedReportingOverflow(by: base)
            if overflow { return nil }
            base = square
        }
    }

    private static func real(_ sign: BinaryOperator, _ a: Double, _ b: Double) -> Double? {
        switch sign {
        case .add: a + b
        case .sub: a - b
        case .mul: a * b
        case .div: a / b
        case .floordiv: floorDivided(a, b)
        case .pow: Foundation.pow(a, b)
        default: nil
        }
    }

    /// Python's `//`: the remainder has the divisor's sign, so that 1 // 0.1 is 9.
    private static func floorDivided(_ a: Double, _ b: Double) -> Double {
        guard b != 0 else { return (a / b).rounded(.down) }
        var remainder = fmod(a, b)
        var quotient = (a - remainder) / b
        if remainder != 0, (b < 0) != (remainder < 0) {
            remainder += b
            quotient -= 1
        }
        guard quotient != 0 else { return (a < 0) != (b < 0) ? -0.0 : 0 }
        let floor = quotient.rounded(.down)
        return quotient - floor > 0.5 ? floor + 1 : floor
    }

    private static func compare(_ sign: BinaryOperator, _ a: Scalar, _ b: Scalar) -> Bool {
        func holds<T: Comparable>(_ a: T, _ b: T) -> Bool {
            switch sign {
            case .eq: a == b
            case .ne: a != b
            case .lt: a < b
            case .le: a <= b
            case .gt: a > b
            default: a >= b
            }
        }
        // Integers as such: a double does not hold all of them.
        if case .int(let a) = a, case .int(let b) = b { return holds(a, b) }
        return holds(a.asDouble, b.asDouble)
    }
}
