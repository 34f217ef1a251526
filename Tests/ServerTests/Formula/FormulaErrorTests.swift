import Engine
import Testing

@testable import Server

/// A formula that cannot be, and what is said of it.
struct Refused: Sendable, CustomTestStringConvertible {
    let text: String
    let line: Int
    let column: Int
    /// What `expected` begins with.
    let expected: String
    let type: String
    let status: Int
    var testDescription: String { text.debugDescription }

    /// One that cannot be read.
    init(_ text: String, _ line: Int, _ column: Int, _ expected: String) {
        self.init(text, line, column, expected, "invalid-formula", 400)
    }

    init(_ text: String, _ line: Int, _ column: Int, _ expected: String, _ type: String, _ status: Int) {
        (self.text, self.line, self.column, self.expected) = (text, line, column, expected)
        (self.type, self.status) = ("/problems/" + type, status)
    }
}

@Suite("Refusing formulas")
struct FormulaErrorTests {
    static let unreadable = [
        Refused("", 1, 1, "a statement"), Refused(" \n# only a comment", 2, 17, "a statement"),
        Refused("x +", 1, 4, "a value"), Refused("x + * x", 1, 5, "a value"), Refused("* x", 1, 1, "a value"),
        Refused("x x", 1, 3, "an operator or the end"), Refused("x 2", 1, 3, "an operator or the end"),
        Refused("(x", 1, 3, "an operator, a comma or )"), Refused("(x]", 1, 3, "an operator, a comma or )"),
        Refused("x)", 1, 2, "an operator or the end"), Refused("[x", 1, 3, "an operator, a comma or ]"),
        Refused("exp(x", 1, 6, "an operator, a comma or )"), Refused("exp(,)", 1, 5, "a value"),
        Refused("exp(x y)", 1, 7, "an operator, a comma or )"), Refused("exp(x=)", 1, 7, "a value"),
        Refused("softmax(axis=1, x)", 1, 17, "keyword=value"),
        Refused("softmax(x, axis=1, axis=1)", 1, 20, "each argument once"),
        Refused("x[]", 1, 3, "a value"), Refused("x[1", 1, 4, "an operator, a colon, a comma or ]"),
        Refused("x[1:2:3:4]", 1, 8, "an operator, a colon, a comma or ]"), Refused("x[,]", 1, 3, "a value"),
        Refused("x.y", 1, 2, "a name, a number"), Refused("x $ y", 1, 3, "a name, a number"),
        Refused("x % 2", 1, 3, "a name, a number"), Refused("x ! y", 1, 3, "a name, a number"),
        Refused("ü", 1, 1, "a name, a number"), Refused("'é' + é", 1, 8, "a name, a number"),
        Refused("1 < 2 < 3", 1, 7, "the end of the comparison"),
        Refused("x == y != z", 1, 8, "the end of the comparison"),
        Refused("2x", 1, 2, "an operator or the end of the number"), Refused("1e", 1, 3, "the digits of an exponent"),
        Refused("1e+", 1, 4, "the digits of an exponent"), Refused("012", 1, 1, "a number without a leading 0"),
        Refused("1_000", 1, 2, "an operator or the end of the number"),
        Refused("1.2.3", 1, 4, "an operator or the end"),
        Refused("'abc", 1, 5, "a closing '"), Refused("\"abc\n\"", 1, 5, "a closing \""),
        Refused("'a\\q'", 1, 3, "an escape"), Refused("'\\x4'", 1, 5, "2 hexadecimal digits"),
        Refused("'\\ud800'", 1, 2, "the code of a character"), Refused("x; y = x", 1, 1, "name = …"),
        Refused("y = x\nx + x\ny", 2, 1, "name = …"), Refused("1 = x", 1, 1, "a name to assign to"),
        Refused("x + y = x", 1, 1, "a name to assign to"), Refused("a, 1 = x", 1, 4, "a name to assign to"),
        Refused("() = x", 1, 1, "a name to assign to"), Refused("None = x", 1, 1, "a name to assign to"),
        Refused("y = z = x", 1, 7, "an operator or the end"), Refused("y =", 1, 4, "a value"),
        Refused("y = ; x", 1, 5, "a value"), Refused("(a; b)", 1, 3, "an operator, a comma or )"),
        Refused("a = (x,\n  x +\n  )", 3, 3, "a value"), Refused("exp(x)(x)", 1, 7, "an operator or the end"),
        Refused("y += x", 1, 4, "a value"), Refused("not x", 1, 5, "an operator or the end"),
        Refused("x if y else x", 1, 3, "an operator or the end"), Refused("exp(...)", 1, 5, "a value"),
        Refused("x\r\ny $", 1, 1, "name = …"), Refused("y = x\r\ny $", 2, 3, "a name, a number"),
    ]

