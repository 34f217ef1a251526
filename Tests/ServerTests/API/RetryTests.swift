import Foundation
import TestSupport
import Testing

extension OverHTTP.Bench {
    fileprivate func send(
        _ method: String, _ path: String, _ body: String? = nil, key: String, headers: [String] = []
    ) throws -> Reply {
        try client.send(
            method, path, body.map { Data($0.utf8) }, headers: ["Idempotency-Key: \(key)"] + headers)
    }
}

extension OverHTTP {
    /// `Idempotency-Key`: a request that is sent again does nothing again.
    @Suite struct RetryTests {
        @Test("A backward that is sent again with its key counts once, and gets the same reply")
        func backward() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": 3}"#).expect(201)
            try bench.op(#"{"op": "square", "inputs": ["x"], "output": "y"}"#).expect(201)
            let body = #"{"output": "y"}"#
            let first = try bench.send("POST", bench.graph + "/backward", body, key: "a")
            first.expect(200, #"{"grads":{"x":6.0}}"#)
            #expect(first.headers["idempotency-replayed"] == nil)
            let state = try bench.state()
            for _ in 0..<3 {
                // Over another connection too.
                let client = try #require(RunningService.current).client()
                let again = try client.send(
                    "POST", bench.graph + "/backward", Data(body.utf8), headers: ["Idempotency-Key: a"])
                again.expect(200, #"{"grads":{"x":6.0}}"#)
                #expect(again.headers["idempotency-replayed"] == "true")
                for name in ["etag", "content-type", "cache-control", "vary", "content-length"] {
                    #expect(again.headers[name] == first.headers[name], "\(name)")
                }
            }
            #expect(try bench.state() == state)
            try bench.send("POST", bench.graph + "/backward", body, key: "b").expect(200, #"{"grads":{"x":12.0}}"#)
            try bench.post("backward", body).expect(200, #"{"grads":{"x":18.0}}"#)
        }

        @Test("PUT and DELETE are replayed as POST is, with their status and Location")
        func otherMethods() throws {
            let bench = try Bench()
            let path = bench.graph + "/variables/x"
            for replayed in [nil, "true"] {
                let reply = try bench.send("PUT", path, #"{"data": 1}"#, key: "put")
                reply.expect(201)
                #expect(reply.headers["location"] == path)
                #expect(reply.headers["idempotency-replayed"] == replayed)
            }
            try bench.client.put(path, #"{"data": 2}"#).expect(200)
            try bench.send("PUT", path, #"{"data": 1}"#, key: "put").expect(201)
            #expect(try bench.array("x") == "2.0")
            for replayed in [nil, "true"] {
                let reply = try bench.send("DELETE", path, key: "delete")
                reply.expectNoContent()
                #expect(reply.headers["idempotency-replayed"] == replayed)
            }
            try bench.client.delete(path).expectProblem(404, "not-found")
        }

        @Test("The same key with another method, target or body is 422, and changes nothing")
        func conflict() throws {
            let bench = try Bench()
            let path = bench.graph + "/variables/x"
            try bench.send("PUT", path, #"{"data": 1}"#, key: "k").expect(201)
            let state = try bench.state()
            for (method, target, body) in [
                ("PUT", path, #"{"data": 2}"#), ("PUT", path, #"{"data": 1} "#),
                ("PUT", path + "?pretty", #"{"data": 1}"#),
                ("PUT", bench.graph + "/variables/y", #"{"data": 1}"#), ("POST", bench.graph + "/cleargrad", ""),
                ("DELETE", path, ""),
            ] {
                let problem = try bench.send(method, target, body, key: "k")
                    .expectProblem(422, "idempotency-key-reused")
                #expect(problem["actual"]?.string == "k")
            }
            #expect(try bench.state() == state)
        }

        @Test("A failure is not kept: a retry runs anew")
        func failure() throws {
            let bench = try Bench()
            let (path, body) = (bench.graph + "/backward", #"{"output": "y"}"#)
            try bench.send("POST", path, body, key: "k").expectProblem(404, "not-found")
            try bench.variable("x", #"{"data": 3}"#).expect(201)
            try bench.send("POST", path, body, key: "k").expectProblem(422, "unknown-name")
            try bench.op(#"{"op": "square", "inputs": ["x"], "output": "y"}"#).expect(201)
            let reply = try bench.send("POST", path, body, key: "k")
            reply.expect(200, #"{"grads":{"x":6.0}}"#)
            #expect(reply.headers["idempotency-replayed"] == nil)
        }

        @Test("While the first request is running the same key is 409, and its reply is there afterwards")
        func inFlight() throws {
            let bench = try Bench()
            try bench.bindMatrix()
            let work = try bench.startLong(headers: ["Idempotency-Key: long"])
            bench.waitUntilBusy()
            let body = #"{"outputs": ["p"], "inputs": ["row"], "set_grad": true}"#
            let reply = try bench.send("POST", bench.graph + "/grad", body, key: "long")
            try reply.expectProblem(409, "conflict")
            #expect(reply.headers["retry-after"] == "1")
            #expect(!work.isDone)
            let first = try work.reply()
            let again = try bench.send("POST", bench.graph + "/grad", body, key: "long")
            #expect(again.headers["idempotency-replayed"] == "true")
            #expect(again.text == first.text)
        }

        @Test("A key is looked up before preconditions")
        func preconditions() throws {
            let bench = try Bench()
            let path = bench.graph + "/variables/x"
            let create = ["If-None-Match: *"]
            try bench.send("PUT", path, #"{"data": 1}"#, key: "k", headers: create).expect(201)
            try bench.send("PUT", path, #"{"data": 1}"#, key: "k", headers: create).expect(201)
            try bench.send("PUT", path, #"{"data": 1}"#, key: "other", headers: create)
                .expectProblem(412, "precondition-failed")
            let tag = try #require(bench.client.get(bench.graph).headers["etag"])
            let match = ["If-Match: \(tag)"]
            try bench.send("POST", bench.graph + "/cleargrad", key: "c", headers: match).expect(200)
            try bench.send("POST", bench.graph + "/cleargrad", key: "c", headers: match).expect(200)
            try bench.send("POST", bench.graph + "/cleargrad", key: "d", headers: match)
                .expectProblem(412, "precondition-failed")
        }

        @Test("A key belongs to its session, and goes with it")
        func scope() throws {
            let (one, two) = (try Bench(), try Bench())
            for bench in [one, two] {
                try bench.send("PUT", bench.graph + "/variables/x", #"{"data": 1}"#, key: "k").expect(201)
            }
            try one.client.delete("/v1/sessions/\(one.session)").expectNoContent()
            let reply = try one.send("PUT", one.graph + "/variables/x", #"{"data": 2}"#, key: "k")
            reply.expect(201)
            #expect(try one.array("x") == "2.0")
            // Where the path names no session, it is a session of its own.
            let key = "k\(UInt64.random(in: 0 ... .max))"
            let first = try one.send("POST", "/v1/sessions", #"{"ttl": 60}"#, key: key)
            first.expect(201)
            let second = try two.send("POST", "/v1/sessions", #"{"ttl": 60}"#, key: key)
            #expect(second.text == first.text && second.headers["location"] == first.headers["location"])
            try two.send("POST", "/v1/run", #"{"steps": []}"#, key: key).expectProblem(422, "idempotency-key-reused")
            let draw = #"{"expr": "dropout(x)", "variables": {"x": [1, 1, 1, 1, 1, 1, 1, 1]}}"#
            let drawn = try one.send("POST", "/v1/eval", draw, key: key + "e")
            #expect(try one.send("POST", "/v1/eval", draw, key: key + "e").text == drawn.text)
        }

        @Test("A body over 64 KiB is not kept: its replay is the minimal form, and says so")
        func largeBody() throws {
            let bench = try Bench()
            let numbers = "[" + String(repeating: "1,", count: 29_999) + "1]"
            let path = bench.graph + "/variables/x"
            let first = try bench.send("PUT", path, #"{"data": \#(numbers)}"#, key: "put")
            #expect(first.body.count > 65_536)
            #expect(first.headers["preference-applied"] == nil)
            let again = try bench.send("PUT", path, #"{"data": \#(numbers)}"#, key: "put")
            again.expect(
                201, #"{"name":"x","shape":[30000],"dtype":"float32","requires_grad":true,"creator":null}"#)
            #expect(again.headers["preference-applied"] == "return=minimal")
            #expect(again.headers["location"] == path)
            let tag = try #require(first.headers["etag"])
            #expect(again.headers["etag"] == tag.dropLast() + "-minimal\"")
            // The steps of a run are not done again.
            let steps =
                #"{"steps": [{"expr": "y = square(x)"}, {"backward": {"output": "y", "grad_outputs": ["x"]}}, {"get": "y"}], "reply": ["x"]}"#
            let run = try bench.send("POST", bench.graph + "/run", steps, key: "run")
            run.expect(200)
            #expect(run.body.count > 65_536)
            let grad = try bench.gradient("x")
            let rerun = try bench.send("POST", bench.graph + "/run", steps, key: "run")
            #expect(try rerun.json["results"]?.list?.count == 1)
            #expect(try rerun.json["results"]?.list?[0]["shape"] == .list([.int(30000)]))
            #expect(try rerun.json["variables"]?["x"]?["data"] == nil)
            #expect(rerun.headers["preference-applied"] == "return=minimal")
            #expect(try bench.gradient("x") == grad)
            // Where even that is long, nothing of it is kept.
            let long = "{\"steps\": [" + Array(repeating: #"{"get": "x"}"#, count: 1500).joined(separator: ",") + "]}"
            let minimal = ["Prefer: return=minimal"]
            let thousand = try bench.send("POST", bench.graph + "/run", long, key: "long", headers: minimal)
            #expect(thousand.body.count > 65_536)
            try bench.send("POST", bench.graph + "/run", long, key: "long", headers: minimal).expect(200, "{}")
        }

        @Test(
            "A key is one field of 1 to 255 printable characters",
            arguments: ["", String(repeating: "k", count: 256), "ü"])
        func badKey(_ key: String) throws {
            let bench = try Bench()
            let field = key.isEmpty ? "Idempotency-Key;" : "Idempotency-Key: \(key)"
            let reply = try bench.client.send(
                "PUT", bench.graph + "/variables/x", Data(#"{"data": 1}"#.utf8), headers: [field])
            try reply.expectProblem(400, "bad-request")
            let twice = try bench.client.send(
                "PUT", bench.graph + "/variables/x", Data(#"{"data": 1}"#.utf8),
                headers: ["Idempotency-Key: a", "Idempotency-Key: a"])
            try twice.expectProblem(400, "bad-request")
            try bench.client.get(bench.graph).expectProblem(404, "not-found")
            let longest = String(repeating: "k", count: 255)
            try bench.send("PUT", bench.graph + "/variables/x", #"{"data": 1}"#, key: longest).expect(201)
        }

        @Test("GET takes no notice of a key")
        func safeMethods() throws {
            let bench = try Bench()
            try bench.send("GET", "/health", key: "k").expect(200)
            let other = try bench.send("GET", "/v1/sessions", key: "k")
            other.expect(200)
            #expect(other.headers["idempotency-replayed"] == nil)
        }

        @Test("Of many that send one key at once one is done, the others are told 409 or its reply")
        func race() async throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": 3}"#).expect(201)
            try bench.op(#"{"op": "square", "inputs": ["x"], "output": "y"}"#).expect(201)
            let (service, path) = (try #require(RunningService.current), bench.graph + "/backward")
            for round in 1...20 {
                try await onThreads(4) { _ in
                    let reply = try service.client().send(
                        "POST", path, Data(#"{"output": "y"}"#.utf8), headers: ["Idempotency-Key: \(round)"])
                    #expect([200, 409].contains(reply.status))
                    if reply.status == 200 { reply.expect(200, "{\"grads\":{\"x\":\(6 * round).0}}") }
                }
            }
            #expect(try bench.gradient("x") == "120.0")
        }
    }
}
