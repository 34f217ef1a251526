import Foundation
import TestSupport
import Testing

extension OverHTTP {
    /// What a small request must not be able to do: take all memory, all time, or others' turn.
    @Suite struct BoundTests {
        @Test(
            "A shape beyond what an array may be is refused before memory is taken",
            arguments: [
                #"{"data": [], "shape": [1073741824, 0]}"#, #"{"data": [], "shape": [0, 1073741824]}"#,
                #"{"data": [], "shape": [70000, 0]}"#,
                #"{"data": [1], "shape": [\#(Array(repeating: "1", count: 33).joined(separator: ","))]}"#,
            ])
        func shapes(_ body: String) throws {
            let bench = try Bench()
            let reply = try bench.variable("x", body)
            #expect(reply.status == 422, "\(reply.text.prefix(200))")
        }

        @Test(
            "A result that is too large is 422, says what is allowed, and changes nothing",
            arguments: [
                #"{"op": "broadcast_to", "inputs": ["x"], "args": {"shape": [1000000000]}}"#,
                #"{"op": "broadcast_to", "inputs": ["x"], "args": {"shape": [100000000]}}"#,
                #"{"op": "reshape", "inputs": ["x"], "args": {"shape": [\#(Array(repeating: "1", count: 60_000).joined(separator: ","))]}}"#,
                #"{"op": "get_item", "inputs": ["x"], "args": {"slices": [\#(Array(repeating: "null", count: 400).joined(separator: ","))]}}"#,
            ])
        func results(_ body: String) throws {
            let bench = try Bench()
            _ = try bench.variable("x", #"{"data": [1]}"#)
            let before = try bench.client.get(bench.graph).text
            // What is indented is not streamed.
            let reply = try bench.client.post("\(bench.graph)/ops?pretty", body)
            #expect(reply.status == 422, "\(reply.text.prefix(200))")
            for key in ["expected", "actual"] { #expect(try reply.json[key]?.string?.isEmpty == false) }
            #expect(try bench.client.get(bench.graph).text == before)
        }

        @Test("Thousands of keys cost what their bytes cost")
        func keys() throws {
            let bench = try Bench()
            let keys = (0..<20_000).map { "\"k\($0)\": 1" }.joined(separator: ",")
            let start = Date()
            let reply = try bench.variable("x", #"{"data": 1, \#(keys)}"#)
            #expect(reply.status == 400)
            let twice = try bench.variable("x", #"{"data": 1, \#(keys), "k7": 2}"#)
            #expect(try twice.json["detail"]?.string?.contains("twice") == true)
            #expect(Date().timeIntervalSince(start) < 20)
        }

        @Test("A large result does not hold up a loop")
        func loop() async throws {
            let service = try RunningService.start(["--threads", "1"])
            defer { service.stop() }
            let (worker, other) = (try service.client(), try service.client())
            #expect(try worker.put("/v1/sessions/s/graphs/g/variables/x", #"{"data": 1}"#).status == 201)
            // Both have their connection, so that the one loop serves both.
            #expect(try other.get("/health").status == 200)
            let base = service.base
            let work = Task.detached {
                let client = try CurlClient(base)
                return try client.post(
                    "/v1/sessions/s/graphs/g/ops?arrays=none",
                    #"{"op": "broadcast_to", "inputs": ["x"], "args": {"shape": [30000000]}, "output": "y"}"#
                ).status
            }
            var longest = 0.0
            for _ in 0..<50 {
                let start = Date()
                #expect(try other.get("/health").status == 200)
                longest = max(longest, Date().timeIntervalSince(start))
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(try await work.value == 201)
            #expect(longest < 2, "\(longest) s")
        }

        @Test(
            "A name that would be bound twice by one request is refused",
            arguments: [
                (
                    "ops",
                    #"{"op": "split_axis", "inputs": ["x"], "args": {"indices_or_sections": 2, "axis": 0}, "output": ["p", "p"]}"#
                ),
                ("grad", #"{"outputs": ["y"], "inputs": ["x", "w"], "names": ["n", "n"]}"#),
                ("backward", #"{"output": "y", "names": {"x": "n", "w": "n"}}"#),
            ])
        func names(_ path: String, _ body: String) throws {
            let bench = try Bench()
            for name in ["x", "w"] { _ = try bench.variable(name, #"{"data": [1, 2]}"#) }
            _ = try bench.post("eval", #"{"expr": "y = sum(x * w)"}"#)
            let reply = try bench.post(path, body)
            #expect(reply.status == 400, "\(reply.text)")
            #expect(try reply.json["detail"]?.string?.contains("twice") == true)
        }

        @Test("A gradient may take the name of what it is the gradient of")
        func renaming() throws {
            let bench = try Bench()
            _ = try bench.variable("x", #"{"data": [1, 2]}"#)
            _ = try bench.post("eval", #"{"expr": "y = sum(x * x)"}"#)
            let grad = try bench.post("grad", #"{"outputs": ["y"], "inputs": ["x"], "names": {"x": "x"}}"#)
            #expect(try grad.json["grads"] == JSON(#"{"x": [2, 4]}"#))
            #expect(try bench.read("x").json["data"] == JSON("[2, 4]"))
            _ = try bench.variable("x", #"{"data": [1, 2]}"#)
            _ = try bench.post("eval", #"{"expr": "y = sum(x * x)"}"#)
            let backward = try bench.post("backward", #"{"output": "y", "names": {"x": "x"}}"#)
            #expect(try backward.json["grads"] == JSON(#"{"x": [2, 4]}"#))
        }

        @Test("Gradients of gradients, bound by names, to the fourth order")
        func orders() throws {
            let bench = try Bench()
            _ = try bench.variable("x", #"{"data": [1, 2], "dtype": "float64"}"#)
            _ = try bench.post("eval", #"{"expr": "g0 = sin(x) * x ** 3"}"#)
            // By SymPy, at 1 and 2.
            let wanted = [
                "[3.064715260291829, 7.582394429531041]", "[7.4491687592483204, -6.3503343698286905]",
                "[6.660726245334685, -38.93103422809044]", "[-22.9678567978587, -48.20751123971221]",
            ]
            for order in 1...4 {
                let reply = try bench.post(
                    "grad",
                    #"{"outputs": ["g\#(order - 1)"], "inputs": ["x"], "enable_double_backprop": true, "names": ["g\#(order)"]}"#
                )
                let got = try #require(try reply.json["grads"]?["x"])
                let difference = got.difference(from: try JSON(wanted[order - 1]), relative: 1e-12, absolute: 1e-12)
                #expect(difference == nil, "order \(order): \(difference ?? "")")
            }
        }

        @Test("A gradient that was given by name is a copy: data set in place later is not seen in it")
        func copies() throws {
            let bench = try Bench()
            for name in ["a", "b", "v"] { _ = try bench.variable(name, #"{"data": [1, 2]}"#) }
            _ = try bench.op(#"{"op": "add", "inputs": ["a", "b"], "output": "s"}"#)
            _ = try bench.post("backward", #"{"output": "s", "grad_outputs": ["v"]}"#)
            _ = try bench.client.put("\(bench.graph)/variables/v/data", "[7, 7]")
            #expect(try bench.grad("a") == JSON("[1, 2]"))
        }

        @Test("creator, applied again as it says, gives the same")
        func creators() throws {
            let bench = try Bench()
            _ = try bench.variable("x", #"{"data": [[1, 2], [3, 4]]}"#)
            _ = try bench.variable("w", #"{"data": [1, 3]}"#)
            for body in [
                #"{"op": "sum", "inputs": ["x"]}"#, #"{"op": "mean", "inputs": ["x", "w"], "args": {"axis": 0}}"#,
                #"{"op": "clip", "inputs": ["x"], "args": {"x_max": 2}}"#, #"{"op": "transpose", "inputs": ["x"]}"#,
                #"{"op": "dropout", "inputs": ["x"]}"#, #"{"op": "add", "inputs": ["x", 1, "x"]}"#,
                #"{"op": "get_item", "inputs": ["x"], "args": {"slices": "::-1, None, [0]"}}"#,
            ] {
                let first = try bench.op(body).json
                let again = try bench.op(try #require(first["creator"]).encoded())
                #expect(again.status == 201, "\(again.text)")
                #expect(try again.json["data"] == first["data"], "\(body)")
                #expect(try again.json["creator"] == first["creator"], "\(body)")
            }
        }
    }
}