    static let impossible = [
        Refused("NaN = x", 1, 1, "a letter or _", "bad-name", 400),
        Refused(String(repeating: "a", count: 129) + " = x", 1, 1, "a letter or _", "bad-name", 400),
        Refused("sofmax(x)", 1, 1, "softmax", "unknown-op", 422),
        Refused("y = x + quux(x)", 1, 9, "the name of an op", "unknown-op", 422),
        Refused("x + wieght", 1, 5, "weight", "unknown-name", 422),
        Refused("x + qq", 1, 5, "the name of a variable", "unknown-name", 422),
        Refused("softmax + 1", 1, 1, "softmax(…)", "unknown-name", 422),
        Refused("softmax(x, axs=1)", 1, 12, "x, axis", "bad-request", 400),
        Refused("softmax(x, axis='a')", 1, 17, "an integer", "bad-request", 400),
        Refused("softmax(x, axis=x)", 1, 17, "an integer", "bad-request", 400),
        Refused("softmax(x, axis=7)", 1, 17, "-2 to 1", "argument", 422),
        Refused("softmax(x, 1, 2)", 1, 15, "x, axis", "argument", 422),
        // An optional array behind an argument goes by keyword only.
        Refused("mean(x, x)", 1, 9, "an integer", "bad-request", 400),
        Refused("average(x, 0, x)", 1, 15, "true", "bad-request", 400),
        Refused("softmax(x, 1, axis=1)", 1, 15, "axis once", "argument", 422),
        Refused("softmax()", 1, 1, "an array", "argument", 422),
        Refused("linear(x)", 1, 1, "an array", "argument", 422),
        Refused("reshape(x)", 1, 1, "a list of integers", "bad-request", 400),
        Refused("x + x[0] + ones3", 1, 10, "a shape", "shape", 422),
        Refused("(1 + x @\n ones3)", 1, 8, "", "shape", 422),
        Refused("x + n", 1, 5, "float32", "dtype", 422),
        Refused("exp(n)", 1, 5, "float16, float32", "dtype", 422),
        Refused("n + 1.5", 1, 5, "a number", "dtype", 422),
        Refused("x + 'a'", 1, 5, "an array or a number", "argument", 422),
        Refused("x + [x, x]", 1, 5, "an array or a number", "argument", 422),
        Refused("-'a'", 1, 2, "an array or a number", "argument", 422),
        Refused("+[1]", 1, 2, "an array or a number", "argument", 422),
        Refused("x + None", 1, 3, "an array", "argument", 422),
        Refused("2 @ 3", 1, 1, "at least 1 dimension", "shape", 422),
        Refused("concat([x, 'a'])", 1, 12, "an array or a number", "argument", 422),
        Refused("concat([x, ones3])", 1, 12, "a shape", "shape", 422),
        Refused("concat(1)", 1, 1, "no axis", "argument", 422),
        Refused("add(xs=x)", 1, 8, "a list of arrays", "argument", 422),
        Refused("x[5]", 1, 2, "-2 to 1", "argument", 422),
        Refused("x[0, 0, 0]", 1, 2, "at most 2", "argument", 422),
        Refused("x[1.5]", 1, 3, "an integer, start:stop", "argument", 422),
        Refused("x['a']", 1, 3, "an integer, start:stop", "argument", 422),
        Refused("x[n]", 1, 3, "an integer, start:stop", "argument", 422),
        Refused("x[1:1.5]", 1, 5, "an integer", "argument", 422),
        Refused("split_axis(x, 2, 0)[2]", 1, 21, "-2 to 1", "argument", 422),
        Refused("split_axis(x, 2, 0)[0:1]", 1, 20, "an integer", "argument", 422),
        Refused("a, b, c = split_axis(x, 2, 0)", 1, 1, "3 values", "argument", 422),
        Refused("a, b = x", 1, 1, "2 values", "argument", 422),
        Refused("a = split_axis(x, 2, 0)", 1, 5, "an array, a number", "argument", 422),
        Refused("a = 'text'", 1, 5, "an array, a number", "argument", 422),
        Refused("a = None", 1, 5, "an array, a number", "argument", 422),
        Refused("a = [[1, 2], [3]]", 1, 5, "a list of 2", "bad-request", 400),
        Refused("x + [[1, 2], 3]", 1, 5, "a list of 2", "bad-request", 400),
        Refused("a = [True, 2]", 1, 5, "a number", "dtype", 422),
        Refused("softmax_cross_entropy(x, [0.5, 1])", 1, 26, "an integer", "dtype", 422),
        Refused("softmax_cross_entropy(x, [0, 99999999999])", 1, 26, "an integer", "dtype", 422),
        Refused("y = exp(x)\nz = y + log(y,\n  qq)", 3, 3, "the name of a variable", "unknown-name", 422),
    ]

    @Test("An error says line, column and what was expected there", arguments: unreadable + impossible)
    func refused(_ wanted: Refused) throws {
        let graph = try Self.graph()
        do {
            try graph.transaction {
                _ = try FormulaEvaluator.evaluate(FormulaParser.parse(wanted.text), on: graph)
            }
            Issue.record("\(wanted.text) is not refused")
        } catch let error as FormulaError {
            let problem = Problem(error, pointer: "/expr")
            #expect(problem.line == wanted.line)
            #expect(problem.column == wanted.column)
            #expect(problem.expected?.hasPrefix(wanted.expected) == true, "\(problem.expected ?? "nothing")")
            #expect(problem.expected?.isEmpty == false)
            #expect(problem.type == wanted.type, "\(problem.detail)")
            #expect(problem.status.code == wanted.status)
            #expect(problem.pointer == "/expr")
            #expect(problem.detail.contains("line \(wanted.line), column \(wanted.column)"))
        }
        #expect(graph.names.count == 4)
    }

    private static func graph() throws -> Graph {
        let graph = Graph()
        try graph.transaction {
            try graph.bind("x", Variable(leaf: NDArray([1, 2, 3, 4] as [Float], shape: [2, 2])))
            try graph.bind("ones3", Variable(leaf: NDArray([1, 1, 1] as [Float], shape: [3])))
            try graph.bind("weight", Variable(leaf: NDArray([1, 1] as [Float], shape: [2])))
            try graph.bind("n", Variable(leaf: NDArray([0, 1] as [Int32], shape: [2])))
        }
        return graph
    }
}
