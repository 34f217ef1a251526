import TestSupport
import Testing

extension OverHTTP {
    /// Formulas over HTTP.
    @Suite struct EvalTests {
        private let bench: Bench
        init() throws { bench = try Bench() }

        private func eval(_ expr: String, _ variables: String = "{}", _ rest: String = "") throws -> Reply {
            try bench.eval(expr, variables, rest)
        }

        /// A formula on the bench's graph.
        private func evalInSession(_ expr: String, _ rest: String = "") throws -> Reply {
            try bench.post("eval", #"{"expr": \#(try JSON.string(expr).encoded())\#(rest)}"#)
        }

        private func expect(_ reply: Reply, _ path: [String], _ wanted: String) throws {
            var json = try reply.json
            for key in path {
                json = try #require(json[key] ?? Int(key).flatMap { json[$0] }, "\(key) in \(reply.text)")
            }
            #expect(json == (try JSON(wanted)), "\(reply.text)")
        }

        @Test("The article's graph and its gradient are one request")
        func article() throws {
            let reply = try bench.client.post(
                "/v1/eval",
                #"""
                {"expr": "z = 2*(2*x0 + 3*x1)", "variables": {"x0": [0,1], "x1": [2,3]},
                "grad": {"outputs": ["z"], "inputs": ["x0"]}}
                """#)
            #expect(reply.status == 200)
            #expect(reply.headers["content-type"] == "application/json")
            #expect(
                reply.text
                    == #"{"variables":{"z":{"name":"z","shape":[2],"dtype":"float32","requires_grad":true,"#
                    + #""data":[12.0,22.0],"grad":null,"creator":{"op":"mul","inputs":[2,null],"args":{}}}},"#
                    + #""grads":{"x0":[4.0,4.0]}}"# + "\n")
        }

        @Test("A formula on a graph leaves what the same ops leave")
        func sameAsOps() throws {
            try bench.buildArticle()
            let byOps = try ["a", "b", "y", "z"].map { try bench.read($0).text }
            let other = try Bench()
            #expect(try other.variable("x0", #"{"data": [0, 1]}"#).status == 201)
            #expect(try other.variable("x1", #"{"data": [2, 3]}"#).status == 201)
            #expect(try other.post("eval", #"{"expr": "a = 2*x0; b = 3*x1\ny = a + b; z = 2*y"}"#).status == 200)
            #expect(try ["a", "b", "y", "z"].map { try other.read($0).text } == byOps)
            // Nothing but the names assigned: what has no name stays without one.
            #expect(try other.post("eval", #"{"expr": "w = (x0 + x1) * y"}"#).status == 200)
            #expect(try other.client.get(other.graph).json["variables"] == .int(7))
        }

        @Test("Session and graph come to be with a formula that works, and with no other")
        func creation() throws {
            #expect(try evalInSession("y = x").status == 422)
            #expect(try bench.client.get("/v1/sessions/\(bench.session)").status == 404)
            #expect(try evalInSession("x = [1, 2]").status == 200)
            try expect(bench.read("x"), ["data"], "[1.0, 2.0]")
        }

        @Test("A formula that fails changes nothing")
        func allOrNone() throws {
            try bench.buildArticle()
            #expect(try bench.post("backward", #"{"output": "z", "grad_outputs": [[1, 1]]}"#).status == 200)
            let names = ["x0", "x1", "a", "b", "y", "z"]
            let (before, graph) = (try names.map { try bench.read($0).text }, try bench.client.get(bench.graph).text)
            for (expr, grad) in [
                ("z = y; w = 1; y = z + missing", ""), ("x0 = 5; y = [1,2,3] + x1", ""), ("z = y; w = x0 +", ""),
                ("x0 = x1; q = 1", #", "grad": {"outputs": ["z"], "inputs": ["nowhere"]}"#),
                ("x0 = x1; q = 1", #", "grad": {"outputs": ["z"], "inputs": ["x1"], "nonsense": 1}"#),
                ("x0 = x1; q = 1", #", "nonsense": 1"#),
            ] {
                let reply = try evalInSession(expr, grad)
                #expect([400, 422].contains(reply.status), "\(reply.text)")
                #expect(try names.map { try bench.read($0).text } == before)
                #expect(try bench.client.get(bench.graph).text == graph)
            }
        }

        @Test("Assigning a variable applies identity; numbers and lists become float32 leaves")
        func assignment() throws {
            let reply = try eval("y = x; c = 2.5; v = [[1, 2], [3, 4]]; e = []; t = [True, False]", #"{"x": [1, 2]}"#)
            try expect(reply, ["variables", "y", "creator"], #"{"op": "identity", "inputs": ["x"], "args": {}}"#)
            try expect(reply, ["variables", "y", "data"], "[1.0, 2.0]")
            for name in ["c", "v", "e"] {
                try expect(reply, ["variables", name, "dtype"], #""float32""#)
                try expect(reply, ["variables", name, "creator"], "null")
                try expect(reply, ["variables", name, "requires_grad"], "true")
            }
            try expect(reply, ["variables", "v", "data"], "[[1.0, 2.0], [3.0, 4.0]]")
            try expect(reply, ["variables", "e", "shape"], "[0]")
            try expect(reply, ["variables", "t", "dtype"], #""bool""#)
            // The last of two values for one name stays, as in Python.
            try expect(eval("a, a = 1, 2"), ["variables", "a", "data"], "2.0")
            // Swapping names sees both old values.
            let swap = try eval("x, y = y, x", #"{"x": 1, "y": 2}"#)
            try expect(swap, ["variables", "x", "data"], "2.0")
            try expect(swap, ["variables", "y", "data"], "1.0")
        }

        @Test("Plain numbers are weak until a name holds them")
        func weakNumbers() throws {
            let x = #"{"x": {"data": [1, 2], "dtype": "float64"}}"#
            try expect(eval("x * (1/3)", x), ["result", "dtype"], #""float64""#)
            try expect(eval("x * (1/3)", x), ["result", "data"], "[0.3333333333333333, 0.6666666666666666]")
            #expect(try eval("c = 3; x * c", x).status == 422)
            try expect(
                eval("n + 2**40", #"{"n": {"data": 1, "dtype": "int64"}}"#), ["result", "data"], "1099511627777")
        }

        @Test(
            "A bare last expression is the result",
            arguments: [
                ("2**10", "1024"), ("1/4", "0.25"), ("1e400", "\"Infinity\""), ("1 < 2", "true"), ("'a' ", "\"a\""),
                ("None", "null"), ("1, (2, [3.5])", "[1, [2, [3.5]]]"), ("x = 1; 2", "2"), ("(1, 2)[-1]", "2"),
            ])
        func plainResult(_ expr: String, _ wanted: String) throws { try expect(eval(expr), ["result"], wanted) }

        @Test("A result is a variable without a name, or nested lists of them")
        func results() throws {
            let x = #"{"x": [1, 2, 3, 4]}"#
            let one = try eval("x", x)
            #expect(one.text.hasPrefix(#"{"variables":{},"result":{"shape":[4],"dtype":"float32","#))
            try expect(eval("split_axis(x, 2, axis=0)", x), ["result", "1", "data"], "[3.0, 4.0]")
            try expect(eval("split_axis(x, 2, axis=0)[1] * 2", x), ["result", "data"], "[6.0, 8.0]")
            let split = try eval("a, b = split_axis(x, 2, axis=0); a * b", x)
            try expect(split, ["result", "data"], "[3.0, 8.0]")
            try expect(split, ["variables", "b", "creator", "op"], #""split_axis""#)
            try expect(eval("a, = split_axis(x, 1, 0); a", x), ["result", "data"], "[1.0, 2.0, 3.0, 4.0]")
            #expect(try eval("y = x", x).json["result"] == nil)
        }

        @Test(
            "Indexing is NumPy's",
            arguments: [
                ("x[0]", "[1.0, 2.0, 3.0]"), ("x[-1, 1]", "5.0"), ("x[:, 1:]", "[[2.0, 3.0], [5.0, 6.0]]"),
                ("x[::-1, 0]", "[4.0, 1.0]"), ("x[..., None, 0]", "[[1.0], [4.0]]"), ("x[1, [0, 2]]", "[4.0, 6.0]"),
                ("x[[True, False]]", "[[1.0, 2.0, 3.0]]"), ("x[(0, 1)]", "2.0"), ("x[2-1:3-1][0][::2]", "[4.0, 6.0]"),
                ("x[()]", "[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]"), ("x[None:1, ]", "[[1.0, 2.0, 3.0]]"),
                ("get_item(x, '0, ::-1')", "[3.0, 2.0, 1.0]"), ("x[[[0], [1]], 2]", "[[3.0], [6.0]]"),
            ])
        func indexing(_ expr: String, _ wanted: String) throws {
            try expect(eval(expr, #"{"x": [[1, 2, 3], [4, 5, 6]]}"#), ["result", "data"], wanted)
        }

        @Test(
            "Calls give arrays and arguments by position and by keyword",
            arguments: [
                ("linear(x, W)", "[[3.0]]"), ("linear(x, W, b)", "[[13.0]]"), ("linear(x, W, b=b)", "[[13.0]]"),
                ("linear(b=b, W=W, x=x)", "[[13.0]]"), ("linear(x, W, None)", "[[3.0]]"),
                ("linear(x, W, None, 1)", "[[3.0]]"),
                ("concat([x, x])", "[[1.0, 2.0, 1.0, 2.0]]"), ("concat((x, x), 0)", "[[1.0, 2.0], [1.0, 2.0]]"),
                ("concat([x, [[3]]])", "[[1.0, 2.0, 3.0]]"), ("concat(x, x, axis=0)", "[[1.0, 2.0], [1.0, 2.0]]"),
                ("concat(xs=[x, x], axis=0)", "[[1.0, 2.0], [1.0, 2.0]]"), ("concat([[[1]], [[2]]])", "[[1.0, 2.0]]"),
                ("add(x, x, 1)", "[[3.0, 5.0]]"), ("add([x, x])", "[[2.0, 4.0]]"), ("add([1, 2], x)", "[[2.0, 4.0]]"),
                ("x + [1, 2]", "[[2.0, 4.0]]"), ("[1, 2] * [3, 4]", "[3.0, 8.0]"), ("sum(x, axis=(0, 1))", "3.0"),
                ("sum(x, 1, True)", "[[3.0]]"), ("sum(x, keepdims=True, axis=None)", "[[3.0]]"),
                ("reshape(x, (2, 3-2))", "[[1.0], [2.0]]"), ("where([[True, False]], x, 0)", "[[1.0, 0.0]]"),
                ("where(x > 1, x, -x)", "[[-1.0, 2.0]]"), ("cast(x > 1, 'int32')", "[[0, 1]]"), ("x @ W[0]", "[3.0]"),
                ("select_item(x, [1])", "[2.0]"), ("scatter_add(x, x[:, 0], '..., 0')", "[[2.0, 2.0]]"),
                ("-x ** 2 // 3", "[[-1.0, -2.0]]"), ("x != 2", "[[true, false]]"),
            ])
        func calls(_ expr: String, _ wanted: String) throws {
            try expect(eval(expr, #"{"x": [[1, 2]], "W": [[1, 1]], "b": [10]}"#), ["result", "data"], wanted)
        }

        @Test("The gradients of a formula take every option of grad")
        func gradients() throws {
            #expect(try evalInSession("x = [1, 2, 3]").status == 200)
            let first = try evalInSession(
                "y = sum(x**3)",
                #"""
                , "grad": {"outputs": ["y"], "inputs": ["x"], "enable_double_backprop": true, "names": ["gx"],
                "set_grad": true}
                """#)
            try expect(first, ["grads", "x"], "[3.0, 12.0, 27.0]")
            try expect(bench.read("x"), ["grad"], "[3.0, 12.0, 27.0]")
            let second = try evalInSession("s = sum(gx)", #", "grad": {"outputs": ["s"], "inputs": ["x"]}"#)
            try expect(second, ["grads", "x"], "[6.0, 12.0, 18.0]")
            let seeded = try eval(
                "y = x*w; x", #"{"x": [1, 2], "w": [3, 4], "q": 1}"#,
                #", "grad": {"outputs": ["y"], "inputs": ["w", "q"], "grad_outputs": [[10, 100]]}"#)
            try expect(seeded, ["grads"], #"{"w": [10.0, 200.0], "q": null}"#)
        }

        @Test("A gradient may take the name of the variable it belongs to")
        func gradientTakesName() throws {
            let grad = #", "grad": {"outputs": ["y"], "inputs": ["x"], "names": ["x"]}"#
            let reply = try eval("y = x**2", #"{"x": 3}"#, grad)
            try expect(reply, ["grads"], #"{"x": 6.0}"#)
            // Of a name that was assigned the reply has what it stands for in the end.
            let over = try eval(
                "y = x**2", #"{"x": 3}"#, #", "grad": {"outputs": ["y"], "inputs": ["x"], "names": ["y"]}"#)
            try expect(over, ["variables", "y", "name"], #""y""#)
            try expect(over, ["variables", "y", "data"], "6.0")
        }

        @Test("Variables given in passing are arrays or bodies of their PUTs")
        func variables() throws {
            let reply = try eval(
                "y = cast(b, 'float32') * f; z = d; y",
                #"""
                {"b": {"data": [true, false], "dtype": "bool"}, "d": {"data": [1], "dtype": "float64"},
                "f": {"data": [1, 2, 3, 4], "shape": [2, 2], "requires_grad": false}}
                """#
            )
            try expect(reply, ["result", "data"], "[[1.0, 0.0], [3.0, 0.0]]")
            try expect(reply, ["result", "requires_grad"], "false")
            try expect(reply, ["variables", "z", "dtype"], #""float64""#)
        }

        @Test(
            "What is wrong with the body is told with its place",
            arguments: [
                (#"{}"#, 400, "bad-request", ""), (#"{"expr": 1}"#, 400, "bad-request", "/expr"),
                (#"{"expr": "1", "exp": 1}"#, 400, "bad-request", "/exp"), (#"{"expr": "1""#, 400, "invalid-json", nil),
                (#"{"expr": "1", "variables": [1]}"#, 400, "bad-request", "/variables"),
                (
                    #"{"expr": "1", "variables": {"a-": {"data": 1, "shap": []}}}"#, 400, "bad-request",
                    "/variables/a-/shap"
                ),
                (#"{"expr": "1", "variables": {"-a": 1}}"#, 400, "bad-name", "/variables/-a"),
                (#"{"expr": "1", "variables": {"a": 1, "a": 2}}"#, 400, "bad-request", "/variables/a"),
                (#"{"expr": "1", "variables": {"a": [[1], 2]}}"#, 400, "bad-request", "/variables/a/1"),
                (#"{"expr": "1", "variables": {"a": null}}"#, 400, "bad-request", "/variables/a"),
                (#"{"expr": "(1"}"#, 400, "invalid-formula", "/expr"),
                (#"{"expr": "a"}"#, 422, "unknown-name", "/expr"),
                (#"{"expr": "a = 1", "grad": {"outputs": ["a"]}}"#, 400, "bad-request", "/grad"),
                (
                    #"{"expr": "a = 1", "grad": {"outputs": ["a"], "inputs": ["b"]}}"#, 422, "unknown-name",
                    "/grad/inputs/0"
                ),
                (#"{"expr": "a = 1", "grad": []}"#, 400, "bad-request", "/grad"),
                (
                    #"{"expr": "a = [True]", "grad": {"outputs": ["a"], "inputs": ["a"]}}"#, 422, "no-gradient",
                    "/grad/outputs/0"
                ),
            ] as [(String, Int, String, String?)])
        func badBodies(_ body: String, _ status: Int, _ type: String, _ pointer: String?) throws {
            let reply = try bench.client.post("/v1/eval", body)
            #expect(reply.status == status, "\(reply.text)")
            #expect(reply.headers["content-type"] == "application/problem+json")
            #expect(try reply.json["type"]?.string == "/problems/\(type)", "\(reply.text)")
            #expect(try reply.json["pointer"]?.string == pointer, "\(reply.text)")
        }

        @Test("A problem of a formula says line, column and what was expected")
        func problem() throws {
            let reply = try evalInSession("y = 1 +\n  * 2")
            #expect(reply.status == 400)
            try expect(reply, ["type"], #""/problems/invalid-formula""#)
            try expect(reply, ["line"], "1")
            try expect(reply, ["column"], "8")
            #expect(try reply.json["expected"]?.string?.hasPrefix("a value") == true)
            let near = try eval("y = sigmod(x)", #"{"x": 1}"#)
            try expect(near, ["expected"], #""sigmoid""#)
            #expect(try near.json["detail"]?.string?.contains("Did you mean sigmoid?") == true)
            #expect(try bench.client.get("/v1/eval").status == 405)
        }

        @Test("A formula is a step of run, and its arrays come in the form that is asked for")
        func asStep() throws {
            let body = #"""
                {"variables": {"x": {"data": [1, 2], "requires_grad": false}}, "steps": [{"expr": "y = x * 3"}, {"get": "x"},
                {"expr": "sum(y)", "grad": {"outputs": ["y"], "inputs": ["x"]}}]}
                """#
            let run = try bench.client.post("/v1/run", body)
            try expect(run, ["results", "0", "variables", "y", "data"], "[3.0, 6.0]")
            try expect(run, ["results", "1", "requires_grad"], "false")
            try expect(run, ["results", "2", "result", "data"], "9.0")
            let failed = try bench.client.post("/v1/run", #"{"steps": [{"expr": "x = 1"}, {"expr": "y = x +"}]}"#)
            #expect(failed.status == 400)
            try expect(failed, ["pointer"], #""/steps/1/expr""#)
            let flat = try bench.client.post("/v1/eval?arrays=flat", #"{"expr": "x = [[1, 2]]; x"}"#)
            try expect(flat, ["result", "data"], #"{"shape": [1, 2], "dtype": "float32", "data": [1.0, 2.0]}"#)
        }

        @Test("Large formulas, bodies and arrays are answered off the loop, whole")
        func large() throws {
            let numbers = Array(repeating: "1", count: 50_000).joined(separator: ",")
            try expect(eval("sum(x)", "{\"x\": [\(numbers)]}"), ["result", "data"], "50000.0")
            let chain = "y = " + Array(repeating: "x", count: 10_000).joined(separator: "+")
            let grad = #", "grad": {"outputs": ["y"], "inputs": ["x"]}"#
            try expect(eval(chain, #"{"x": [1]}"#, grad), ["grads", "x"], "[10000.0]")
            try expect(eval("sum(broadcast_to(x, (1000, 1000)))", #"{"x": 1}"#), ["result", "data"], "1000000.0")
            #expect(try evalInSession("x = 1; " + chain).status == 200)
            #expect(try evalInSession("y = " + String(repeating: "(", count: 30_000)).status == 400)
            #expect(try eval("y = " + String(repeating: " ", count: 70_000) + "1").status == 400)
            #expect(try bench.client.post("/v1/eval", String(repeating: " ", count: 70_000) + "{").status == 400)
            // The connection is in order afterwards.
            try expect(eval("1 + 1"), ["result"], "2")
        }
    }
}
