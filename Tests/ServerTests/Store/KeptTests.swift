import Foundation
import TestSupport
import Testing

@testable import Server

/// What must not get lost between memory and disk.
@Suite("Between memory and disk")
struct KeptTests {
    @Test("Names that come after a restart have places of their own, through restarts and compaction")
    func places() throws {
        let stored = try StoredService()
        var bench = try stored.bench()
        func names(_ bench: OverHTTP.Bench) throws -> [String] {
            var (names, path) = ([String](), "\(bench.graph)/variables?limit=1")
            while names.count < 20 {
                let page = try bench.client.get(path).json
                names += page["variables"]?.list?.compactMap { $0["name"]?.string } ?? []
                guard let next = page["next"]?.string else { break }
                path = "\(bench.graph)/variables?limit=1&cursor=\(next)"
            }
            return names
        }
        for name in ["a", "b", "c"] { try bench.variable(name, #"{"data": 1}"#).expect(201) }
        try stored.restart()
        bench = try stored.again(bench)
        for name in ["d", "e"] { try bench.variable(name, #"{"data": 1}"#).expect(201) }
        #expect(try names(bench) == ["a", "b", "c", "d", "e"])
        try stored.restart()
        bench = try stored.again(bench)
        #expect(try names(bench) == ["a", "b", "c", "d", "e"])
        // Enough is written for what was to be replaced by what is.
        let numbers = Array(repeating: "1", count: 100_000).joined(separator: ",")
        for _ in 0..<8 { #expect((200...201).contains(try bench.variable("large", "{\"data\": [\(numbers)]}").status)) }
        try stored.restart()
        bench = try stored.again(bench)
        #expect(try names(bench) == ["a", "b", "c", "d", "e", "large"])
        try bench.read("e").expect(200)
    }

    @Test("A session that is only read lives on, through a restart and a failed write", arguments: [SIGTERM, SIGKILL])
    func onlyRead(_ signal: Int32) throws {
        let stored = try StoredService()
        var bench = try stored.bench()
        try bench.variable("x", #"{"data": 1}"#).expect(201)
        try bench.client.put("/v1/sessions/\(bench.session)", #"{"ttl": 12}"#).expect(200)
        // Longer than it lives without use, read all the time.
        for _ in 0..<28 {
            Thread.sleep(forTimeInterval: 0.5)
            try bench.read("x").expect(200)
        }
        try stored.limitFiles(to: 1)
        #expect(try bench.variable("y", #"{"data": 1}"#).status >= 500)
        try bench.read("x").expect(200)
        try stored.restart(signal)
        bench = try stored.again(bench)
        try bench.read("x").expect(200)
    }

    @Test("A retry that stood in line while its first request was lost is not told that it was done")
    func lostReplay() throws {
        let service = try FailingService()
        let bench = OverHTTP.Bench(try service.client())
        try bench.buildArticle()
        let body = Data(#"{"output": "z", "grad_outputs": [[1, 1]]}"#.utf8)
        let (path, disk) = ("\(bench.graph)/backward", service.store.hold())
        nonisolated(unsafe) let held = service  // it is only asked for clients
        let works = (0..<3).map { number in
            Background {
                Thread.sleep(forTimeInterval: 0.2 * Double(number))
                return try held.client().send("POST", path, body, headers: ["Idempotency-Key: k"])
            }
        }
        Thread.sleep(forTimeInterval: 0.8)
        service.store.fail(.full("test"))
        service.store.letGo()
        disk.signal()
        for work in works { #expect(try work.reply().status == 507) }
        #expect(try bench.grad("x0") == .null)
        try bench.client.send("POST", path, body, headers: ["Idempotency-Key: k"])
            .expect(200, #"{"grads":{"x0":[4.0,4.0],"x1":[6.0,6.0]}}"#)
    }

    @Test("A session whose end was lost still knows its keys")
    func lostEnd() throws {
        let service = try FailingService()
        let bench = OverHTTP.Bench(try service.client())
        try bench.buildArticle()
        let body = Data(#"{"output": "z", "grad_outputs": [[1, 1]]}"#.utf8)
        func backward() throws -> Reply {
            try bench.client.send("POST", "\(bench.graph)/backward", body, headers: ["Idempotency-Key: k"])
        }
        try backward().expect(200)
        service.store.fail(.full("test"))
        try bench.client.delete("/v1/sessions/\(bench.session)").expectProblem(507, "storage-full")
        var reply = try backward()
        for _ in 0..<100 where reply.status == 404 {
            Thread.sleep(forTimeInterval: 0.01)
            reply = try backward()
        }
        #expect(reply.status == 200 && reply.headers["idempotency-replayed"] == "true", "\(reply.text)")
        #expect(try bench.grad("x0")?.list?.map(\.number) == [4, 4])
    }

    @Test("While nothing can be written a session cannot be deleted either")
    func readOnly() throws {
        let service = try FailingService()
        let bench = OverHTTP.Bench(try service.client())
        try bench.buildArticle()
        service.store.fail(.unsafe("test"))
        try bench.variable("w", #"{"data": 1}"#).expectProblem(503, "read-only")
        try bench.client.delete("/v1/sessions/\(bench.session)").expectProblem(503, "read-only")
        try bench.read("x0").expect(200)
    }
}
