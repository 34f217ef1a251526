import Dispatch
import Engine
import Synchronization
import TestSupport
import Testing

extension OverHTTP.Bench {
    /// A formula without a session.
    func eval(_ expr: String, _ variables: String = "{}", _ rest: String = "") throws -> Reply {
        let text = try JSON.string(expr).encoded()
        return try client.post("/v1/eval", #"{"expr": \#(text), "variables": \#(variables)\#(rest)}"#)
    }
}

extension OverHTTP {
    /// Chainer's answers, asked for by formulas.
    @Suite struct EvalOpTests {
        @Test("Every op that Chainer has answers a formula as it answered Chainer's call")
        func everyOp() throws {
            let (bench, cases) = (try Bench(), try opFixtures().map(\.call))
            var called = Set<String>()
            for (index, call) in cases.enumerated() where index % 5 == 0 || call["error"] != nil {
                guard let formula = try OpFormula(call) else { continue }
                let reply = try bench.eval(formula.text, formula.variables)
                guard call["error"] == nil else {
                    #expect([400, 422].contains(reply.status), "\(formula.text): \(reply.text)")
                    #expect(try reply.json["line"] == .int(1))
                    continue
                }
                try #require(reply.status == 200, "\(formula.text): \(reply.text)")
                let results = try #require(try reply.json["result"]).variables
                let wanted = call["outputs"]?.list ?? []
                let tolerance = max(call["rtol"]?.number ?? 0, 2e-5)
                #expect(results.count == wanted.count, "\(formula.text)")
                for (got, wanted) in zip(results, wanted) {
                    let difference = JSON.list(got.numbers).difference(
                        from: wanted["data"] ?? .null, relative: tolerance, absolute: 2e-6)
                    #expect(difference == nil, "\(formula.text): \(difference ?? "")")
                    #expect(got.shape == wanted["shape"], "\(formula.text)")
                }
                called.insert(call["op"]?.string ?? "")
            }
            #expect(called.count > 30)
        }
    }
}

@Suite("Formulas and the loop")
struct EvalLoopTests {
    @Test("A formula that takes long does not hold up other requests")
    func longFormula() throws {
        let service = try RunningService.start(["--threads", "1"])
        defer { service.stop() }
        let client = try service.client()
        #expect(try client.get("/health").status == 200)
        let (base, group, outcome) = (service.base, DispatchGroup(), Outcome())
        DispatchQueue.global().async(group: group) {
            let expr = "x = broadcast_to(0.001, (300, 300)); y = x @ x @ x @ x @ x @ x @ x @ x; sum(y)"
            let reply = try? CurlClient(base).post("/v1/eval", #"{"expr": "\#(expr)"}"#)
            outcome.status.store(reply?.status ?? -1, ordering: .releasing)
        }
        let clock = ContinuousClock()
        let start = clock.now
        var longest = Duration.zero
        while outcome.status.load(ordering: .acquiring) == 0 {
            let asked = clock.now
            #expect(try client.get("/health").status == 200)
            longest = max(longest, clock.now - asked)
        }
        let whole = clock.now - start
        group.wait()
        #expect(outcome.status.load(ordering: .acquiring) == 200)
        #expect(longest < whole / 2)
    }

    private final class Outcome: Sendable {
        /// Of the long request's reply; 0 until it is there.
        let status = Atomic<Int>(0)
    }
}

/// A call of a fixture as a formula.
private struct OpFormula {
    private(set) var text = ""
    private(set) var variables = "{}"
    private var bodies: [String: JSON] = [:]

    init?(_ call: JSON) throws {
        guard let op = Catalog.op(call["op"]?.string ?? ""), let inputs = call["inputs"] else { return nil }
        let arrays = op.arrayParameters
        var words: [String] = []
        if let list = inputs.list {
            words = list.map { word($0) }
            // Optional arrays behind an argument go by keyword.
            let firstArgument = op.parameters.firstIndex { $0.array == nil } ?? op.parameters.count
            for (index, parameter) in arrays.enumerated() where index < words.count {
                let isLate = op.parameters[firstArgument...].contains { $0.name == parameter.name }
                if isLate, parameter.array?.arity == .optional { words[index] = "\(parameter.name)=\(words[index])" }
            }
            if arrays.count == 1, arrays[0].array?.arity == .list {
                words = ["[" + words.joined(separator: ", ") + "]"]
            }
        } else {
            words = arrays.compactMap { parameter in inputs[parameter.name].map { "\(parameter.name)=\(word($0))" } }
        }
        if case .object(let arguments) = call["args"] { words += arguments.map { "\($0)=\($1.literal)" } }
        text = "\(op.name)(\(words.joined(separator: ", ")))"
        variables = try JSON.object(bodies).encoded()
    }

    /// What stands for an input; an array becomes a variable.
    private mutating func word(_ input: JSON) -> String {
        if let items = input.list { return "[" + items.map { word($0) }.joined(separator: ", ") + "]" }
        guard case .object = input else { return input.literal }
        let name = "i\(bodies.count)"
        bodies[name] = input
        return name
    }
}

extension JSON {
    /// As a formula writes it.
    fileprivate var literal: String {
        switch self {
        case .null, .object: "None"
        case .bool(let value): value ? "True" : "False"
        case .int(let value): "\(value)"
        case .real(let value): "\(value)"
        case .string(let text): "'\(text)'"
        case .list(let items): "[" + items.map(\.literal).joined(separator: ", ") + "]"
        }
    }

    /// The variables in a result.
    fileprivate var variables: [JSON] { list?.flatMap(\.variables) ?? (isNull ? [] : [self]) }
    fileprivate var shape: JSON? { self["shape"] }
    /// The elements of a variable, in order.
    fileprivate var numbers: [JSON] { self["data"]?.elements ?? [] }
    private var elements: [JSON] { list?.flatMap(\.elements) ?? [self] }
}
