import Foundation
import TestSupport
import Testing

extension OverHTTP {
    /// Programs that Chainer ran: after every step the service must be in Chainer's state.
    @Suite struct ProgramTests {
        private static let programs = (try? fixture("programs.json")) ?? []
        private static let scenarios = ((try? fixture("states.json")) ?? []).filter { $0["odd"] == nil }

        @Test("The fixtures are there")
        func fixturesAreThere() {
            #expect(Self.programs.count >= 2000)
            #expect(Self.scenarios.count >= 30)
        }

        @Test("A random program leaves Chainer's state after every step", arguments: 0..<((programs.count + 9) / 10))
        func randomPrograms(_ tenth: Int) throws {
            for program in Self.programs[(tenth * 10)..<min(tenth * 10 + 10, Self.programs.count)] {
                var run = try ProgramRun(program, "seed \(program["seed"] ?? .null)")
                try run.run()
            }
        }

        @Test("A scenario leaves Chainer's state after every step", arguments: Self.scenarios.indices)
        func scenario(_ index: Int) throws {
            let scenario = Self.scenarios[index]
            var run = try ProgramRun(scenario, scenario["title"]?.string ?? "")
            try run.run()
        }
    }
}

/// One program, run over HTTP.
private struct ProgramRun {
    let bench: OverHTTP.Bench
    let steps: [JSON]
    let title: String
    /// What each name must be: data and grad.
    private var state: [String: JSON] = [:]

    init(_ program: JSON, _ title: String) throws {
        bench = try OverHTTP.Bench()
        steps = try #require(program["steps"]?.list)
        self.title = title
    }

    mutating func run() throws {
        for (index, step) in steps.enumerated() {
            try perform(step, "\(title), step \(index)")
            if case .object(let changes) = step["state"] { state.merge(changes) { $1 } }
            let names = state.keys.sorted()
            let gets = names.map { "{\"get\": \"\($0)\"}" }.joined(separator: ",")
            let reply = try bench.post("run", "{\"steps\": [\(gets)]}")
            try #require(reply.status == 200, "\(title), step \(index): \(reply.text)")
            let variables = try #require(try reply.json["results"]?.list)
            for (name, variable) in zip(names, variables) {
                let wanted = try #require(state[name])
                for part in ["data", "grad"] {
                    let got = try #require(variable[part])
                    let difference = got.difference(from: wanted[part] ?? .null, relative: 2e-4, absolute: 2e-5)
                    try #require(difference == nil, "\(title), step \(index): \(name)'s \(part) \(difference ?? "")")
                }
            }
        }
    }

    private func perform(_ step: JSON, _ place: String) throws {
        let kind = try #require(step["do"]?.string)
        guard case .object(var body) = step else { return }
        for key in ["do", "state", "result", "error", "title"] { body[key] = nil }
        let reply: Reply
        switch kind {
        case "variable":
            let name = try #require(body.removeValue(forKey: "name")?.string)
            reply = try bench.variable(name, try JSON.object(body).encoded())
        case "set_grad", "set_data":
            let name = try #require(body["variable"]?.string)
            let array = kind == "set_grad" ? "grad" : "data"
            reply = try bench.client.put(
                "\(bench.graph)/variables/\(name)/\(array)", try #require(body["value"]).encoded())
        case "op": reply = try bench.op(try JSON.object(body).encoded())
        default: reply = try bench.post(kind, try JSON.object(body).encoded())
        }
        if step["error"] != nil {
            #expect(reply.status == 422, "\(place): \(reply.text)")
            return
        }
        try #require((200..<300).contains(reply.status), "\(place): \(reply.text)")
        if let wanted = step["result"]?.list, let inputs = step["inputs"]?.list {
            for (input, gradient) in zip(inputs, wanted) {
                let got = try #require(try reply.json["grads"]?[input.string ?? ""])
                let difference = got.difference(from: gradient, relative: 2e-4, absolute: 2e-5)
                #expect(difference == nil, "\(place): grad by \(input) \(difference ?? "")")
            }
        }
    }
}

extension JSON {
    /// The value as text, for a request.
    func encoded() throws -> String {
        switch self {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .int(let value): return "\(value)"
        case .real(let value): return "\(value)"
        case .string(let text):
            return String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
        case .list(let items): return "[" + (try items.map { try $0.encoded() }).joined(separator: ",") + "]"
        case .object(let object):
            return "{" + (try object.map { try JSON.string($0).encoded() + ":" + $1.encoded() }).joined(separator: ",")
                + "}"
        }
    }
}
