import TestSupport
import Testing

@testable import Engine

/// The special functions against mpmath, to the last digits.
struct SpecialFunctionTests {
    private static let lines = (try? fixture("special_functions.json")) ?? []

    @Test("There are values for every function, edges included")
    func linesAreThere() { #expect(Self.lines.count > 30) }

    @Test("Values are exact to a few units in the last place, in every float dtype", arguments: lines.indices)
    func values(_ index: Int) throws {
        let table = try Table(Self.lines[index])
        try table.check("values", Double.self, bound: table.ulp, table.apply)
        try table.check("values", Float.self, bound: table.ulp == 0 ? 0 : 1, table.apply)
        try table.check("values", Float16.self, bound: table.ulp == 0 ? 0 : 1, table.apply)
    }

    @Test("Gradients and second gradients are exact to some units in the last place", arguments: lines.indices)
    func gradients(_ index: Int) throws {
        let table = try Table(Self.lines[index])
        try table.check("gradients", Double.self, bound: 6) { try table.gradient($0, order: 1) }
        try table.check("gradients", Float.self, bound: 2) { try table.gradient($0, order: 1) }
        try table.check("seconds", Double.self, bound: 12) { try table.gradient($0, order: 2) }
        try table.check("seconds", Float.self, bound: 4) { try table.gradient($0, order: 2) }
    }
}

/// An op with its values at some arguments.
private struct Table {
    let fixture: JSON
    let op: any AnyOp
    let arguments: [String: Argument]
    let inputs: [[Double]]
    /// The bound for values.
    let ulp: Double

    init(_ fixture: JSON) throws {
        self.fixture = fixture
        op = try #require(Catalog.families.flatMap(\.all).first { $0.name == fixture["op"]?.string })
        guard case .object(let object) = fixture["args"] else { throw EngineError.fault("no args") }
        arguments = object.mapValues(\.argument)
        inputs = try #require(fixture["inputs"]?.list).map { $0.list?.compactMap(\.number) ?? [] }
        ulp = try #require(fixture["ulp"]?.number)
    }

    /// Compares a column with what a function of the inputs gives, in a dtype: the rows whose inputs it holds.
    func check<T: FloatElement>(
        _ column: String, _: T.Type, bound: T, _ function: ([Variable]) throws -> NDArray
    ) throws {
        guard let wanted = fixture[column]?.list?.compactMap(\.number) else { return }
        let rows = wanted.indices.filter { row in
            inputs.allSatisfy { $0[row].isNaN || Double(T($0[row])) == $0[row] }
        }
        guard !rows.isEmpty else { return }
        let variables = try zip(inputs, op.arrayParameters).map { input, parameter in
            let array = try NDArray(rows.map { input[$0] }, shape: [rows.count])
            return try Variable(leaf: array.cast(to: parameter.array?.dtypes == .integers ? .int64 : T.dtype))
        }
        let got = try function(variables).elements(T.self)
        for (row, got) in zip(rows, got) {
            let exact = T(wanted[row])
            let isClose = got == exact || (got.isNaN && exact.isNaN) || abs(got - exact) <= bound * exact.ulp
            #expect(
                isClose,
                "\(op.name)\(inputs.map { $0[row] }), \(column) in \(T.dtype): \(got), not \(exact): \((got - exact) / exact.ulp) ULP"
            )
        }
    }

    func apply(_ inputs: [Variable]) throws -> NDArray { try result(inputs).array }

    private func result(_ inputs: [Variable]) throws -> Variable {
        try op.apply(inputs.map { .variable($0) }, arguments).results.flat[0]
    }

    /// The derivative of an order by the last input.
    func gradient(_ inputs: [Variable], order: Int) throws -> NDArray {
        var result = try result(inputs)
        for _ in 0..<order {
            // The gradient of a remainder depends on nothing.
            guard result.node != nil else { return try NDArray.zeros(result.shape, result.dtype) }
            let ones = try Variable(constant: NDArray.ones(like: result.array))
            let found = try Graph().grad(
                of: [result], to: [inputs[inputs.count - 1]], gradOutputs: [ones],
                options: BackpropOptions(enableDoubleBackprop: true))
            result = try #require(found[0])
        }
        return try result.array
    }
}
