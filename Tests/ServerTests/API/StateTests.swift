import Foundation
import TestSupport
import Testing

extension OverHTTP {
    /// State where this service says more than Chainer: `accumulate`, `names`, copies, forms of arrays.
    @Suite struct StateTests {
        @Test("accumulate false begins anew in the leaves that it reaches, and leaves the others alone")
        func accumulate() throws {
            let bench = try Bench()
            for name in ["x", "w", "other"] {
                try bench.variable(name, #"{"data": [1, 2]}"#).expect(201)
                try bench.client.put("\(bench.graph)/variables/\(name)/grad", "[5, 6]").expectNoContent()
            }
            try bench.post("eval", #"{"expr": "y = sum(x * w)"}"#).expect(200)
            for _ in 0..<2 {
                try bench.post("backward", #"{"output": "y", "accumulate": false}"#)
                    .expect(200, #"{"grads":{"x":[1.0,2.0],"w":[1.0,2.0]}}"#)
            }
            try bench.post("backward", #"{"output": "y", "accumulate": true}"#)
                .expect(200, #"{"grads":{"x":[2.0,4.0],"w":[2.0,4.0]}}"#)
            #expect(try bench.gradient("other") == "[5.0,6.0]")
            // A leaf that is a root is one that it reaches.
            try bench.post("backward", #"{"output": "x", "accumulate": false}"#).expectProblem(422, "no-gradient")
            #expect(try bench.gradient("x") == "[2.0,4.0]")
        }

        @Test(
            "The reply to backward has the leaves' grads, with retain_grad those of named intermediates and roots too")
        func touched() throws {
            let bench = try Bench()
            try bench.buildArticle()
            let seeds = #""output": "z", "grad_outputs": [[1, 1]]"#
            #expect(
                try bench.post("backward", "{\(seeds)}").member("grads") == #"{"x0":[4,4],"x1":[6,6]}"#)
            #expect(
                try bench.post("backward", #"{\#(seeds), "retain_grad": true}"#).member("grads")
                    == #"{"a":[2,2],"b":[2,2],"x0":[8,8],"x1":[12,12],"y":[2,2],"z":[1,1]}"#)
        }

        @Test("names of backward bind the sum that stands in grad, a leaf with requires_grad, and nothing for null")
        func namesOfBackward() throws {
            let bench = try Bench()
            for name in ["x", "idle"] { try bench.variable(name, #"{"data": [1, 2]}"#).expect(201) }
            try bench.post("eval", #"{"expr": "y = sum(x ** 3)"}"#).expect(200)
            try bench.post("backward", #"{"output": "y"}"#).expect(200)
            let body = #"{"output": "y", "names": {"x": "gx", "idle": "none"}}"#
            try bench.post("backward", body).expect(200, #"{"grads":{"x":[6.0,24.0]}}"#)
            try bench.read("gx").expect(
                200,
                #"{"name":"gx","shape":[2],"dtype":"float32","requires_grad":true,"data":[6.0,24.0],"grad":null,"creator":null}"#
            )
            try bench.read("none").expectProblem(404, "not-found")
            try bench.post("grad", #"{"outputs": ["gx"], "inputs": ["x"]}"#).expect(200, #"{"grads":{"x":null}}"#)
            // Recorded, it is grad_var: part of the graph.
            let recorded =
                #"{"output": "y", "names": {"x": "gx"}, "accumulate": false, "enable_double_backprop": true}"#
            try bench.post("backward", recorded).expect(200, #"{"grads":{"x":[3.0,12.0]}}"#)
            try bench.post("grad", #"{"outputs": ["gx"], "inputs": ["x"]}"#)
                .expect(200, #"{"grads":{"x":[6.0,12.0]}}"#)
        }

        @Test(
            "names of grad are an object, or a list in the order of inputs; what is null binds nothing",
            arguments: [#"{"x": "gx", "idle": "none"}"#, #"["gx", "none"]"#, #"["gx", null]"#, #"{"x": "gx"}"#])
        func namesOfGrad(_ names: String) throws {
            let bench = try Bench()
            for name in ["x", "idle"] { try bench.variable(name, #"{"data": [1, 2]}"#).expect(201) }
            try bench.post("eval", #"{"expr": "y = x ** 2"}"#).expect(200)
            try bench.post("grad", #"{"outputs": ["y"], "inputs": ["x", "idle"], "names": \#(names)}"#)
                .expect(200, #"{"grads":{"x":[2.0,4.0],"idle":null}}"#)
            let gx = try bench.read("gx").json
            #expect(gx["requires_grad"]?.bool == true && gx["creator"]?.isNull == true)
            try bench.read("none").expectProblem(404, "not-found")
        }

        @Test("A root without elements and without a grad is 422 that says both ways out")
        func emptyRoot() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [], "shape": [0, 2]}"#).expect(201)
            try bench.op(#"{"op": "exp", "inputs": ["x"], "output": "y"}"#).expect(201)
            let problem = try bench.post("backward", #"{"output": "y"}"#).expectProblem(422, "no-gradient")
            let detail = try #require(problem["detail"]?.string)
            #expect(detail.contains("grad_outputs") && detail.contains("set its grad"))
            let seed = #"{"output": "y", "grad_outputs": [{"data": [], "shape": [0, 2]}]}"#
            try bench.post("backward", seed).expect(200, #"{"grads":{"x":[]}}"#)
        }

        @Test("No two variables share memory: data set in one is not seen in what was copied or reshaped from it")
        func memory() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [1, 2]}"#).expect(201)
            try bench.variable("copy", #"{"data": [0, 0]}"#).expect(201)
            let run = #"""
                {"steps": [{"op": "reshape", "inputs": ["x"], "args": {"shape": [2, 1]}, "output": "r"},
                {"op": "broadcast_to", "inputs": ["x"], "args": {"shape": [1, 2]}, "output": "b"},
                {"op": "transpose", "inputs": ["r"], "output": "t"}, {"expr": "i = x; s = x[:]"},
                {"set_data": {"variable": "copy", "value": "x"}}, {"set_grad": {"variable": "copy", "value": "x"}}]}
                """#
            try bench.post("run", run).expect(200)
            try bench.client.put("\(bench.graph)/variables/x/data", "[7, 8]").expectNoContent()
            for (name, data) in [
                ("r", "[[1.0],[2.0]]"), ("b", "[[1.0,2.0]]"), ("t", "[[1.0,2.0]]"), ("i", "[1.0,2.0]"),
                ("s", "[1.0,2.0]"), ("copy", "[1.0,2.0]"),
            ] { #expect(try bench.array(name) == data, "\(name)") }
            #expect(try bench.gradient("copy") == "[1.0,2.0]")
        }

        @Test("w -= lr * gw by set_data leaves a graph that does not grow")
        func descent() throws {
            let bench = try Bench()
            try bench.variable("w", #"{"data": [1, 2]}"#).expect(201)
            let body = #"""
                {"steps": [{"expr": "loss = sum(w ** 2)"},
                {"grad": {"outputs": ["loss"], "inputs": ["w"], "names": ["gw"]}}, {"expr": "new = w - 0.25 * gw"},
                {"set_data": {"variable": "w", "value": "new"}}], "reply": []}
                """#
            try bench.post("run", body).expect(200)
            let first = try bench.client.get(bench.graph).text
            for _ in 0..<9 { try bench.post("run", body).expect(200) }
            #expect(try bench.client.get(bench.graph).text == first)
            #expect(try bench.array("w") == "[0.0009765625,0.001953125]")
        }

        @Test(
            "A flat list and base64 are read wherever an array is",
            arguments: [
                #"{"shape": [2], "dtype": "float32", "data": [3, 4]}"#,
                #"{"shape": [2], "dtype": "float32", "base64": "AABAQAAAgEA="}"#,
            ])
        func formsAreRead(_ form: String) throws {
            let bench = try Bench()
            let path = "\(bench.graph)/variables"
            try bench.variable("x", form).expect(201)
            try bench.variable("y", #"{"data": [0, 0]}"#).expect(201)
            for array in ["data", "grad"] {
                try bench.client.put("\(path)/y/\(array)", form).expectNoContent()
                try bench.client.get("\(path)/y/\(array)").expect(200, "[3.0,4.0]")
            }
            try bench.op(#"{"op": "identity", "inputs": [\#(form)], "output": "z"}"#).expect(201)
            #expect(try bench.array("z") == "[3.0,4.0]")
            let steps = ["set_data", "set_grad"].map { #"{"\#($0)": {"variable": "y", "value": \#(form)}}"# }
            try bench.post(
                "run", #"{"steps": [{"variable": "v", \#(form.dropFirst()), \#(steps.joined(separator: ","))]}"#
            )
            .expect(200)
            #expect(try bench.array("v") == "[3.0,4.0]")
            try bench.post("backward", #"{"output": "y", "grad_outputs": {"y": \#(form)}, "accumulate": false}"#)
                .expect(200, #"{"grads":{"y":[3.0,4.0]}}"#)
            try bench.post(
                "grad", #"{"outputs": ["y"], "inputs": ["x"], "grad_inputs": [\#(form)], "grad_outputs": [\#(form)]}"#
            ).expect(200, #"{"grads":{"x":[3.0,4.0]}}"#)
            let eval = try bench.client.post("/v1/eval", #"{"expr": "x", "variables": {"x": \#(form)}}"#)
            #expect(try eval.json["result"]?["data"] == JSON("[3, 4]"))
        }

        @Test("?arrays= gives every array of a reply its form, those of grads and of steps too")
        func formsAreWritten() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [1, 1]}"#).expect(201)
            let (ones, head) = ("AACAPwAAgD8=", #"{"shape":[2],"dtype":"float32""#)
            for (form, array) in [
                ("flat", head + #","data":[1.0,1.0]}"#), ("base64", head + #","base64":"\#(ones)"}"#),
                ("none", head + "}"),
            ] {
                let grads = "{\"grads\":{\"x\":\(array)}}"
                let body = #"{"outputs": ["x"], "inputs": ["x"]}"#
                try bench.post("grad?arrays=\(form)", body).expect(200, grads)
                try bench.post("backward?arrays=\(form)", #"{"output": "x", "grad_outputs": [[1, 1]]}"#)
                    .expect(200, grads)
                try bench.post("run?arrays=\(form)", #"{"steps": [{"grad": \#(body)}]}"#)
                    .expect(200, "{\"results\":[\(grads)]}")
                let eval = try bench.post("eval?arrays=\(form)", #"{"expr": "x", "grad": \#(body)}"#)
                #expect(eval.text.hasSuffix(",\"grads\":{\"x\":\(array)}}\n"), "\(eval.text)")
                let kept = try bench.post("run?arrays=\(form)", #"{"steps": [], "reply": ["x"]}"#)
                #expect(kept.text.contains("\"data\":\(array)") == (form != "none"), "\(kept.text)")
            }
        }
    }
}
