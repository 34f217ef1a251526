import Foundation
import TestSupport
import Testing

extension OverHTTP {
    /// `run`: steps as data, in one round trip, all or none.
    @Suite struct RunTests {
        @Test("Steps run in order, and each answers what its request would")
        func steps() throws {
            let bench = try Bench()
            let reply = try bench.post(
                "run",
                #"""
                {"steps": [
                  {"variable": "x", "data": [1, 2]},
                  {"op": "mul", "inputs": ["x", "x"], "output": "y"},
                  {"op": "sum", "inputs": ["y"], "output": "z"},
                  {"backward": {"output": "z"}},
                  {"grad": {"outputs": ["z"], "inputs": ["x", "y"]}},
                  {"get": "x"},
                  {"set_grad": {"variable": "x", "value": [7, 8]}},
                  {"backward": {"output": "z"}},
                  {"cleargrad": {}},
                  {"zerograd": {"variables": ["x"]}},
                  {"set_data": {"variable": "x", "value": "y"}},
                  {"get": "x"},
                  {"unchain": {"variable": "y"}},
                  {"grad": {"outputs": ["z"], "inputs": ["x"]}},
                  {"delete": "y"}
                ]}
                """#)
            #expect(reply.status == 200, "\(reply.text)")
            let results = try #require(try reply.json["results"])
            #expect(results.list?.count == 15)
            #expect(try results[1]?["data"] == JSON("[1, 4]"))
            #expect(try results[1]?["creator"] == JSON(#"{"op": "mul", "inputs": ["x", "x"], "args": {}}"#))
            #expect(try results[3] == JSON(#"{"grads": {"x": [2, 4]}}"#))
            #expect(try results[4] == JSON(#"{"grads": {"x": [2, 4], "y": [1, 1]}}"#))
            #expect(try results[5]?["grad"] == JSON("[2, 4]"))
            #expect(try results[7] == JSON(#"{"grads": {"x": [9, 12]}}"#))
            #expect(try results[11]?["data"] == JSON("[1, 4]"))
            #expect(try results[11]?["grad"] == JSON("[0, 0]"))
            #expect(try results[13] == JSON(#"{"grads": {"x": null}}"#))
            #expect(try bench.read("y").status == 404)
        }

        @Test("A step that fails undoes all before it, and is named by a pointer")
        func allOrNone() throws {
            let bench = try Bench()
            try bench.buildArticle()
            _ = try bench.post("backward", #"{"output": "z", "grad_outputs": [[1, 1]]}"#)
            func state() throws -> [String] {
                try ["x0", "x1", "a", "b", "y", "z"].map { try bench.read($0).text } + [
                    bench.client.get(bench.graph).text
                ]
            }
            let before = try state()
            for (step, pointer) in [
                (#"{"op": "add", "inputs": ["nothing", 1]}"#, "/steps/8/inputs/0"),
                (#"{"op": "softmax", "inputs": ["x0"], "args": {"axis": 5}}"#, "/steps/8/args/axis"),
                (#"{"backward": {"output": "y"}}"#, "/steps/8/backward/output"),
                (#"{"what": 1}"#, "/steps/8/what"), (#"{"variable": "x0", "data": [[1], 2]}"#, "/steps/8/data/1"),
                (#"{"set_data": {"variable": "x0", "value": [1, 2, 3]}}"#, "/steps/8/set_data/value"),
                (#"{"variable": "x0", "data": [1, 2], "shape": [3]}"#, "/steps/8/shape"),
            ] {
                let reply = try bench.post(
                    "run",
                    #"""
                    {"steps": [{"variable": "x0", "data": [5, 6]}, {"variable": "new", "data": 1}, {"delete": "x1"},
                      {"set_data": {"variable": "z", "value": [0, 0]}}, {"op": "exp", "inputs": ["z"]},
                      {"backward": {"output": "z", "grad_outputs": [[1, 1]]}}, {"zerograd": {"variables": ["a"]}},
                      {"unchain": {"variable": "z", "backward": true}}, \#(step)]}
                    """#)
                #expect([400, 422].contains(reply.status), "\(reply.text)")
                #expect(try reply.json["pointer"]?.string == pointer, "\(reply.text)")
                #expect(try state() == before, "after \(step)")
            }
            // What the walks use is as it was, too.
            let grads = try bench.post("grad", #"{"outputs": ["z"], "inputs": ["x0", "x1"]}"#)
            #expect(try grads.json["grads"] == JSON(#"{"x0": [4, 4], "x1": [6, 6]}"#))
        }

        @Test("A step that fails without a place of its own is named all the same")
        func placeOfStep() throws {
            let bench = try Bench()
            for op in ["det", "slogdet"] {
                let output = op == "det" ? #""d""# : #"["s", "d"]"#
                let reply = try bench.client.post(
                    "/v1/run",
                    #"{"variables": {"x": [[1, 1], [1, 1]]}, "steps": [{"op": "\#(op)", "inputs": ["x"], "#
                        + #""output": \#(output)}, {"grad": {"outputs": ["d"], "inputs": ["x"]}}]}"#)
                let problem = try reply.expectProblem(422, "no-gradient")
                #expect(problem["pointer"]?.string == "/steps/1")
                #expect(problem["op"]?.string == op)
            }
            let length = #"{"steps": [{"op": "linspace", "args": {"start": 0, "stop": 1, "num": 1000000000000}}]}"#
            let problem = try bench.client.post("/v1/run", length).expectProblem(422, "too-large")
            #expect(problem["pointer"]?.string == "/steps/0/args")
        }

        @Test("A name that a gradient takes starts anew, and a failing run gives every grad back")
        func gradientsOverNames() throws {
            let bench = try Bench()
            _ = try bench.variable("x", #"{"data": [1, 1]}"#)
            _ = try bench.variable("a", #"{"data": [1, 2]}"#)
            _ = try bench.client.put("\(bench.graph)/variables/a/grad", "[5, 6]")
            // The gradient by a is what was given for it: a itself.
            let grad =
                #"{"outputs": ["x"], "inputs": ["x", "a"], "grad_inputs": [null, "a"], "enable_double_backprop": true, "names": ["a", "z"]}"#
            #expect(try bench.post("run", #"{"steps": [{"grad": \#(grad)}, {"get": "nosuch"}]}"#).status == 422)
            #expect(try bench.grad("a") == JSON("[5, 6]"))
            #expect(try bench.post("grad", grad).status == 200)
            #expect(try bench.read("z").json["data"] == JSON("[1, 2]"))
            #expect(try bench.grad("z")?.isNull == true)
        }

        @Test("A formula counts as a change, whatever it differentiates, and reply names once what it is asked twice")
        func formulaSteps() throws {
            let bench = try Bench()
            let before = try bench.variable("x", #"{"data": 2}"#).headers["etag"]
            let reply = try bench.post(
                "run",
                #"{"steps": [{"expr": "y = 2 * x", "grad": {"outputs": ["y"], "inputs": ["x"]}}], "reply": ["y", "y"]}"#
            )
            #expect(reply.status == 200 && reply.headers["etag"] != before)
            #expect(reply.text.components(separatedBy: #""name":"y""#).count == 2)
        }

        @Test("With reply only the gets are answered, and the variables named")
        func reply() throws {
            let bench = try Bench()
            let reply = try bench.post(
                "run",
                #"""
                {"steps": [{"variable": "w", "data": [1.0]}, {"op": "square", "inputs": ["w"], "output": "l"}, {"get": "w"},
                  {"grad": {"outputs": ["l"], "inputs": ["w"], "names": ["gw"]}},
                  {"op": "mul", "inputs": ["gw", 0.25], "output": "step"}, {"op": "sub", "inputs": ["w", "step"], "output": "v"},
                  {"set_data": {"variable": "w", "value": "v"}}], "reply": ["w", "gw"]}
                """#)
            #expect(reply.status == 200, "\(reply.text)")
            #expect(try reply.json["results"]?.list?.count == 1)
            #expect(try reply.json["variables"]?["w"]?["data"] == JSON("[0.5]"))
            #expect(try reply.json["variables"]?["gw"]?["data"] == JSON("[2]"))
            #expect(try bench.post("run", #"{"steps": [{"get": "w"}], "reply": []}"#).json["variables"] == JSON("{}"))
        }

        @Test("Without a session the graph is gone with the reply")
        func sessionless() throws {
            let client = try #require(RunningService.current).client()
            let reply = try client.post(
                "/v1/run",
                #"""
                {"variables": {"x": [1, 2], "t": {"data": 3, "dtype": "float64"}},
                 "steps": [{"op": "exp", "inputs": ["x"], "output": "y"}], "reply": ["t"]}
                """#)
            #expect(reply.status == 200, "\(reply.text)")
            #expect(try reply.json["variables"]?["t"]?["dtype"]?.string == "float64")
            #expect(reply.headers["location"] == nil)
            #expect(try client.post("/v1/run", #"{"steps": [{"get": "x"}]}"#).status == 422)
            #expect(try client.post("/v1/run", #"{"steps": [{"op": "exp", "inputs": [1]}]}"#).status == 200)
        }

        @Test("A batch of ten thousand steps works")
        func long() throws {
            let bench = try Bench()
            let step = #"{"op": "add", "inputs": ["x", 1], "output": "x"}"#
            let steps = Array(repeating: step, count: 10_000).joined(separator: ",")
            let reply = try bench.post("run", #"{"steps": [{"variable": "x", "data": 0}, \#(steps)], "reply": ["x"]}"#)
            #expect(try reply.json["variables"]?["x"]?["data"] == JSON("10000"))
        }

        @Test("unchain makes a leaf, unchain_backward leaves of all before it")
        func unchain() throws {
            let bench = try Bench()
            try bench.buildArticle()
            #expect(try bench.post("unchain", #"{"variable": "y"}"#).text == "{}\n")
            #expect(try bench.read("y").json["creator"]?.isNull == true)
            #expect(try bench.read("a").json["creator"]?.isNull == false)
            let grads = try bench.post("grad", #"{"outputs": ["z"], "inputs": ["y", "x0"]}"#)
            #expect(try grads.json["grads"] == JSON(#"{"y": [2, 2], "x0": null}"#))
            try bench.buildArticleAgain()
            #expect(try bench.post("unchain", #"{"variable": "z", "backward": true}"#).status == 200)
            for name in ["a", "b", "y", "z"] { #expect(try bench.read(name).json["creator"]?.isNull == true) }
        }
    }

    /// Sessions whose name the service makes up.
    @Suite struct SessionTests {
        @Test("POST makes a session that no list shows, with a ttl of its own")
        func post() throws {
            let client = try #require(RunningService.current).client()
            let reply = try client.post("/v1/sessions", #"{"ttl": 60}"#)
            #expect(reply.status == 201)
            let name = try #require(try reply.json["session"]?.string)
            #expect(name.count > 24)
            #expect(reply.headers["location"] == "/v1/sessions/\(name)")
            #expect(try client.get("/v1/sessions/\(name)").json["ttl"]?.number == 60)
            let chosen = try Bench()
            _ = try chosen.variable("x", #"{"data": 1}"#)
            var (names, next): ([String], String?) = ([], "/v1/sessions?limit=3")
            while let path = next {
                let page = try client.get(path).json
                names += page["sessions"]?.list?.compactMap { $0["session"]?.string } ?? []
                next = page["next"]?.string.map { "/v1/sessions?limit=3&cursor=\($0)" }
            }
            #expect(names.contains(chosen.session) && !names.contains(name))
            #expect(Set(names).count == names.count)
            #expect(try client.delete("/v1/sessions/\(name)").status == 204)
            #expect(try client.get("/v1/sessions/\(name)").status == 404)
        }

        @Test("A session ends when nobody has asked for its ttl")
        func expiry() async throws {
            let client = try #require(RunningService.current).client()
            let bench = try Bench()
            #expect(try client.put("/v1/sessions/\(bench.session)", #"{"ttl": 1}"#).status == 201)
            #expect(try bench.variable("x", #"{"data": 1}"#).status == 201)
            try await Task.sleep(for: .milliseconds(1300))
            #expect(try bench.read("x").status == 404)
            #expect(try bench.variable("x", #"{"data": 2}"#).status == 201)
        }
    }
}
