import Engine
import Testing

@testable import Server

@Suite("Formulas within their limits")
struct FormulaLimitTests {
    private static func evaluate(_ text: String, on graph: Graph = Graph()) throws -> FormulaEvaluator.Outcome {
        try FormulaEvaluator.evaluate(FormulaParser.parse(text), on: graph)
    }

    private static func graph() throws -> Graph {
        let graph = Graph()
        _ = try graph.transaction { try graph.bind("x", Variable(leaf: NDArray([1, 2] as [Float], shape: [2]))) }
        return graph
    }

    /// What nests, by its opening, its core and its closing.
    private static let nests = [
        ("(", "1", ")"), ("-", "1", ""), ("+", "1", ""), ("- +", "1", ""), ("2**", "1", ""), ("2**-", "1", ""),
        ("[", "1", "]"), ("(", "1", ",)"), ("exp(", "x", ")"), ("x[", "0", "]"), ("concat([", "x", "], 0)"),
        ("-(", "1", ")"), ("1+(", "1", ")"), ("f(a=", "1", ")"), ("x[:", "0", "]"), ("(-", "1", ")**2"),
    ]

    @Test("What nests too deep is refused where it is too deep", arguments: nests)
    func bomb(_ open: String, _ core: String, _ close: String) throws {
        for count in [101, 1000, 5000] {
            let text = String(repeating: open, count: count) + core + String(repeating: close, count: count)
            let error = #expect(throws: FormulaError.self) { try FormulaParser.parse(text) }
            #expect(error?.expected?.hasPrefix("at most") == true, "\(count) of \(open)")
        }
    }

    @Test("A hundred levels are allowed, one more is not")
    func depth() throws {
        for (open, close) in [("(", ")"), ("-", ""), ("2**", "")] {
            let text = { (count: Int) in
                String(repeating: open, count: count) + "1" + String(repeating: close, count: count)
            }
            _ = try FormulaParser.parse(text(100))
            #expect(throws: FormulaError.self) { try FormulaParser.parse(text(101)) }
        }
    }

    @Test(
        "Brackets that never close or never opened are refused",
        arguments: ["(", "[", "x[", "exp(", "-", "2**", ")", "]"])
    func unbalanced(_ text: String) {
        for count in [1, 99, 10_000] {
            #expect(throws: FormulaError.self) { try FormulaParser.parse(String(repeating: text, count: count)) }
        }
    }

    @Test("A chain of 10,000 terms works")
    func longChains() throws {
        let ones = Array(repeating: "1", count: 10_000).joined(separator: "+")
        #expect(try Self.evaluate(ones).result?.number == .int(10_000))
        let graph = try Self.graph()
        let sum = try graph.transaction {
            try Self.evaluate("y = " + Array(repeating: "x", count: 10_000).joined(separator: "+"), on: graph)
        }
        #expect(sum.assigned == ["y"])
        #expect(try graph.variable("y")?.array.elements(Float.self) == [10_000, 20_000])
        let x = try #require(graph.variable("x"))
        let y = try #require(graph.variable("y"))
        let gradient = try graph.grad(of: [y], to: [x]).first
        #expect(try gradient??.array.elements(Float.self) == [10_000, 10_000])
    }

    @Test("10,000 indexes, statements, items and arguments work")
    func longLists() throws {
        let graph = try Self.graph()
        try graph.transaction {
            _ = try Self.evaluate("x" + String(repeating: "[:]", count: 10_000), on: graph)
            _ = try Self.evaluate(String(repeating: "x=x;", count: 10_000), on: graph)
            _ = try Self.evaluate("v = [" + String(repeating: "1,", count: 10_000) + "]", on: graph)
            _ = try Self.evaluate("w = add(" + String(repeating: "x,", count: 10_000) + ")", on: graph)
            _ = try Self.evaluate(String(repeating: "\n", count: 10_000) + "x", on: graph)
        }
        #expect(graph.variable("v")?.shape == [10_000])
        #expect(try graph.variable("w")?.array.elements(Float.self) == [10_000, 20_000])
    }

    @Test("A formula of more than 64 KiB is refused")
    func length() throws {
        _ = try FormulaParser.parse(String(repeating: " ", count: Limits().formula - 1) + "1")
        let error = #expect(throws: FormulaError.self) {
            try FormulaParser.parse(String(repeating: " ", count: Limits().formula) + "1")
        }
        #expect(error?.expected == "a formula of at most 65536 bytes")
    }

    @Test("Any bytes are read or refused")
    func noise() throws {
        var generator = Generator(state: 7)
        let words = [
            "x", "y", "1", "2.5", "1e3", "+", "-", "*", "**", "/", "//", "@", "<", "==", "=", "(", ")", "[", "]", ",",
            ":",
            ";", "\n", "#", "...", "None", "True", "'a'", "exp", "softmax", "axis=", "concat(", "split_axis(", " ", "é",
            "\\", "'",
        ]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 1...12, using: &generator)).map { _ in
                words.randomElement(using: &generator) ?? ""
            }.joined()
            let graph = try Self.graph()
            do {
                try graph.transaction { _ = try Self.evaluate(text, on: graph) }
            } catch let error as FormulaError {
                let problem = Problem(error, pointer: "/expr")
                #expect(problem.status.code == 400 || problem.status.code == 422, "\(text): \(problem.detail)")
                #expect(problem.expected?.isEmpty == false)
                #expect(error.place.line > 0 && error.place.column > 0)
                #expect(graph.names.count == 1)
            }
        }
    }
}

private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        // xorshift64* (Vigna, 2016).
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
