import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Server

/// The disk fails, at every place where it may.
@Suite("On a disk that fails")
struct FailureTests {
    private func bench(_ service: FailingService) throws -> OverHTTP.Bench { OverHTTP.Bench(try service.client()) }

    /// Steps of a session's life; each is one write.
    private static let steps: [(String, @Sendable (OverHTTP.Bench) throws -> Reply)] = [
        ("x", { try $0.variable("x", #"{"data": [1, 2]}"#) }),
        ("y", { try $0.op(#"{"op": "mul", "inputs": ["x", "x"], "output": "y"}"#) }),
        ("backward", { try $0.post("backward", #"{"output": "y", "grad_outputs": [[1, 1]]}"#) }),
        ("data", { try $0.client.put("\($0.graph)/variables/x/data", "[3, 4]") }),
        ("cleargrad", { try $0.post("cleargrad", "{}") }),
        ("unchain", { try $0.post("unchain", #"{"variable": "y"}"#) }),
        ("rename", { try $0.variable("x", #"{"data": [5]}"#) }),
        ("delete", { try $0.client.delete("\($0.graph)/variables/y") }),
        ("second graph", { try $0.client.put("/v1/sessions/\($0.session)/graphs/h") }),
        ("ttl", { try $0.client.put("/v1/sessions/\($0.session)", #"{"ttl": 77}"#) }),
        ("remove", { try $0.client.delete("/v1/sessions/\($0.session)/graphs/g") }),
        ("end", { try $0.client.delete("/v1/sessions/\($0.session)") }),
    ]

    private func look(_ bench: OverHTTP.Bench) throws -> [String] {
        var seen: [String] = []
        for path in [
            "", "/graphs", "/graphs/g", "/graphs/g/variables", "/graphs/g/variables/x", "/graphs/g/variables/y",
        ] {
            let reply = try bench.client.get("/v1/sessions/\(bench.session)\(path)")
            // The time of day is no state.
            let text = reply.text.replacing(#/"expires_at":"[^"]*"/#, with: "")
            seen.append("\(reply.status) \(reply.headers["etag"] ?? "") \(text)")
        }
        return seen
    }

    @Test(
        "A change that cannot be written is undone, and made by the next attempt", arguments: steps.indices,
        [(StoreError.full("test"), 507, "storage-full"), (.failed("test"), 500, "storage")].map { $0 })
    func everyStep(_ index: Int, _ failure: (error: StoreError, status: Int, type: String)) throws {
        let service = try FailingService()
        let bench = try bench(service)
        for (_, step) in Self.steps[..<index] { #expect((200..<300).contains(try step(bench).status)) }
        let before = try look(bench)
        service.store.fail(failure.error)
        try Self.steps[index].1(bench).expectProblem(failure.status, failure.type)
        // Where it ended the session, that comes back in a moment.
        var after = try look(bench)
        for _ in 0..<100 where after != before {
            Thread.sleep(forTimeInterval: 0.01)
            after = try look(bench)
        }
        #expect(after == before)
        for (name, step) in Self.steps[index...] {
            let reply = try step(bench)
            #expect((200..<300).contains(reply.status), "\(name): \(reply.text)")
        }
    }

    @Test("After a failed sync nothing is written any more, and reading goes on")
    func failedSync() throws {
        let service = try FailingService()
        let (bench, other) = (try bench(service), try bench(service))
        try bench.buildArticle()
        let before = try look(bench)
        service.store.fail(.unsafe("test"))
        try bench.variable("w", #"{"data": 1}"#).expectProblem(503, "read-only")
        let writes = service.store.writes
        for _ in 0..<3 {
            try bench.variable("w", #"{"data": 1}"#).expectProblem(503, "read-only")
            try other.variable("w", #"{"data": 1}"#).expectProblem(503, "read-only")
            #expect(try look(bench) == before)
            try bench.post("grad", #"{"outputs": ["z"], "inputs": ["x0"], "grad_outputs": [[1, 1]]}"#)
                .expect(200, #"{"grads":{"x0":[4.0,4.0]}}"#)
        }
        #expect(service.store.writes == writes)
    }

    @Test("No reply shows what is not kept: not the change's own, not one that reads it, nor a list")
    func order() throws {
        let service = try FailingService()
        let bench = try bench(service)
        try bench.buildArticle()
        let (session, graph) = (bench.session, bench.graph)
        let disk = service.store.hold()
        nonisolated(unsafe) let held = service  // it is only asked for clients
        let works = [
            Background { try held.client().put("\(graph)/variables/x0", #"{"data": [9, 9]}"#) },
            Background {
                Thread.sleep(forTimeInterval: 0.2)
                return try held.client().get("\(graph)/variables/x0")
            },
            Background {
                Thread.sleep(forTimeInterval: 0.2)
                return try held.client().get("\(graph)/variables/nothing")
            },
            Background {
                Thread.sleep(forTimeInterval: 0.2)
                return try held.client().get("/v1/sessions")
            },
            Background {
                Thread.sleep(forTimeInterval: 0.2)
                return try held.client().get("/v1/sessions/nothing")
            },
        ]
        Thread.sleep(forTimeInterval: 0.6)
        #expect(works.allSatisfy { !$0.isDone })
        // What shows no state does not wait.
        try service.client().get("/health").expect(200)
        service.store.fail(.full("test"))
        disk.signal()
        try works[0].reply().expectProblem(507, "storage-full")
        try works[1].reply().expectProblem(507, "storage-full")
        service.store.letGo()
        disk.signal()
        #expect(
            try service.client().get("/v1/sessions/\(session)/graphs/g/variables/x0").json["data"]?.sortedText()
                == "[0,1]")
    }

    @Test("A key whose change was lost is free again")
    func keys() throws {
        let service = try FailingService()
        let bench = try bench(service)
        try bench.buildArticle()
        let body = Data(#"{"output": "z", "grad_outputs": [[1, 1]]}"#.utf8)
        func backward() throws -> Reply {
            try bench.client.send("POST", "\(bench.graph)/backward", body, headers: ["Idempotency-Key: k"])
        }
        service.store.fail(.failed("test"))
        try backward().expectProblem(500, "storage")
        for isReplay in [false, true] {
            let reply = try backward()
            reply.expect(200, #"{"grads":{"x0":[4.0,4.0],"x1":[6.0,6.0]}}"#)
            #expect((reply.headers["idempotency-replayed"] == "true") == isReplay)
        }
    }

    @Test("What no request waits for gets its turn though changes never cease")
    func maintenance() throws {
        let service = try FailingService()
        let benches = try (0..<2).map { _ in try bench(service) }
        for bench in benches { try bench.variable("x", #"{"data": 1}"#).expect(201) }
        let disk = service.store.hold()
        nonisolated(unsafe) let held = service  // it is only asked for clients
        func change(_ bench: OverHTTP.Bench) -> Background {
            let graph = bench.graph
            let work = Background { try held.client().put("\(graph)/variables/y", #"{"data": 2}"#) }
            Thread.sleep(forTimeInterval: 0.3)
            return work
        }
        // The second is in line before the first is written: the line is never empty.
        let first = change(benches[0])
        let second = change(benches[1])
        service.owners.archive?.journal.sync()
        disk.signal()
        try first.reply().expect(201)
        for _ in 0..<100 where service.store.syncs == 0 { Thread.sleep(forTimeInterval: 0.01) }
        #expect(service.store.syncs == 1 && !second.isDone)
        service.store.letGo()
        disk.signal()
        try second.reply().expect(201)
    }

    @Test("Many requests share one wait for the disk")
    func groupCommit() throws {
        let service = try FailingService()
        let benches = try (0..<16).map { _ in try bench(service) }
        for bench in benches { try bench.variable("x", #"{"data": 1}"#).expect(201) }
        let (before, disk) = (service.store.writes, service.store.hold())
        nonisolated(unsafe) let held = service  // it is only asked for clients
        let works = benches.map { bench in
            let graph = bench.graph
            return Background { try held.client().put("\(graph)/variables/y", #"{"data": 2}"#) }
        }
        Thread.sleep(forTimeInterval: 0.5)
        service.store.letGo()
        disk.signal()
        for work in works { try work.reply().expect(201) }
        #expect(service.store.writes - before == 2)
    }
}
