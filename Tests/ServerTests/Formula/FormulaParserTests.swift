import Engine
import TestSupport
import Testing

@testable import Server

/// What Python makes of the same text (`generate_formulas.py`).
private let cases = (try? fixture("formulas.json")) ?? []

@Suite("Reading formulas")
struct FormulaParserTests {
    private static let trees = cases.filter { $0["tree"] != nil }
    private static let numbers = cases.filter { $0["value"] != nil }

    @Test("The fixtures are there")
    func fixturesAreThere() {
        #expect(Self.trees.count >= 100)
        #expect(Self.numbers.count >= 400)
    }

    @Test("A formula is read as Python's parser reads it", arguments: trees.indices)
    func tree(_ index: Int) throws {
        let text = try #require(Self.trees[index]["expr"]?.string)
        #expect(try FormulaParser.parse(text).tree == Self.trees[index]["tree"]?.string, "\(text)")
    }

    @Test("Arithmetic on plain numbers gives what Python gives")
    func numbers() throws {
        for number in Self.numbers {
            let text = try #require(number["expr"]?.string)
            let outcome = try FormulaEvaluator.evaluate(FormulaParser.parse(text), on: Graph())
            switch try #require(outcome.result) {
            case .number(let value): #expect(value.asDouble == number["value"]?.number, "\(text)")
            case .bool(let value): #expect(value == number["value"]?.bool, "\(text)")
            default: Issue.record("\(text) is no number")
            }
        }
    }

    @Test(
        "Plain numbers divide and overflow as doubles do",
        arguments: [
            ("1/0", Double.infinity), ("-1/0", -.infinity), ("1//0", .infinity), ("10.0**400", .infinity),
            ("1e999", .infinity), ("-1e999", -.infinity), ("2**5000", .infinity), ("0**-1", .infinity),
        ])
    func infinity(_ text: String, _ value: Double) throws {
        #expect(try FormulaEvaluator.evaluate(FormulaParser.parse(text), on: Graph()).result?.number?.asDouble == value)
    }

    @Test("Integers stay integers, so that they can be axes", arguments: ["2-1", "3//2", "1**9", "--1", "5*0+1", "+1"])
    func integers(_ text: String) throws {
        #expect(try FormulaEvaluator.evaluate(FormulaParser.parse(text), on: Graph()).result?.number == .int(1))
    }
}

extension FormulaValue {
    var number: Scalar? { if case .number(let number) = self { number } else { nil } }
}

extension Formula {
    /// The formula as the fixtures write it.
    fileprivate var tree: String {
        statements.map { statement in
            let value = tree(statement.nodes.upperBound - 1)
            return statement.target.map { "(= \(tree($0)) \(value))" } ?? value
        }.joined(separator: "; ")
    }

    private func tree(_ target: Target) -> String {
        switch target {
        case .name(let name): name
        case .list(let targets, _): words("tuple", targets.map(tree))
        }
    }

    private func words(_ head: String, _ rest: [String]) -> String {
        "(" + ([head] + rest).joined(separator: " ") + ")"
    }

    private func tree(_ id: ID) -> String {
        switch nodes[id].kind {
        case .number(.int(let value)): return "\(value)"
        case .number(.real(let value)): return "\(value)"
        case .string(let text): return (try? JSON.string(text).encoded()) ?? ""
        case .bool(let bool): return bool ? "True" : "False"
        case .none: return "None"
        case .name(let name): return name
        case .negative(let operand): return words("neg", [tree(operand)])
        case .positive(let operand): return words("pos", [tree(operand)])
        case .binary(let sign, let left, let right): return words(sign.rawValue, [tree(left), tree(right)])
        case .sequence(let items, let isTuple): return words(isTuple ? "tuple" : "list", items.map { tree($0) })
        case .call(let name, let arguments):
            return words(
                "call", [name] + arguments.map { ($0.keyword.map { $0 + "=" } ?? "") + tree($0.value) })
        case .index(let value, let items): return words("index", [tree(value)] + items.map(tree))
        }
    }

    private func tree(_ item: IndexItem) -> String {
        switch item {
        case .value(let id): return tree(id)
        case .ellipsis: return "..."
        case .slice(let start, let stop, let step):
            let bounds = step == nil ? [start, stop] : [start, stop, step]
            return bounds.map { $0.map { tree($0) } ?? "" }.joined(separator: ":")
        }
    }
}
