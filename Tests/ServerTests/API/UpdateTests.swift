import TestSupport
import Testing

extension OverHTTP {
    /// Ops that write data in place in some of their inputs.
    @Suite struct UpdateTests {
        /// The variances of the columns are 1 and 4, unbiased 2 and 8.
        private func bench() throws -> Bench {
            let bench = try Bench()
            for (name, data) in [
                ("x", "[[1, 2], [3, 6]]"), ("gamma", "[1, 1]"), ("beta", "[0, 0]"), ("m", "[0, 0]"), ("v", "[1, 1]"),
            ] { #expect(try bench.variable(name, #"{"data": \#(data)}"#).status == 201) }
            return bench
        }
        private let step = #"""
            {"op": "batch_normalization", "inputs": ["x", "gamma", "beta", "m", "v"], "args": {"decay": 0.5, "eps": 0},
              "output": "y"}
            """#

        @Test("batch_normalization updates the named running variables, which stay leaves")
        func updates() throws {
            let bench = try bench()
            let tag = try bench.read("m").headers["etag"]
            #expect(try bench.op(step).status == 201)
            #expect(try bench.array("y") == "[[-1.0,-1.0],[1.0,1.0]]")
            #expect(try bench.array("m") == "[1.0,2.0]")
            #expect(try bench.array("v") == "[1.5,4.5]")
            #expect(try bench.read("m").json["creator"]?.isNull == true)
            #expect(try bench.read("m").headers["etag"] != tag)
            // They are none of the function's inputs.
            let grads = try bench.post("grad", #"{"outputs": ["y"], "inputs": ["x", "m", "v"]}"#)
            #expect(try grads.json["grads"]?["m"]?.isNull == true && grads.json["grads"]?["v"]?.isNull == true)
            #expect(try bench.op(step).status == 201)
            #expect(try bench.array("m") == "[1.5,3.0]")
        }

        @Test("A formula updates them too, and without training nothing is updated")
        func formula() throws {
            let bench = try bench()
            let call = #"batch_normalization(x, gamma, beta, running_mean=m, running_var=v, decay=0.5, eps=0"#
            #expect(try bench.post("eval", #"{"expr": "\#(call))"}"#).status == 200)
            #expect(try bench.array("v") == "[1.5,4.5]")
            #expect(try bench.post("eval", #"{"expr": "y = \#(call), train=False)"}"#).status == 200)
            #expect(try bench.array("m") == "[1.0,2.0]")
            #expect(try bench.array("v") == "[1.5,4.5]")
        }

        @Test(
            "A request that fails afterwards puts them back",
            arguments: [
                #"{"steps": [STEP, {"get": "nosuch"}]}"#, #"{"steps": [STEP, STEP], "reply": ["nosuch"]}"#,
                #"{"steps": [{"set_data": {"variable": "m", "value": [7, 7]}}, STEP, {"delete": "m"}, {"op": "no"}]}"#,
            ])
        func undone(_ request: String) throws {
            let bench = try bench()
            #expect(try bench.op(step).status == 201)
            let before = try bench.state()
            let reply = try bench.post("run", request.replacing("STEP", with: step))
            #expect((400...422).contains(reply.status), "\(reply.text)")
            #expect(try bench.state() == before)
        }

        @Test("An op whose result cannot be named updates nothing")
        func badName() throws {
            let bench = try bench()
            let before = try bench.state()
            let reply = try bench.op(step.replacing(#""output": "y""#, with: #""output": "no name""#))
            #expect((400...422).contains(reply.status), "\(reply.text)")
            #expect(try bench.state() == before)
        }
    }
}
