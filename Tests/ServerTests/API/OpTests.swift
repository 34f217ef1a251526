import TestSupport
import Testing

extension OverHTTP {
    /// Applying ops: what comes back, what it is called, and who made it.
    @Suite struct OpTests {
        @Test("An op answers 201 with Location and the whole variable")
        func reply() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [1, 2]}"#).expect(201)
            let reply = try bench.op(#"{"op": "mul", "inputs": [2, "x"], "output": "y"}"#)
            reply.expect(
                201,
                #"{"name":"y","shape":[2],"dtype":"float32","requires_grad":true,"data":[2.0,4.0],"grad":null,"creator":{"op":"mul","inputs":[2,"x"],"args":{}}}"#
            )
            #expect(reply.headers["location"] == "\(bench.graph)/variables/y")
            #expect(try bench.read("y").text == reply.text)
            // The same name again: rebound, and the address is the same.
            let again = try bench.op(#"{"op": "add", "inputs": ["y", "y"], "output": "y"}"#)
            again.expect(201)
            #expect(again.headers["location"] == "\(bench.graph)/variables/y")
            #expect(try bench.array("y") == "[4.0,8.0]")
            #expect(try bench.read("y").member("creator") == #"{"args":{},"inputs":[null,null],"op":"add"}"#)
        }

        @Test("Without output the name is op_n, and never one in use")
        func madeUpNames() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [1, 2]}"#).expect(201)
            for name in ["neg_1", "neg_3", "exp_4"] { try bench.variable(name, #"{"data": 9}"#).expect(201) }
            var names: Set<String> = ["neg_1", "neg_3", "exp_4"]
            for op in ["neg", "neg", "exp", "neg", "exp"] {
                let reply = try bench.op(#"{"op": "\#(op)", "inputs": ["x"]}"#)
                reply.expect(201)
                let name = try #require(try reply.json["name"]?.string)
                #expect(name.wholeMatch(of: #/\w+_\d+/#) != nil && name.hasPrefix(op + "_"))
                #expect(names.insert(name).inserted, "\(name) was in use")
                #expect(reply.headers["location"] == "\(bench.graph)/variables/\(name)")
            }
            #expect(try bench.array("neg_1") == "9.0")
        }

        // MARK: creator

        @Test(
            "creator shows the op that the caller applied, its inputs and all its arguments",
            arguments: [
                (#""op": "mul", "inputs": ["m", "m"]"#, #"{"args":{},"inputs":["m","m"],"op":"mul"}"#),
                (#""op": "mul", "inputs": ["m", 0.5]"#, #"{"args":{},"inputs":["m",0.5],"op":"mul"}"#),
                (#""op": "mul", "inputs": ["m", [1, 2]]"#, #"{"args":{},"inputs":["m",null],"op":"mul"}"#),
                (#""op": "add", "inputs": ["m", "m", 1]"#, #"{"args":{},"inputs":["m","m",1],"op":"add"}"#),
                (#""op": "softmax", "inputs": ["m"]"#, #"{"args":{"axis":1},"inputs":["m"],"op":"softmax"}"#),
                (
                    #""op": "softmax", "inputs": {"x": "m"}, "args": {"axis": -1}"#,
                    #"{"args":{"axis":-1},"inputs":["m"],"op":"softmax"}"#
                ),
                (
                    #""op": "sum", "inputs": ["m"]"#,
                    #"{"args":{"axis":null,"keepdims":false},"inputs":["m"],"op":"sum"}"#
                ),
                (
                    #""op": "sum", "inputs": ["m"], "args": {"axis": [0, 1], "keepdims": true}"#,
                    #"{"args":{"axis":[0,1],"keepdims":true},"inputs":["m"],"op":"sum"}"#
                ),
                // Composite ops: not what they are made of.
                (
                    #""op": "mean", "inputs": ["m"]"#,
                    #"{"args":{"axis":null,"keepdims":false},"inputs":["m"],"op":"mean"}"#
                ),
                (
                    #""op": "mean", "inputs": ["m", "m"]"#,
                    #"{"args":{"axis":null,"keepdims":false},"inputs":["m","m"],"op":"mean"}"#
                ),
                (#""op": "square", "inputs": ["m"]"#, #"{"args":{},"inputs":["m"],"op":"square"}"#),
                (#""op": "floordiv", "inputs": ["m", 2]"#, #"{"args":{},"inputs":["m",2],"op":"floordiv"}"#),
                (
                    #""op": "clip", "inputs": ["m"], "args": {"x_min": 0, "x_max": null}"#,
                    #"{"args":{"x_max":null,"x_min":0.0},"inputs":["m"],"op":"clip"}"#
                ),
                (
                    #""op": "linear", "inputs": {"W": [[1, 2]], "x": "m"}"#,
                    #"{"args":{"n_batch_axes":1},"inputs":["m",null],"op":"linear"}"#
                ),
                (
                    #""op": "reshape", "inputs": ["m"], "args": {"shape": [4, -1]}"#,
                    #"{"args":{"shape":[4,-1]},"inputs":["m"],"op":"reshape"}"#
                ),
                (
                    #""op": "cast", "inputs": ["m"], "args": {"typ": "float64"}"#,
                    #"{"args":{"typ":"float64"},"inputs":["m"],"op":"cast"}"#
                ),
                (
                    #""op": "dropout", "inputs": ["m"], "args": {"seed": 7}"#,
                    #"{"args":{"ratio":0.5,"return_mask":false,"seed":7,"train":true},"inputs":["m"],"op":"dropout"}"#
                ),
            ])
        func creator(request: String, creator: String) throws {
            let bench = try Bench()
            try bench.variable("m", #"{"data": [[1, 2], [3, 4]]}"#).expect(201)
            let reply = try bench.op(#"{\#(request), "output": "y"}"#)
            reply.expect(201)
            #expect(try reply.member("creator").numbersAlike == creator.numbersAlike)
            #expect(try bench.read("y").member("creator") == reply.member("creator"))
        }

        @Test("creator shows the name that an input has now, null where it has none")
        func creatorFollowsNames() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [1, 2]}"#).expect(201)
            try bench.op(#"{"op": "mul", "inputs": [3, "x"], "output": "y"}"#).expect(201)
            try bench.client.delete("\(bench.graph)/variables/x").expectNoContent()
            #expect(try bench.read("y").member("creator") == #"{"args":{},"inputs":[3,null],"op":"mul"}"#)
            try bench.variable("x", #"{"data": [1, 2]}"#).expect(201)
            #expect(try bench.read("y").member("creator") == #"{"args":{},"inputs":[3,null],"op":"mul"}"#)
        }

        @Test("A seed that the server drew is shown, and draws the same again")
        func drawnSeed() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}"#).expect(201)
            let first = try bench.op(#"{"op": "dropout", "inputs": ["x"]}"#)
            first.expect(201)
            let seed = try #require(try first.json["creator"]?["args"]?["seed"]?.number)
            #expect(seed >= 0 && seed < 0x1p53)
            let again = try bench.op(#"{"op": "dropout", "inputs": ["x"], "args": {"seed": \#(Int(seed))}}"#)
            #expect(try again.member("data") == first.member("data"))
        }

        // MARK: Several results

        @Test("An op with several results answers with all of them, named by a list")
        func severalResults() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [1, 2, 3, 4]}"#).expect(201)
            let split = #""op": "split_axis", "inputs": ["x"], "args": {"indices_or_sections": 2, "axis": 0}"#
            let named = try bench.op(#"{\#(split), "output": ["p", "q"]}"#)
            named.expect(201)
            let outputs = try #require(try named.json["outputs"]?.list)
            #expect(outputs.compactMap { $0["name"]?.string } == ["p", "q"])
            #expect(try outputs.map { try $0["data"]?.sortedText() } == ["[1,2]", "[3,4]"])
            #expect(outputs.allSatisfy { $0["creator"]?["op"]?.string == "split_axis" })
            #expect(try bench.array("q") == "[3.0,4.0]")

            let madeUp = try bench.op("{\(split)}")
            let names = try #require(try madeUp.json["outputs"]?.list).compactMap { $0["name"]?.string }
            #expect(Set(names).count == 2 && names.allSatisfy { $0.hasPrefix("split_axis_") })

            // The gradient of one result leaves the other's part zero.
            try bench.post("grad", #"{"outputs": ["q"], "inputs": ["x"]}"#)
                .expect(200, #"{"grads":{"x":[0.0,0.0,1.0,1.0]}}"#)
        }

        @Test("A result that is not there is null, and its place in output is not looked at")
        func missingResult() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [1, 2]}"#).expect(201)
            let body = #"{"op": "dropout", "inputs": ["x"], "args": {"return_mask": true, "train": false}}"#
            let outputs = try #require(try bench.op(body).json["outputs"]?.list)
            #expect(outputs.count == 2 && outputs[1].isNull)
            #expect(try outputs[0]["data"]?.sortedText() == "[1,2]")
            let mask = #"{"op": "dropout", "inputs": ["x"], "args": {"return_mask": true}, "output": ["y", "m"]}"#
            #expect(
                try #require(try bench.op(mask).json["outputs"]?.list).compactMap { $0["name"]?.string } == ["y", "m"])
            #expect(try bench.read("m").json["requires_grad"]?.bool == false)
        }

        // MARK: Inputs

        @Test(
            "An input is a name, a number, an inline array, plain or with dtype and shape, by order or by name",
            arguments: [
                (#"{"op": "sub", "inputs": ["x", "x"]}"#, "float32", "[0.0,0.0]"),
                (#"{"op": "sub", "inputs": {"b": "x", "a": 5}}"#, "float32", "[4.0,3.0]"),
                (#"{"op": "sub", "inputs": [[5, 6], "x"]}"#, "float32", "[4.0,4.0]"),
                (#"{"op": "sub", "inputs": [[5, 6], "d"]}"#, "float64", "[4.0,4.0]"),
                (#"{"op": "sub", "inputs": [[5, 6], "i"]}"#, "int64", "[4,4]"),
                (#"{"op": "mul", "inputs": [[0.1, 0.1], [1, 2]]}"#, "float32", "[0.1,0.2]"),
                (#"{"op": "mul", "inputs": ["d", 0.1]}"#, "float64", "[0.1,0.2]"),
                (#"{"op": "mul", "inputs": ["i", 3]}"#, "int64", "[3,6]"),
                (#"{"op": "mul", "inputs": ["i", 3.0]}"#, "int64", "[3,6]"),
                (#"{"op": "mul", "inputs": [2, 3]}"#, "float32", "6.0"),
                (
                    #"{"op": "mul", "inputs": ["d", {"data": [3, 4], "dtype": "float64"}]}"#, "float64", "[3.0,8.0]"
                ),
                (
                    #"{"op": "mul", "inputs": ["x", {"data": [1, 2, 3, 4], "shape": [2, 2]}]}"#, "float32",
                    "[[1.0,4.0],[3.0,8.0]]"
                ),
                (#"{"op": "concat", "inputs": ["x", [7]], "args": {"axis": 0}}"#, "float32", "[1.0,2.0,7.0]"),
                (#"{"op": "concat", "inputs": {"xs": ["i", [7]]}, "args": {"axis": 0}}"#, "int64", "[1,2,7]"),
                (#"{"op": "where", "inputs": [[true, false], "x", 0]}"#, "float32", "[1.0,0.0]"),
                (#"{"op": "where", "inputs": {"condition": "t", "x": 0, "y": "x"}}"#, "float32", "[0.0,2.0]"),
                (#"{"op": "select_item", "inputs": [[[1, 2], [3, 4]], [1, 0]]}"#, "float32", "[2.0,3.0]"),
                // Conditions and labels say nothing of the dtype beside them.
                (#"{"op": "where", "inputs": ["t", [0.5, 1], [2, 3]]}"#, "float32", "[0.5,3.0]"),
                (#"{"op": "where", "inputs": ["t", [0.5, 1], "d"]}"#, "float64", "[0.5,2.0]"),
                (#"{"op": "where", "inputs": {"condition": "t", "x": [5, 6], "y": "i"}}"#, "int64", "[5,2]"),
                (#"{"op": "where", "inputs": ["t", [false, true], [true, true]]}"#, "bool", "[false,true]"),
                (#"{"op": "select_item", "inputs": [[[0.5, 2, 3], [4, 5, 6]], "i"]}"#, "float32", "[2.0,6.0]"),
                (#"{"op": "gt", "inputs": ["x", 1]}"#, "bool", "[false,true]"),
                (#"{"op": "argmax", "inputs": ["x"]}"#, "int32", "1"),
            ])
        func inputs(body: String, dtype: String, data: String) throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [1, 2]}"#).expect(201)
            try bench.variable("d", #"{"data": [1, 2], "dtype": "float64"}"#).expect(201)
            try bench.variable("i", #"{"data": [1, 2], "dtype": "int64"}"#).expect(201)
            try bench.variable("t", #"{"data": [true, false], "dtype": "bool"}"#).expect(201)
            let reply = try bench.op(body)
            reply.expect(201)
            #expect(try reply.json["dtype"]?.string == dtype)
            #expect(reply.text.contains("\"data\":\(data),"), "\(reply.text)")
        }

        // MARK: The catalogue

        @Test("Inputs and results nest as Chainer nests them, and an error leads to the array within")
        func nested() throws {
            let bench = try Bench()
            for (name, data) in [("h", "[[[0.5]]]"), ("w", "[[0]]"), ("b", "[0]"), ("x", "[[1]]")] {
                try bench.variable(name, #"{"data": \#(data)}"#).expect(201)
            }
            func call(_ last: String) -> String {
                let (weights, biases) = (
                    #""w", "w", "w", "w", "w", "w", "w", "w""#, #""b", "b", "b", "b", "b", "b", "b""#
                )
                return #"""
                    {"op": "n_step_lstm", "args": {"n_layers": 1, "dropout_ratio": 0, "seed": 1},
                     "inputs": {"hx": "h", "cx": "h", "ws": [[\#(weights)]], "bs": [[\#(biases), \#(last)]], "xs": ["x", [[2]]]},
                     "output": ["hy", "cy", ["y0", "y1"]]}
                    """#
            }
            let outputs = try bench.op(call(#""b""#)).json["outputs"]
            // All gates are half open, and nothing comes in.
            #expect(try outputs?[1]?["data"] == JSON("[[[0.125]]]"))
            #expect(outputs?[2]?[1]?["name"]?.string == "y1")
            let inputs = try bench.read("y0").json["creator"]?["inputs"]
            #expect(inputs?["ws"]?[0]?.list?.count == 8 && inputs?["xs"]?[0]?.string == "x")
            #expect(inputs?["xs"]?[1]?.isNull == true)
            let problem = try bench.op(call("[0, 0]")).expectProblem(422, "shape")
            #expect(problem["pointer"]?.string == "/inputs/bs/0/7")
        }

        @Test("The catalogue lists every op with its inputs, its arguments and their defaults")
        func catalogue() throws {
            let bench = try Bench()
            let ops = try #require(try bench.client.get("/v1/ops").json["ops"]?.list)
            let names = ops.compactMap { $0["op"]?.string }
            let wanted = """
                add sub mul div floordiv neg pow absolute matmul eq ne lt le gt ge sum mean max min argmax exp log sqrt \
                square sin cos tanh sigmoid relu softmax log_softmax softmax_cross_entropy mean_squared_error reshape \
                transpose broadcast_to sum_to concat split_axis get_item expand_dims squeeze cast clip where maximum \
                minimum logsumexp linear dropout
                """
            for name in wanted.split(separator: " ") { #expect(names.contains(String(name)), "\(name)") }
            #expect(names == names.sorted() && Set(names).count == names.count)
            #expect(!names.contains { $0.hasPrefix("_") })
            for op in ops {
                let name = try #require(op["op"]?.string)
                #expect(op["summary"]?.string?.isEmpty == false, "\(name)")
                // What takes no array makes one from its arguments.
                let (inputs, args) = (op["inputs"]?.list, op["args"]?.list)
                #expect(inputs?.isEmpty == false || (inputs != nil && args?.isEmpty == false), "\(name)")
                #expect(op["differentiable"]?.bool != nil && op["args"]?.list != nil && op["results"] != nil, "\(name)")
                #expect(try bench.client.get("/v1/ops/\(name)").json.sortedText() == op.sortedText())
            }
            let softmax = try bench.client.get("/v1/ops/softmax").json
            #expect(softmax["args"]?[0]?["name"]?.string == "axis")
            #expect(softmax["args"]?[0]?["default"]?.number == 1)
            #expect(try bench.client.get("/v1/ops/gt").json["differentiable"]?.bool == false)
        }
    }
}

extension String {
    /// The text with `4.0` written as `4`: where only the value is of interest.
    fileprivate var numbersAlike: String { replacing(".0", with: "") }
}
