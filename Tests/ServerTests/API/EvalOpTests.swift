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
            let (bench, cases) = (try Bench(), try fixture("ops.json"))
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
                #expect(results.count == wanted.count, "\(formula.text)")
                for (got, wanted) in zip(results, wanted) {
                    let difference = JSON.list(got.numbers).difference(
                        from: wanted["data"] ?? .null, relative: 2e-5, absolute: 2e-6)
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

/// A call of a fixture as a formula; nil where the engine has no such dtype.
private struct OpFormula {
    private(set) var text = ""
    private(set) var variables = "{}"

    init?(_ call: JSON) throws {
        guard let op = Catalog.op(call["op"]?.string ?? ""), let inputs = call["inputs"]?.list else { return nil }
        let isKnown = { (array: JSON) in array["dtype"].map { DType(rawValue: $0.string ?? "") != nil } ?? true }
        guard (inputs + (call["outputs"]?.list ?? [])).allSatisfy(isKnown) else { return nil }
        var words: [String] = []
        var bodies: [String: JSON] = [:]
        for (index, input) in inputs.enumerated() {
            guard case .object = input else {
                words.append(input.literal)
                continue
            }
            words.append("i\(index)")
            bodies["i\(index)"] = input
        }
        variables = try JSON.object(bodies).encoded()
        let arrays = op.arrayParameters
        // Optional arrays behind an argument go by keyword.
        let firstArgument = op.parameters.firstIndex { $0.array == nil } ?? op.parameters.count
        for (index, parameter) in arrays.enumerated() where index < words.count {
            let isLate = op.parameters[firstArgument...].contains { $0.name == parameter.name }
            if isLate, parameter.array?.arity == .optional { words[index] = "\(parameter.name)=\(words[index])" }
        }
        if arrays.count == 1, arrays[0].array?.arity == .list { words = ["[" + words.joined(separator: ", ") + "]"] }
        if case .object(let arguments) = call["args"] { words += arguments.map { "\($0)=\($1.literal)" } }
        text = "\(op.name)(\(words.joined(separator: ", ")))"
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
