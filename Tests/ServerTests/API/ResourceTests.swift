import Foundation
import TestSupport
import Testing

extension OverHTTP {
    /// Sessions, graphs and variables: how they come to be, are read, listed and go.
    @Suite struct ResourceTests {
        // MARK: Sessions

        @Test("PUT makes a session once: 201 with Location, then 200")
        func session() throws {
            let bench = try Bench()
            let path = "/v1/sessions/\(bench.session)"
            let new = try bench.client.put(path)
            new.expect(201)
            #expect(new.headers["location"] == path)
            #expect(new.headers["content-type"] == "application/json")
            #expect(new.headers["cache-control"] == "no-store")
            #expect(new.headers["x-content-type-options"] == "nosniff")
            #expect(new.headers["content-length"] == "\(new.body.count)")
            #expect(new.headers["date"]?.hasSuffix(" GMT") == true)
            for reply in [new, try bench.client.put(path, "{}"), try bench.client.get(path)] {
                let session = try reply.json
                #expect(session["session"]?.string == bench.session)
                #expect(session["ttl"]?.number == 86400)
                for key in ["graphs", "nodes", "bytes"] { #expect(session[key]?.number == 0) }
            }
            #expect(try bench.client.put(path).status == 200)
            #expect(try bench.client.put(path).headers["location"] == nil)
            try bench.client.delete(path).expectNoContent()
            try bench.client.get(path).expectProblem(404, "not-found")
            try bench.client.delete(path).expectProblem(404, "not-found")
        }

        @Test("A session ends ttl seconds after its last request, with 0 never")
        func ttl() throws {
            let bench = try Bench()
            let path = "/v1/sessions/\(bench.session)"
            try bench.client.put(path, #"{"ttl": 0}"#).expect(201)
            #expect(try bench.client.get(path).json["expires_at"]?.isNull == true)
            let reply = try bench.client.put(path, #"{"ttl": 3600}"#)
            reply.expect(200)
            #expect(try reply.json["ttl"]?.number == 3600)
            let expiry = try Date(try #require(reply.json["expires_at"]?.string), strategy: .iso8601)
            #expect(abs(expiry.timeIntervalSinceNow - 3600) < 60)
            // A PUT without ttl leaves it.
            #expect(try bench.client.put(path).json["ttl"]?.number == 3600)

            try bench.variable("x", #"{"data": 1}"#).expect(201)
            try bench.client.put(path, #"{"ttl": 3}"#).expect(200)
            for _ in 0..<4 {
                // Every request renews it. (A task that sleeps would wait for other tests as well.)
                Thread.sleep(forTimeInterval: 1)
                try bench.read("x").expect(200)
            }
            Thread.sleep(forTimeInterval: 3.2)
            try bench.read("x").expectProblem(404, "not-found")
            try bench.client.get(path).expectProblem(404, "not-found")
            #expect(try bench.client.put(path).json["graphs"]?.number == 0)
        }

        // MARK: Graphs

        @Test("PUT makes a graph in a session that is there; DELETE ends it")
        func graph() throws {
            let bench = try Bench()
            try bench.client.put(bench.graph).expectProblem(404, "not-found")
            try bench.client.put("/v1/sessions/\(bench.session)").expect(201)
            try bench.client.get(bench.graph).expectProblem(404, "not-found")
            let empty = #"{"graph":"g","variables":0,"nodes":0,"bytes":0}"#
            let new = try bench.client.put(bench.graph)
            new.expect(201, empty)
            #expect(new.headers["location"] == bench.graph)
            try bench.client.put(bench.graph).expect(200, empty)
            try bench.client.get(bench.graph).expect(200, empty)
            try bench.variable("x", #"{"data": [1, 2]}"#).expect(201)
            let kept = try bench.client.put(bench.graph)
            kept.expect(200)
            #expect(try kept.json["variables"]?.number == 1)
            try bench.client.delete(bench.graph).expectNoContent()
            try bench.client.get(bench.graph).expectProblem(404, "not-found")
            try bench.read("x").expectProblem(404, "not-found")
            #expect(try bench.client.get("/v1/sessions/\(bench.session)").json["graphs"]?.number == 0)
        }

        @Test("A PUT of a variable makes its session and graph")
        func creationByVariable() throws {
            let bench = try Bench()
            let new = try bench.variable("x", #"{"data": [1, 2]}"#)
            new.expect(
                201,
                #"{"name":"x","shape":[2],"dtype":"float32","requires_grad":true,"data":[1.0,2.0],"grad":null,"creator":null}"#
            )
            #expect(new.headers["location"] == "\(bench.graph)/variables/x")
            #expect(try bench.client.get("/v1/sessions/\(bench.session)").json["graphs"]?.number == 1)
            #expect(try bench.client.get(bench.graph).json["variables"]?.number == 1)
            #expect(try bench.read("x").text == new.text)
        }

        @Test(
            "A first PUT that fails leaves neither a session nor a graph",
            arguments: [#"{"data": [1,}"#, #"{"data": [[1], [2, 3]]}"#, #"{"data": 1, "dtype": "int33"}"#, "{}"])
        func failedCreation(body: String) throws {
            let bench = try Bench()
            #expect(try bench.variable("x", body).status >= 400)
            try bench.client.get("/v1/sessions/\(bench.session)").expectProblem(404, "not-found")
            try bench.client.put("/v1/sessions/\(bench.session)").expect(201)
            #expect(try bench.variable("x", body).status >= 400)
            try bench.client.get(bench.graph).expectProblem(404, "not-found")
        }

        // MARK: Variables

        @Test(
            "A name is a letter or _, then up to 127 letters, digits, _ . -, of any case, percent-encoded or not",
            arguments: ["_", "a", "Z", "A.b-c_9", "nan", "infinity", "x.", "x-", String(repeating: "n", count: 128)])
        func names(_ name: String) throws {
            let bench = try Bench()
            let reply = try bench.variable(name, #"{"data": 1}"#)
            reply.expect(201)
            #expect(try reply.json["name"]?.string == name)
            #expect(reply.headers["location"] == "\(bench.graph)/variables/\(name)")
            let encoded = name.utf8.map { "%" + String($0, radix: 16) }.joined()
            try bench.read(encoded).expect(200, String(reply.text.dropLast()))
            // As the name of all else, too.
            try bench.client.put("/v1/sessions/\(bench.session)/graphs/\(name)").expect(201)
            try bench.op(#"{"op": "identity", "inputs": ["\#(name)"], "output": "\#(name)"}"#).expect(201)
        }

        @Test("A name bound again answers 200, and its grad is null again")
        func rebinding() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [1, 2]}"#).expect(201)
            try bench.op(#"{"op": "sum", "inputs": ["x"], "output": "y"}"#).expect(201)
            try bench.post("backward", #"{"output": "y"}"#).expect(200, #"{"grads":{"x":[1.0,1.0]}}"#)
            let again = try bench.variable("x", #"{"data": [[3]], "dtype": "float64"}"#)
            again.expect(
                200,
                #"{"name":"x","shape":[1,1],"dtype":"float64","requires_grad":true,"data":[[3.0]],"grad":null,"creator":null}"#
            )
            #expect(again.headers["location"] == nil)
            #expect(try bench.gradient("x") == "null")
            // The old node lives on below y, without a name.
            #expect(try bench.read("y").member("creator").contains(#""inputs":[null]"#))
            try bench.post("grad", #"{"outputs": ["y"], "inputs": ["x"]}"#).expect(200, #"{"grads":{"x":null}}"#)
            try bench.post("backward", #"{"output": "y"}"#).expect(200, #"{"grads":{}}"#)
        }

        @Test("data and grad are read alone and set in place, by a copy too")
        func arrays() throws {
            let bench = try Bench()
            let path = "\(bench.graph)/variables"
            try bench.variable("x", #"{"data": [1, 2]}"#).expect(201)
            try bench.variable("s", #"{"data": 3}"#).expect(201)
            try bench.client.get("\(path)/x/data").expect(200, "[1.0,2.0]")
            try bench.client.get("\(path)/s/data").expect(200, "3.0")
            try bench.client.get("\(path)/x/grad").expect(200, "null")
            try bench.op(#"{"op": "mul", "inputs": ["x", "x"], "output": "y"}"#).expect(201)

            try bench.client.put("\(path)/x/data", "[5, 6]").expectNoContent()
            try bench.client.put("\(path)/x/grad", #"{"data": [0.5, 0.25]}"#).expectNoContent()
            #expect(try bench.array("x") == "[5.0,6.0]")
            #expect(try bench.gradient("x") == "[0.5,0.25]")
            // The forward value stays; backward sees the new data, and adds.
            #expect(try bench.array("y") == "[1.0,4.0]")
            try bench.post("backward", #"{"output": "y", "grad_outputs": [[1, 1]]}"#)
                .expect(200, #"{"grads":{"x":[10.5,12.25]}}"#)

            try bench.client.put("\(path)/x/data", #"{"from": "y"}"#).expectNoContent()
            try bench.client.put("\(path)/y/data", "[0, 0]").expectNoContent()
            #expect(try bench.array("x") == "[1.0,4.0]", "a copy")
            try bench.client.put("\(path)/x/grad", #"{"from": "x"}"#).expectNoContent()
            #expect(try bench.gradient("x") == "[1.0,4.0]")
            try bench.client.put("\(path)/x/grad", "null").expectNoContent()
            #expect(try bench.gradient("x") == "null")
        }

        @Test("requires_grad false keeps backward away; grad works all the same")
        func requiresGrad() throws {
            let bench = try Bench()
            try bench.variable("c", #"{"data": [1, 2], "requires_grad": false}"#).expect(201)
            try bench.variable("x", #"{"data": [3, 4], "requires_grad": true}"#).expect(201)
            #expect(try bench.read("c").json["requires_grad"]?.bool == false)
            try bench.op(#"{"op": "mul", "inputs": ["c", "x"], "output": "p"}"#).expect(201)
            try bench.op(#"{"op": "sum", "inputs": ["p"], "output": "y"}"#).expect(201)
            try bench.post("backward", #"{"output": "y"}"#).expect(200, #"{"grads":{"x":[1.0,2.0]}}"#)
            #expect(try bench.gradient("c") == "null")
        }

        @Test("DELETE unbinds a name, and what was made of it goes on")
        func deletion() throws {
            let bench = try Bench()
            try bench.buildArticle()
            for name in ["a", "b", "y"] {
                try bench.client.delete("\(bench.graph)/variables/\(name)").expectNoContent()
                try bench.read(name).expectProblem(404, "not-found")
                try bench.client.delete("\(bench.graph)/variables/\(name)").expectProblem(404, "not-found")
            }
            try bench.post("grad", #"{"outputs": ["z"], "inputs": ["x0", "x1"]}"#)
                .expect(200, #"{"grads":{"x0":[4.0,4.0],"x1":[6.0,6.0]}}"#)
            #expect(try bench.client.get(bench.graph).json["variables"]?.number == 3)
        }

        @Test("What is deleted counts no more: nodes and bytes go back to 0")
        func counts() throws {
            let bench = try Bench()
            let session = "/v1/sessions/\(bench.session)"
            try bench.buildArticle()
            try bench.post("backward", #"{"output": "z", "grad_outputs": [[1, 1]], "retain_grad": true}"#).expect(200)
            let full = try bench.client.get(bench.graph).json
            // Six variables of two float32s, and grads of four different values at least.
            #expect((full["bytes"]?.number ?? 0) >= 10 * 8)
            #expect((full["nodes"]?.number ?? 0) >= 6)
            #expect(try bench.client.get(session).json["bytes"]?.number == full["bytes"]?.number)
            #expect(try bench.client.get(session).json["nodes"]?.number == full["nodes"]?.number)
            for name in ["x0", "x1", "a", "b", "y", "z"] {
                try bench.client.delete("\(bench.graph)/variables/\(name)").expectNoContent()
            }
            try bench.client.get(bench.graph).expect(200, #"{"graph":"g","variables":0,"nodes":0,"bytes":0}"#)

            try bench.buildArticle()
            try bench.client.delete(bench.graph).expectNoContent()
            let empty = try bench.client.get(session).json
            for key in ["graphs", "nodes", "bytes"] { #expect(empty[key]?.number == 0, "\(key)") }
        }

        @Test("zerograd makes the grads zeros, of float variables where none is named")
        func zerograd() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [1, 2]}"#).expect(201)
            try bench.variable("i", #"{"data": [1], "dtype": "int32"}"#).expect(201)
            try bench.variable("y", #"{"data": 1}"#).expect(201)
            try bench.post("zerograd", #"{"variables": []}"#).expect(200, "{}")
            #expect(try bench.gradient("x") == "null")
            try bench.post("zerograd", #"{"variables": ["x"]}"#).expect(200, "{}")
            #expect(try bench.gradient("x") == "[0.0,0.0]")
            #expect(try bench.gradient("y") == "null")
            try bench.post("zerograd").expect(200, "{}")
            #expect(try bench.gradient("y") == "0.0")
            try bench.post("cleargrad").expect(200, "{}")
            #expect(try bench.gradient("x") == "null")
        }
    }
}
