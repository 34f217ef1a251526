import Foundation
import TestSupport
import Testing

@testable import Server

/// What a key may ask for and hold, and that it gets back what it gave back.
struct QuotaTests {
    private typealias Bench = OverHTTP.Bench

    /// Checks that a request is refused for a quota, names it, and changes nothing of the bench's graph.
    private func expectRefused(_ bench: Bench, _ limit: String, _ send: () throws -> Reply) throws {
        let state = try bench.state()
        let problem = try send().expectProblem(403, "quota")
        let detail = try #require(problem["detail"]?.string)
        #expect(detail.contains(limit) && problem["expected"]?.string?.contains(limit) == true, "\(detail)")
        #expect(problem["actual"]?.string != nil)
        #expect(try bench.state() == state)
    }

    @Test("Sessions are counted, however they come to be, and given back")
    func sessions() throws {
        let keyed = try KeyedService(["alice", "bob"], ["--key-sessions", "2"])
        let bench = try keyed.bench("alice")
        let client = bench.client
        try bench.variable("x", #"{"data": 1}"#).expect(201)
        try client.put("/v1/sessions/two").expect(201)
        for (method, path, body) in [
            ("PUT", "/v1/sessions/three", ""), ("POST", "/v1/sessions", ""),
            ("PUT", "/v1/sessions/three/graphs/g/variables/x", #"{"data": 1}"#),
            ("POST", "/v1/sessions/three/graphs/g/run", #"{"steps": []}"#),
            ("POST", "/v1/sessions/three/graphs/g/eval", #"{"expr": "x = 1"}"#),
        ] {
            try expectRefused(bench, "2 sessions") { try client.send(method, path, Data(body.utf8)) }
            try client.get("/v1/sessions/three").expectProblem(404, "not-found")
        }
        // What is there goes on, and others are not held back.
        try bench.variable("y", #"{"data": 1}"#).expect(201)
        try client.put("/v1/sessions/two").expect(200)
        try client.post("/v1/eval", #"{"expr": "1"}"#).expect(200)
        for name in ["one", "two"] { try keyed.client("bob").put("/v1/sessions/\(name)").expect(201) }
        // One that ends, and one whose request failed, count no more.
        try client.delete("/v1/sessions/two").expectNoContent()
        for _ in 0..<3 {
            try client.put("/v1/sessions/three/graphs/g/variables/x", #"{"data": "?"}"#)
                .expectProblem(400, "bad-request")
        }
        let made = try client.post("/v1/sessions")
        made.expect(201)
        try client.post("/v1/sessions").expectProblem(403, "quota")
        try client.delete(try #require(made.headers["location"])).expectNoContent()
        try client.put("/v1/sessions/three").expect(201)
    }

    @Test("Nodes are counted over all of a key's graphs, and given back")
    func nodes() throws {
        let keyed = try KeyedService(["alice", "bob"], ["--key-nodes", "9"])
        let bench = try keyed.bench("alice")
        // Six variables, and the three numbers in their formulas.
        try bench.buildArticle()
        #expect(try bench.client.get("/v1/sessions/\(bench.session)").json["nodes"]?.number == 9)
        for (path, body) in [
            ("\(bench.graph)/ops", #"{"op": "neg", "inputs": ["x0"]}"#),
            ("\(bench.graph)/run", #"{"steps": [{"delete": "z"}, {"expr": "z = -x0; w = -z"}]}"#),
            ("\(bench.graph)/eval", #"{"expr": "w = -x0"}"#), ("/v1/eval", #"{"expr": "x = 1"}"#),
            ("/v1/run", #"{"variables": {"x": 1}, "steps": []}"#),
            ("/v1/sessions/other/graphs/g/eval", #"{"expr": "x = 1"}"#),
            (
                "\(bench.graph)/grad",
                #"{"outputs": ["z"], "inputs": ["x0"], "enable_double_backprop": true, "names": ["g"]}"#
            ),
        ] {
            try expectRefused(bench, "9 nodes") { try bench.client.post(path, body) }
        }
        try expectRefused(bench, "9 nodes") { try bench.variable("w", #"{"data": 1}"#) }
        try expectRefused(bench, "9 nodes") { try bench.client.put("\(bench.graph)2/variables/w", #"{"data": 1}"#) }
        try bench.client.get("/v1/sessions/other").expectProblem(404, "not-found")
        // A gradient that is not kept takes no node, and what others hold is theirs.
        try bench.post("grad", #"{"outputs": ["z"], "inputs": ["x0"]}"#).expect(200)
        try keyed.bench("bob").buildArticle()
        // Nodes go with what they were computed for, and can be taken again and again.
        for _ in 0..<3 {
            for name in ["a", "b", "y", "z", "x1"] {
                try bench.client.delete("\(bench.graph)/variables/\(name)").expectNoContent()
            }
            #expect(try bench.client.get("/v1/sessions/\(bench.session)").json["nodes"]?.number == 1)
            try bench.client.post("/v1/eval", #"{"expr": "a = [1.0, 2.0]; b = a * a; c = b + a"}"#).expect(200)
            try bench.variable("x1", #"{"data": [2, 3]}"#).expect(201)
            try bench.buildArticleAgain()
        }
        try bench.client.delete("/v1/sessions/\(bench.session)").expectNoContent()
        try bench.buildArticle()
    }

    @Test("Bytes are counted over all of a key's arrays, however they come, and given back")
    func memory() throws {
        let keyed = try KeyedService(["alice", "bob"], ["--key-memory", "4000"])
        let bench = try keyed.bench("alice")
        // 800 float32: 3200 bytes.
        let numbers = "[" + String(repeating: "1,", count: 799) + "1]"
        try bench.variable("x", #"{"data": \#(numbers)}"#).expect(201)
        let npy = try bench.client.get("\(bench.graph)/variables/x/data", headers: ["Accept: application/x-npy"])
        for (method, path, body) in [
            ("PUT", "\(bench.graph)/variables/y", #"{"data": \#(numbers)}"#),
            ("PUT", "\(bench.graph)/variables/x/grad", numbers), ("PUT", "\(bench.graph)/variables/x/data", numbers),
            ("POST", "\(bench.graph)/ops", #"{"op": "neg", "inputs": ["x"]}"#),
            ("POST", "\(bench.graph)/ops", #"{"op": "broadcast_to", "inputs": [1], "args": {"shape": [100, 100]}}"#),
            ("POST", "\(bench.graph)/backward", #"{"output": "x", "grad_outputs": [\#(numbers)]}"#),
            ("PUT", "/v1/sessions/other/graphs/g/variables/y", #"{"data": \#(numbers)}"#),
            ("POST", "/v1/eval", #"{"expr": "broadcast_to(1.0, (100, 100))"}"#),
        ] {
            try expectRefused(bench, "4000") { try bench.client.send(method, path, Data(body.utf8)) }
            try expectRefused(bench, "4000") { try bench.client.send(method, path, Data(body.utf8), chunked: true) }
        }
        let type = ["Content-Type: application/x-npy"]
        try expectRefused(bench, "4000") {
            try bench.client.send("PUT", "\(bench.graph)/variables/x/data", npy.body, headers: type)
        }
        #expect(try bench.client.get("/v1/sessions/\(bench.session)").json["bytes"]?.number == 3200)
        try keyed.bench("bob").variable("x", #"{"data": \#(numbers)}"#).expect(201)
        try bench.client.delete("\(bench.graph)/variables/x").expectNoContent()
        for _ in 0..<3 {
            try bench.variable("y", #"{"data": \#(numbers)}"#).expect(201)
            try bench.client.delete(bench.graph).expectNoContent()
        }
    }

    @Test("A rate is a key's own: as many at once as in a second, then 429 until there is room")
    func rate() throws {
        let keyed = try KeyedService(["alice", "bob"], ["--key-rate", "3"])
        let (alice, bob) = (try keyed.client("alice"), try keyed.client("bob"))
        let start = ContinuousClock.now
        for path in ["/v1/ops/add", "/nowhere", "/v1/sessions"] { #expect(try alice.get(path).status != 429) }
        let refused = try alice.put("/v1/sessions/s")
        // On a machine that was away for a while there is room again.
        if ContinuousClock.now - start < .milliseconds(300) {
            let problem = try refused.expectProblem(429, "too-many-requests")
            #expect(refused.headers["retry-after"] == "1")
            #expect(problem["expected"]?.string == "at most 3 requests a second")
        }
        try bob.get("/v1/sessions").expect(200)
        for _ in 0..<10 {
            try alice.get("/health").expect(200)
            try keyed.service.client().get("/v1/sessions").expectProblem(401, "unauthorized")
        }
        Thread.sleep(forTimeInterval: 1)
        try alice.get("/v1/sessions").expect(200, #"{"sessions":[]}"#)
    }

    @Test("A token comes in its time, and no more are kept than come in a second")
    func bucket() {
        let bucket = TokenBucket(rate: 4)
        let second: Int64 = 1_000_000_000
        // At the given time, in quarters of a second, so many are there.
        for (time, count) in [(0, 4), (0, 0), (1, 1), (3, 2), (20, 4), (21, 1), (22, 1), (22, 0)] as [(Int64, Int)] {
            let now = 50 * second + time * second / 4
            for _ in 0..<count { #expect(bucket.take(at: now) == nil, "\(time)") }
            #expect(bucket.take(at: now) == second / 4, "\(time)")
            #expect(bucket.take(at: now + 1) == second / 4 - 1, "\(time)")
        }
        let free = TokenBucket(rate: nil)
        for _ in 0..<1000 { #expect(free.take(at: 0) == nil) }
    }

    @Test(
        "Requests of a key that run at once are bounded; each gives back its place, also where it fails or is dropped")
    func concurrency() throws {
        let keyed = try KeyedService(["alice", "bob"], ["--key-concurrency", "1"])
        try RunningService.$current.withValue(keyed.service) {
            let bench = try keyed.bench("alice")
            try bench.bindMatrix()
            // Long enough for all that is asked meanwhile, on a busy machine too.
            let path = "\(bench.graph)/run"
            let step = #"{"grad": {"outputs": ["p"], "inputs": ["row"]}}"#
            let body = #"{"reply": [], "steps": ["# + Array(repeating: step, count: 2).joined(separator: ",") + "]}"
            let work = Background { try keyed.client("alice").post(path, body) }
            bench.waitUntilBusy()
            for path in [bench.graph, "/v1/ops", "/nowhere"] {
                let reply = try bench.client.get(path)
                let problem = try reply.expectProblem(429, "too-many-requests")
                #expect(reply.headers["retry-after"] == "1" && problem["expected"]?.string == "at most 1 at once")
            }
            try bench.client.get("/health").expect(200)
            try keyed.client("bob").get("/v1/sessions").expect(200)
            #expect(!work.isDone)
            try work.reply().expect(200)
            // On a loop and off it, answered and failed: the place is free as soon as the reply is there.
            let long = String(repeating: " ", count: 100_000)
            for (path, body, status) in [
                ("\(bench.graph)/cleargrad", "", 200), ("\(bench.graph)/cleargrad", "{" + long + "}", 200),
                ("\(bench.graph)/backward", #"{"output": "m"}"#, 422),
                ("\(bench.graph)/backward", #"{"output": "m"}"# + long, 422),
                ("\(bench.graph)/ops", #"{"op": "matmul", "inputs": ["m", "row", "m"]}"#, 422),
                ("\(bench.graph)/ops", "{", 400), ("\(bench.graph)/ops", long + "{", 400),
                ("\(bench.graph)/ops?x=1", "{}", 400), ("/v1/eval", #"{"expr": "1"}"#, 200),
                ("/v1/eval", #"{"expr": "1"}"# + long, 200), ("/v1/eval", #"{"expr": "m"}"# + long, 422),
                ("/nowhere", long, 404), ("/v1/ops", long, 405), ("/health", long, 405),
                ("/v1/sessions/none/graphs/g/backward", long, 404),
            ] {
                for _ in 0..<3 {
                    let reply = try bench.client.post(path, body)
                    #expect(reply.status == status, "\(path) \(body.prefix(40)): \(reply.text)")
                }
            }
            // Whoever hangs up has the place until what it asked for is done.
            let client = try Client(port: Int(keyed.service.port))
            client.write(
                "POST \(path) HTTP/1.1\r\nHost: localhost\r\n\(bench.client.headers[0])\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            bench.waitUntilBusy()
            client.close()
            try bench.client.get("/v1/ops/add").expectProblem(429, "too-many-requests")
            var status = 429
            for _ in 0..<2000 where status == 429 {
                Thread.sleep(forTimeInterval: 0.01)
                status = try bench.client.get("/v1/ops/add").status
            }
            #expect(status == 200)
        }
    }

    @Test("Of many requests at once as many are let in as may be, and no place is lost")
    func contention() async throws {
        let keyed = try KeyedService(["alice"], ["--key-concurrency", "2", "--key-rate", "0"])
        try await onThreads(8) { number in
            let client = try keyed.client("alice")
            for round in 0..<50 {
                let body =
                    round % 2 == 0 ? #"{"expr": "1"}"# : #"{"expr": "x"}"# + String(repeating: " ", count: 70_000)
                #expect([200, 422, 429].contains(try client.post("/v1/eval", body).status))
            }
        }
        for _ in 0..<10 { try keyed.client("alice").get("/v1/ops/add").expect(200) }
    }

    @Test("Without keys a quota holds for all callers together, if it is given; with keys there are defaults")
    func anonymous() throws {
        let service = try RunningService.start([
            "--key-sessions", "1", "--key-nodes", "2", "--key-memory", "1000", "--key-concurrency", "0",
        ])
        defer { service.stop() }
        let bench = Bench(try service.client())
        try bench.variable("x", #"{"data": [1, 2]}"#).expect(201)
        try expectRefused(bench, "1 sessions") { try bench.client.put("/v1/sessions/two") }
        try expectRefused(bench, "2") { try bench.client.post("/v1/eval", #"{"expr": "x = 1; y = -x"}"#) }
        try expectRefused(bench, "1000") { try bench.op(#"{"op": "tile", "inputs": ["x"], "args": {"reps": 200}}"#) }
        let none = try QuotaOptions.parse([]).quotas(hasKeys: false, maxMemory: 100)
        #expect(
            [none.rate, none.concurrency, none.memory, none.sessions, none.nodes] == Array(repeating: nil, count: 5))
        let keys = try QuotaOptions.parse([]).quotas(hasKeys: true, maxMemory: 100)
        #expect([keys.rate, keys.concurrency, keys.memory] == [10_000, 256, 50])
        #expect([keys.sessions, keys.nodes] == [10_000, 1_000_000])
        #expect(try QuotaOptions.parse(["--key-memory", "0"]).quotas(hasKeys: true, maxMemory: 100).memory == nil)
    }

    @Test("--max-memory holds for all keys together")
    func allTogether() throws {
        let keyed = try KeyedService(["alice", "bob"], ["--max-memory", "4000", "--key-memory", "3000"])
        let numbers = "[" + String(repeating: "1,", count: 599) + "1]"
        try keyed.bench("alice").variable("x", #"{"data": \#(numbers)}"#).expect(201)
        let bob = try keyed.bench("bob")
        try bob.variable("x", #"{"data": \#(numbers)}"#).expectProblem(403, "quota")
        try bob.variable("x", #"{"data": [1]}"#).expect(201)
    }
}
