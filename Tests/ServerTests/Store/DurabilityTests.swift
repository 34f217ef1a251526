import Foundation
import TestSupport
import Testing

/// What is there again when the program is.
@Suite("With --data")
struct DurabilityTests {
    /// All that can be read of a session, but for what the time of day changes.
    private func look(_ bench: OverHTTP.Bench) throws -> [String] {
        var seen: [String] = []
        let session = try bench.client.get("/v1/sessions/\(bench.session)")
        seen.append(try session.member("graphs") + session.member("nodes") + session.member("bytes"))
        for item in try bench.client.get("/v1/sessions/\(bench.session)/graphs").json["graphs"]?.list ?? [] {
            let graph = "/v1/sessions/\(bench.session)/graphs/\(item["graph"]?.string ?? "")"
            let list = try bench.client.get("\(graph)/variables")
            seen += [graph, try bench.client.get(graph).text, list.headers["etag"] ?? "", list.text]
            for variable in try list.json["variables"]?.list ?? [] {
                let name = variable["name"]?.string ?? ""
                seen.append(try bench.client.get("\(graph)/variables/\(name)?arrays=base64").text)
            }
        }
        return seen
    }

    @Test("A session is there again after kill -9, to the bit, and goes on", arguments: [SIGKILL, SIGTERM])
    func restart(_ signal: Int32) throws {
        let stored = try StoredService()
        var bench = try stored.bench()
        try bench.buildArticle()
        try bench.post("backward", #"{"output": "z", "grad_outputs": [[1, 1]]}"#).expect(200)
        try bench.variable("w", #"{"data": [[0.1, 0.2], [0.3, 0.4]], "dtype": "float64"}"#).expect(201)
        try bench.op(
            #"{"op": "split_axis", "inputs": ["w"], "args": {"indices_or_sections": 2, "axis": 0}, "output": ["a1", "a2"]}"#
        )
        .expect(201)
        try bench.post(
            "eval",
            ##"{"expr": "q = softmax(w @ w) ; r = dropout(q, ratio=0.5); s = q * 2"}"##
        )
        .expect(200)
        try bench.post(
            "grad",
            #"{"outputs": ["q"], "inputs": ["w"], "grad_outputs": [[[1,2],[3,4]]], "names": {"w": "gw"}, "enable_double_backprop": true}"#
        ).expect(200)
        let large = Array(repeating: "0.1", count: 5000).joined(separator: ",")
        try bench.variable("large", "{\"data\": [\(large)]}").expect(201)
        try bench.op(#"{"op": "reshape", "inputs": ["large"], "args": {"shape": [50, 100]}, "output": "table"}"#)
            .expect(201)
        try bench.client.delete("\(bench.graph)/variables/a").expectNoContent()
        try bench.client.put("/v1/sessions/\(bench.session)/graphs/empty").expect(201)
        let seen = try look(bench)
        #expect(seen.count > 15)
        try stored.restart(signal)
        bench = try stored.again(bench)
        #expect(try look(bench) == seen)
        // What was not to be changed was not, and gradients flow through what was restored.
        try bench.post("backward", #"{"output": "z", "grad_outputs": [[1, 1]]}"#)
            .expect(200, #"{"grads":{"x0":[8.0,8.0],"x1":[12.0,12.0]}}"#)
        let (grads, next) = (
            try bench.post("grad", #"{"outputs": ["gw"], "inputs": ["w"], "grad_outputs": [[[1,0],[0,1]]]}"#).text,
            try look(bench)
        )
        try stored.restart(signal)
        bench = try stored.again(bench)
        #expect(try look(bench) == next)
        #expect(
            try bench.post("grad", #"{"outputs": ["gw"], "inputs": ["w"], "grad_outputs": [[[1,0],[0,1]]]}"#).text
                == grads)
    }

    @Test("What was deleted, unbound and ended is not there again")
    func deletions() throws {
        let stored = try StoredService()
        let (kept, gone) = (try stored.bench(), try stored.bench())
        for bench in [kept, gone] { try bench.buildArticle() }
        try kept.client.put("/v1/sessions/\(kept.session)/graphs/h/variables/v", #"{"data": 1}"#).expect(201)
        try kept.client.delete(kept.graph).expectNoContent()
        try kept.variable("x0", #"{"data": [7]}"#).expect(201)
        try gone.client.delete("/v1/sessions/\(gone.session)").expectNoContent()
        try stored.restart()
        try stored.again(gone).client.get("/v1/sessions/\(gone.session)").expectProblem(404, "not-found")
        let bench = try stored.again(kept)
        #expect(try bench.client.get("/v1/sessions/\(kept.session)/graphs").json["graphs"]?.list?.count == 2)
        try bench.client.get("\(bench.graph)/variables").expect(
            200, #"{"variables":[{"name":"x0","shape":[1],"dtype":"float32"}]}"#)
        try bench.read("x1").expectProblem(404, "not-found")
    }

    @Test("A reply is kept with its change: a retry after the end of the process adds nothing up")
    func replies() throws {
        let stored = try StoredService()
        var bench = try stored.bench()
        try bench.buildArticle()
        let body = Data(#"{"output": "z", "grad_outputs": [[1, 1]]}"#.utf8)
        let first = try bench.client.send("POST", "\(bench.graph)/backward", body, headers: ["Idempotency-Key: one"])
        let made = try bench.client.send("POST", "/v1/sessions", Data("{}".utf8), headers: ["Idempotency-Key: new"])
        made.expect(201)
        try stored.restart()
        bench = try stored.again(bench)
        let again = try bench.client.send("POST", "\(bench.graph)/backward", body, headers: ["Idempotency-Key: one"])
        #expect(again.headers["idempotency-replayed"] == "true")
        #expect((again.status, again.text, again.headers["etag"]) == (first.status, first.text, first.headers["etag"]))
        #expect(try bench.grad("x0")?.list?.map(\.number) == [4, 4])
        try bench.client.send(
            "POST", "\(bench.graph)/backward", Data(#"{"output": "y"}"#.utf8), headers: ["Idempotency-Key: one"]
        ).expectProblem(422, "idempotency-key-reused")
        let remade = try bench.client.send("POST", "/v1/sessions", Data("{}".utf8), headers: ["Idempotency-Key: new"])
        #expect((remade.status, remade.text) == (made.status, made.text))
        // The names of new sessions and graphs do not come again either.
        try bench.client.post("/v1/sessions").expect(201)
        #expect(try bench.client.get("/v1/sessions/\(made.json["session"]?.string ?? "")").status == 200)
    }

    @Test("A session's time runs while the program does not")
    func expiry() throws {
        let stored = try StoredService()
        let bench = try stored.bench()
        try bench.buildArticle()
        try bench.client.put("/v1/sessions/\(bench.session)", #"{"ttl": 2}"#).expect(200)
        try stored.restart()
        try stored.again(bench).read("x0").expect(200)
        stored.end()
        Thread.sleep(forTimeInterval: 2.2)
        try stored.start()
        try stored.again(bench).read("x0").expectProblem(404, "not-found")
        try stored.again(bench).buildArticle()
    }

    @Test("Sessions of keys are their keys' own again")
    func keys() throws {
        let folder = FileManager.default.temporaryDirectory
        let file = folder.appending(path: "gradd-\(UUID().uuidString).keys")
        defer { try? FileManager.default.removeItem(at: file) }
        try KeyedService.lines(["ann", "bob"]).write(to: file, atomically: true, encoding: .utf8)
        let stored = try StoredService(["--api-keys", file.path])
        func client(_ name: String) throws -> CurlClient { try stored.service.client(key: KeyedService.key(name)) }
        let path = "/v1/sessions/demo/graphs/g/variables/x"
        try client("ann").put(path, #"{"data": 1}"#).expect(201)
        try client("bob").put(path, #"{"data": 2}"#).expect(201)
        try stored.restart()
        #expect(try client("ann").get(path).json["data"]?.number == 1.0)
        #expect(try client("bob").get(path).json["data"]?.number == 2.0)
        // Without keys nobody is ann, nor bob; their sessions are there when the keys are again.
        stored.end()
        #expect(try ProgramEnd.ready(["--port", "0", "--data", stored.directory.path]).hasPrefix("gradd listening"))
        try stored.start()
        #expect(try client("ann").get(path).json["data"]?.number == 1.0)
    }

    @Test("A graph that changes for ever takes bounded room, and sessions leave memory when it is short")
    func compaction() throws {
        let stored = try StoredService(["--max-memory", "4000000"])
        var bench = try stored.bench()
        let numbers = Array(repeating: "1", count: 50_000).joined(separator: ",")
        // 60 times 200 KB, of which one is alive.
        for round in 0..<60 {
            try bench.variable("x", "{\"data\": [\(numbers)]}").expect(round == 0 ? 201 : 200)
            try bench.variable("n", "{\"data\": \(round)}").expect(round == 0 ? 201 : 200)
        }
        let size = try FileManager.default.attributesOfItem(atPath: stored.database.path)[.size] as? Int
        #expect(try #require(size) < 8_000_000)
        // Ten sessions of 600 KB do not fit, but one at a time does.
        let benches = try (0..<10).map { _ in try stored.bench() }
        let text = Array(repeating: "2", count: 150_000).joined(separator: ",")
        for bench in benches {
            var reply = try bench.variable("y", "{\"data\": [\(text)]}")
            for _ in 0..<100 where reply.status != 201 {
                Thread.sleep(forTimeInterval: 0.1)
                reply = try bench.variable("y", "{\"data\": [\(text)]}")
            }
            reply.expect(201)
        }
        for bench in benches { #expect(try bench.client.get("\(bench.graph)/variables/y?arrays=none").status == 200) }
        try stored.restart()
        bench = try stored.again(bench)
        #expect(try bench.read("n").json["data"]?.number == 59.0)
        #expect(try bench.client.get("\(bench.graph)").json["bytes"]?.number == 200_004)
    }

    @Test("A second process, a foreign or a damaged file, a bad path are refused in one line, and left as they are")
    func refusals() throws {
        let stored = try StoredService()
        try stored.bench().buildArticle()
        func refused(_ words: String, at place: SourceLocation = #_sourceLocation) throws {
            let before = try Data(contentsOf: stored.database)
            let end = try ProgramEnd(["--port", "0", "--data", stored.directory.path])
            #expect(end.status == 1, sourceLocation: place)
            end.expectOneLine(at: place)
            #expect(end.errors.contains(words), "\(end.errors)", sourceLocation: place)
            #expect(try Data(contentsOf: stored.database) == before, sourceLocation: place)
        }
        try refused("in use by another process")
        stored.end(SIGTERM)
        var bytes = try Data(contentsOf: stored.database)
        // The log goes into the file when somebody opens and closes it.
        try stored.start()
        stored.end(SIGTERM)
        bytes = try Data(contentsOf: stored.database)
        var damaged = bytes
        for place in stride(from: 5000, to: damaged.count, by: 100) { damaged[place] ^= 0x55 }
        try damaged.write(to: stored.database)
        for end in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: stored.database.path + end) }
        try refused("damaged")
        try Data("This is somebody's letter, and not a database of any kind. ".utf8).write(to: stored.database)
        try refused("no database")
        var foreign = bytes
        foreign.replaceSubrange(68..<72, with: [1, 2, 3, 4])
        try foreign.write(to: stored.database)
        try refused("not a database of gradd's")
        var later = bytes
        later.replaceSubrange(60..<64, with: [0, 0, 0, 99])
        try later.write(to: stored.database)
        try refused("of the format 99")
        let end = try ProgramEnd(["--port", "0", "--data", "/proc/nothing/here"])
        #expect(end.status == 1)
        end.expectOneLine()
    }

    @Test("Where no more can be written the change is undone and says so, and reading goes on")
    func full() throws {
        let stored = try StoredService()
        var bench = try stored.bench()
        try bench.buildArticle()
        stored.end(SIGTERM)
        // Files of this program may not grow beyond the size that they have now, and a little.
        try stored.start()
        bench = try stored.again(bench)
        try bench.read("x0").expect(200)
        let seen = try look(bench)
        try stored.limitFiles(to: 200_000)
        let numbers = Array(repeating: "0.123456", count: 100_000).joined(separator: ",")
        let refused = try bench.variable("big", "{\"data\": [\(numbers)]}")
        #expect(refused.status == 500 || refused.status == 507, "\(refused.text)")
        try bench.read("big").expectProblem(404, "not-found")
        #expect(try look(bench) == seen)
        // What fits is kept again.
        try stored.limitFiles(to: 1 << 40)
        try bench.variable("small", #"{"data": 1}"#).expect(201)
        try stored.restart()
        #expect(try stored.again(bench).read("small").json["data"]?.number == 1.0)
        #expect(try stored.again(bench).read("big").status == 404)
    }
}
