import Foundation
import TestSupport
import Testing

/// A request that must be refused, and how.
struct Refusal: Sendable, CustomTestStringConvertible {
    let method: String
    /// Below the graph; with a slash in front below the session; with `//` in front from the root.
    let path: String
    let body: Data
    let status: Int
    /// The type without `/problems/`.
    let type: String
    /// What `pointer` must be; nil: it is not looked at.
    let pointer: String?
    /// What `detail` must contain.
    let words: [String]
    let allow: String?

    init(
        _ method: String, _ path: String, _ body: String, _ status: Int, _ type: String, at pointer: String? = nil,
        _ words: String..., allow: String? = nil
    ) {
        self.init(method, path, Data(body.utf8), status, type, at: pointer, words, allow: allow)
    }

    /// A request without a body, or with one that is no text.
    init(
        _ method: String, _ path: String, _ status: Int, _ type: String, _ words: String..., allow: String? = nil,
        bytes: [UInt8] = []
    ) {
        self.init(method, path, Data(bytes), status, type, at: nil, words, allow: allow)
    }

    private init(
        _ method: String, _ path: String, _ body: Data, _ status: Int, _ type: String, at pointer: String?,
        _ words: [String], allow: String? = nil
    ) {
        (self.method, self.path, self.body, self.status, self.type) = (method, path, body, status, type)
        (self.pointer, self.words, self.allow) = (pointer, words, allow)
    }

    /// A PUT of a variable.
    static func put(
        _ body: String, _ status: Int, _ type: String, at pointer: String? = nil, _ words: String...
    ) -> Refusal {
        Refusal("PUT", "variables/t", Data(body.utf8), status, type, at: pointer, words)
    }

    /// A PUT of a variable whose body is not JSON.
    static func put(notJSON body: String, line: Int = 1, column: Int) -> Refusal {
        Refusal(
            "PUT", "variables/t", Data(body.utf8), 400, "invalid-json", at: nil, ["line \(line), column \(column)"])
    }

    static func post(
        _ path: String, _ body: String, _ status: Int, _ type: String, at pointer: String? = nil, _ words: String...
    ) -> Refusal {
        Refusal("POST", path, Data(body.utf8), status, type, at: pointer, words)
    }

    var testDescription: String { "\(method) \(path) \(String(decoding: body.prefix(100), as: UTF8.self))" }
}

extension OverHTTP {
    /// What is wrong is refused, told in full, and changes nothing.
    @Suite struct RefusalTests {
        static let all = Refusal.json + Refusal.arrays + Refusal.paths + Refusal.ops + Refusal.gradients

        @Test("There are at least 70 kinds of bad requests")
        func count() { #expect(Self.all.count >= 70) }

        @Test("A bad request is told what is wrong, and changes nothing", arguments: all)
        func refuses(_ refusal: Refusal) throws {
            let bench = try Bench()
            try bench.buildVariety()
            let before = try bench.state()
            let path =
                if refusal.path.hasPrefix("//") {
                    String(refusal.path.dropFirst())
                } else if refusal.path.hasPrefix("/") {
                    "/v1/sessions/\(bench.session)\(refusal.path)"
                } else {
                    "\(bench.graph)/\(refusal.path)"
                }
            let reply = try bench.client.send(refusal.method, path, refusal.body)
            let problem = try reply.expectProblem(refusal.status, refusal.type)
            let detail = try #require(problem["detail"]?.string)
            for word in refusal.words { #expect(detail.contains(word), "\"\(word)\" is not in \(reply.text)") }
            if let pointer = refusal.pointer { #expect(problem["pointer"]?.string == pointer, "\(reply.text)") }
            if refusal.type == "invalid-json" {
                #expect((problem["line"]?.number ?? 0) >= 1 && (problem["column"]?.number ?? 0) >= 1, "\(reply.text)")
            }
            #expect(reply.headers["allow"] == refusal.allow)
            #expect(reply.headers["x-content-type-options"] == "nosniff")
            #expect(reply.headers["date"] != nil)
            #expect(try bench.state() == before)
            // Over the same connection.
            try bench.client.get("/health").expect(200, #"{"status":"ok"}"#)
        }

        @Test("All bad requests one after the other change nothing either")
        func refusesAll() throws {
            let bench = try Bench()
            try bench.buildVariety()
            let before = try bench.state()
            for refusal in Self.all where !refusal.path.hasPrefix("/") {
                let reply = try bench.client.send(refusal.method, "\(bench.graph)/\(refusal.path)", refusal.body)
                #expect(reply.status == refusal.status)
            }
            #expect(try bench.state() == before)
            // No made-up name was used up, and the graph goes on.
            let reply = try bench.op(#"{"op": "neg", "inputs": ["x"]}"#)
            reply.expect(201)
            #expect(try reply.member("name") == "\"neg_1\"")
        }

        @Test("A problem of an op names it, its argument, what was expected and what came")
        func members() throws {
            let bench = try Bench()
            try bench.buildVariety()
            let range = try bench.op(#"{"op": "softmax", "inputs": ["matrix"], "args": {"axis": 7}}"#)
                .expectProblem(422, "argument")
            for (key, text) in [("op", "softmax"), ("argument", "axis"), ("expected", "-2 to 1"), ("actual", "7")] {
                #expect(range[key]?.string == text, "\(key)")
            }
            let unknown = try bench.op(#"{"op": "softmax", "inputs": ["matrix"], "args": {"axs": 0}}"#)
                .expectProblem(400, "bad-request")
            for (key, text) in [("op", "softmax"), ("argument", "axs"), ("expected", "axis"), ("actual", "axs")] {
                #expect(unknown[key]?.string == text, "\(key)")
            }
        }

        @Test("The pointer of a seed that does not fit leads to the seed")
        func pointerToSeed() throws {
            let bench = try Bench()
            try bench.buildVariety()
            let body = #"{"outputs": ["y"], "grad_outputs": [[1, 1, 1]]}"#
            let problem = try bench.post("backward", body).expectProblem(422, "shape")
            #expect(problem["pointer"]?.string == "/grad_outputs/0")
        }
    }
}

extension OverHTTP.Bench {
    /// Variables of every dtype, a grad, a result: something to lose.
    fileprivate func buildVariety() throws {
        try variable("x", #"{"data": [1, 2]}"#).expect(201)
        try variable("d", #"{"data": [1, 2], "dtype": "float64"}"#).expect(201)
        try variable("i", #"{"data": [1, 2], "dtype": "int64"}"#).expect(201)
        try variable("b", #"{"data": [true, false], "dtype": "bool"}"#).expect(201)
        try variable("matrix", #"{"data": [[1, 2, 3], [4, 5, 6]]}"#).expect(201)
        try op(#"{"op": "mul", "inputs": ["x", "x"], "output": "y"}"#).expect(201)
        try client.put("\(graph)/variables/x/grad", "[0.5, 0.25]").expectNoContent()
        try variable("t", #"{"data": [7, 8]}"#).expect(201)
    }
}
