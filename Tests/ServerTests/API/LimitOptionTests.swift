import Foundation
import TestSupport
import Testing

extension OverHTTP {
    /// Each limit of what one request may hold, and what it may make, holds with its status and changes nothing.
    @Suite struct LimitOptionTests {
        /// A limit, what goes just through, what does not, and its problem. Paths are below a graph, `{` begins a body.
        struct Case: Sendable, CustomTestStringConvertible {
            let option: String
            let value: Int
            let path: String
            let fits, exceeds: String
            let status: Int
            let type: String
            var expected = true
            var testDescription: String { "\(option) \(type) \(path)" }
        }

        static let cases = [
            Case(
                option: "--max-steps", value: 2, path: "run", fits: #"{"steps": [{"get": "x"}, {"get": "x"}]}"#,
                exceeds: #"{"steps": [{"get": "x"}, {"get": "x"}, {"get": "x"}]}"#, status: 413,
                type: "content-too-large"),
            Case(
                option: "--max-body", value: 100, path: "eval", fits: #"{"expr": "y = x"}"#,
                exceeds: #"{"expr": "y = x + \#(String(repeating: "1", count: 100))"}"#, status: 413,
                type: "content-too-large"),
            Case(
                option: "--max-depth", value: 4, path: "grad",
                fits: #"{"outputs": ["x"], "inputs": [], "grad_outputs": [[1]]}"#,
                exceeds: #"{"outputs": ["x"], "inputs": [], "grad_outputs": [[[[1]]]]}"#, status: 400,
                type: "bad-request"),
            Case(
                option: "--max-formula", value: 10, path: "eval", fits: #"{"expr": "y = x     "}"#,
                exceeds: #"{"expr": "y = x      "}"#, status: 400, type: "invalid-formula"),
            Case(
                option: "--max-formula-depth", value: 2, path: "eval", fits: #"{"expr": "y = ((x))"}"#,
                exceeds: #"{"expr": "y = (((x)))"}"#, status: 400, type: "invalid-formula"),
            Case(
                option: "--max-elements", value: 8, path: "ops",
                fits: #"{"op": "broadcast_to", "inputs": ["x"], "args": {"shape": [8]}}"#,
                exceeds: #"{"op": "broadcast_to", "inputs": ["x"], "args": {"shape": [9]}}"#, status: 422,
                type: "too-large"),
            Case(
                option: "--max-elements", value: 8, path: "ops", fits: #"{"op": "neg", "inputs": [[1,2,3,4,5,6,7,8]]}"#,
                exceeds: #"{"op": "neg", "inputs": [[1,2,3,4,5,6,7,8,9]]}"#, status: 422, type: "too-large"),
            Case(
                option: "--max-array-bytes", value: 64, path: "ops",
                fits: #"{"op": "zeros", "inputs": [], "args": {"shape": [16]}}"#,
                exceeds: #"{"op": "zeros", "inputs": [], "args": {"shape": [9], "dtype": "float64"}}"#, status: 422,
                type: "too-large"),
        ]

        @Test("A limit lets through what fits, and nothing beyond", arguments: cases)
        func limit(_ example: Case) throws {
            let service = try RunningService.start([example.option, "\(example.value)"])
            defer { service.stop() }
            try RunningService.$current.withValue(service) {
                let bench = try Bench()
                try bench.variable("x", #"{"data": [1]}"#).expect(201)
                let state = try bench.state()
                let problem = try bench.post(example.path, example.exceeds).expectProblem(example.status, example.type)
                #expect(problem["expected"]?.string != nil)
                if example.status == 422 { #expect(problem["actual"]?.string != nil) }
                #expect(try bench.state() == state)
                #expect((200...201).contains(try bench.post(example.path, example.fits).status))
            }
        }

        @Test("The limits of a head")
        func head() throws {
            let service = try RunningService.start(["--max-target", "64", "--max-fields", "6"])
            defer { service.stop() }
            let client = try service.client()
            try client.get("/health").expect(200)
            try client.get("/" + String(repeating: "a", count: 64)).expectProblem(414, "uri-too-long")
            try client.get("/health", headers: (0..<7).map { "X-\($0): 1" })
                .expectProblem(431, "header-fields-too-large")
        }

        @Test("All arrays, and the bodies that are received, stay within --max-memory")
        func memory() throws {
            let service = try RunningService.start(["--max-memory", "2000000"])
            defer { service.stop() }
            let client = try service.client()
            let path = "/v1/sessions/s/graphs/g/variables/x"
            try client.put(path, #"{"data": [1, 2]}"#).expect(201)
            let before = try client.get(path).text
            // 4 MB of text, of 2 bytes a number.
            let long = #"{"data": [\#(String(repeating: "1,", count: 2_000_000))1]}"#
            let refused = try client.put(path, long)
            try refused.expectProblem(503, "overloaded")
            #expect(refused.headers["retry-after"] == "1")
            let zeros = #"{"op": "zeros", "inputs": [], "args": {"shape": [600000]}, "output": "z"}"#
            try client.post("/v1/sessions/s/graphs/g/ops?arrays=none", zeros).expectProblem(403, "quota")
            #expect(try client.get(path).text == before)
            // What was received is given back, however often.
            let body = #"{"data": [\#(String(repeating: "1,", count: 100_000))1]}"#
            for _ in 0..<20 { try client.put(path + "?arrays=none", body).expect(200) }
        }
    }

    /// What a request may compute.
    @Suite(.serialized) struct ComputeTimeoutTests {
        // One product takes many seconds, the service being built as the tests are.
        #if DEBUG
            static let size = 1000
        #else
            static let size = 4000
        #endif
        private static let products = "p = m; " + (0..<200).map { _ in "p = p @ m" }.joined(separator: "; ")

        @Test(
            "What computes for longer than it may is 503 soon after, and changes nothing",
            arguments: [
                ("eval", #"{"expr": "\#(products)"}"#),
                (
                    "run",
                    #"{"steps": [{"variable": "row", "data": 1}, {"delete": "m"}, {"set_grad": {"variable": "v", "value": 2}}, {"expr": "n = broadcast_to(row, (\#(size), \#(size))); q = n @ n; q = q @ q; q = q @ q; q = q @ q; q = q @ q; q = q @ q; q = q @ q; q = q @ q; q = q @ q; q = q @ q"}]}"#
                ),
                ("eval", #"{"expr": "i = inv(m + eye(\#(size))); i = inv(i); i = inv(i); i = inv(i); i = inv(i)"}"#),
            ])
        func timeout(_ path: String, _ body: String) throws {
            let service = try RunningService.start(["--compute-timeout", "1"])
            defer { service.stop() }
            try RunningService.$current.withValue(service) {
                let bench = try Bench()
                let (size, client) = (Self.size, bench.client)
                try bench.variable("row", #"{"data": [\#(String(repeating: "0.001,", count: size - 1))1]}"#).expect(201)
                try bench.variable("v", #"{"data": 1}"#).expect(201)
                let matrix =
                    #"{"op": "broadcast_to", "inputs": ["row"], "args": {"shape": [\#(size), \#(size)]}, "output": "m"}"#
                try client.post("\(bench.graph)/ops?arrays=none", matrix).expect(201)
                let names = ["row", "v"]
                let before = try client.get(bench.graph)
                let values = try names.map { try bench.read($0).text }
                let start = ContinuousClock.now
                let problem = try client.post("\(bench.graph)/\(path)?arrays=none", body).expectProblem(503, "timeout")
                #expect(ContinuousClock.now - start < .seconds(3))
                #expect(problem["op"]?.string != nil)
                let after = try client.get(bench.graph)
                #expect(after.text == before.text && after.headers["etag"] == before.headers["etag"])
                #expect(try names.map { try bench.read($0).text } == values)
            }
        }

        @Test("Waiting does not count as computing, nor does 0 end anything")
        func untimed() throws {
            for seconds in ["0", "60"] {
                let service = try RunningService.start(["--compute-timeout", seconds])
                defer { service.stop() }
                try RunningService.$current.withValue(service) {
                    let bench = try Bench()
                    try bench.bindMatrix()
                    #expect(try bench.startLong().reply().status == 200)
                }
            }
        }
    }
}
