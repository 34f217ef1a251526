import Engine

/// Formulas: parsed, and applied to a graph with two variables.
enum FormulaTarget {
    private struct Spent: Error {}

    static func run(_ bytes: UnsafeRawBufferPointer) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        let formula: Formula
        do throws(FormulaError) {
            formula = try FormulaParser.parse(text)
        } catch {
            return precondition(error.place.line >= 1 && error.place.column >= 1)
        }
        let graph = Graph(parent: Account(byteLimit: 1 << 24))
        _ = try? graph.transaction {
            _ = try graph.bind("x", Variable(leaf: NDArray(repeating: Float(2), shape: [2, 3])))
            _ = try graph.bind("y", Variable(leaf: NDArray(repeating: Int32(3), shape: [3])))
            return try FormulaEvaluator.evaluate(formula, on: graph) { work in
                guard work < 1 << 20 else { throw Spent() }
            }
        }
    }
}
