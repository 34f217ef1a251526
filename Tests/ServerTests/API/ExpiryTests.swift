import Foundation
import TestSupport
import Testing

extension OverHTTP {
    /// When a session comes to be known, and when it ends.
    @Suite struct ExpiryTests {
        private func listed(_ bench: Bench) throws -> Bool {
            var path = "/v1/sessions?limit=1000"
            while true {
                let page = try bench.client.get(path).json
                if page["sessions"]?.list?.contains(where: { $0["session"]?.string == bench.session }) == true {
                    return true
                }
                guard let next = page["next"]?.string else { return false }
                path = "/v1/sessions?limit=1000&cursor=\(next)"
            }
        }

        @Test("ttl counts idle seconds: none pass while a request runs, nor for those that stand in line behind it")
        func busy() throws {
            let bench = try Bench()
            try bench.bindMatrix()
            try bench.client.put("/v1/sessions/\(bench.session)", #"{"ttl": 2}"#).expect(200)
            let work = try bench.startLong()
            bench.waitUntilBusy()
            #expect(try listed(bench))
            try bench.client.get("\(bench.graph)/variables/row?arrays=none").expect(200)
            try work.reply().expect(200)
            #expect(try listed(bench))
            try bench.client.get("\(bench.graph)/variables/row?arrays=none").expect(200)
        }

        @Test("The list shows no session whose time has run out")
        func expired() throws {
            let bench = try Bench()
            try bench.client.put("/v1/sessions/\(bench.session)", #"{"ttl": 2}"#).expect(201)
            #expect(try listed(bench))
            Thread.sleep(forTimeInterval: 2.1)
            #expect(try !listed(bench))
            try bench.client.get("/v1/sessions/\(bench.session)").expectProblem(404, "not-found")
        }

        @Test("While the request that makes a session runs, and where it fails, nobody sees the session")
        func provisional() throws {
            let bench = try Bench()
            let (service, graph) = (try #require(RunningService.current), bench.graph)
            let expr = "x = broadcast_to(0.001, (300, 300)); y = x @ x @ x @ x; y + nothing"
            let work = Background { try service.client().post("\(graph)/eval", #"{"expr": "\#(expr)"}"#) }
            var looks = 0
            while !work.isDone {
                #expect(try !listed(bench))
                looks += 1
            }
            #expect(looks > 1)
            try work.reply().expectProblem(422, "unknown-name")
            #expect(try !listed(bench))
            try bench.client.get("/v1/sessions/\(bench.session)").expectProblem(404, "not-found")
        }

        @Test(
            "A request that fails leaves no session behind, in no list",
            arguments: [
                ("PUT", "/variables/x", #"{"data": 1}"#, "Idempotency-Key;"),
                ("POST", "/run", #"{"steps": [{"variable": "x", "data": 1}, {"get": "y"}]}"#, "X-Nothing: 1"),
                ("POST", "/eval", #"{"expr": "x = 1; y"}"#, "X-Nothing: 1"),
                ("PUT", "/variables/x", #"{"data": 1}"#, "If-Match: *"),
                ("PUT", "/variables/x?shape=1", #"{"data": 1}"#, "X-Nothing: 1"),
                ("PUT", "/variables/x", #"{"data": 1}"#, "Accept: image/png"),
            ])
        func failure(_ method: String, _ path: String, _ body: String, _ header: String) throws {
            let bench = try Bench()
            let reply = try bench.client.send(method, bench.graph + path, Data(body.utf8), headers: [header])
            #expect((400..<500).contains(reply.status), "\(reply.text)")
            try bench.client.get("/v1/sessions/\(bench.session)").expectProblem(404, "not-found")
            #expect(try !listed(bench))
        }

        @Test("Sessions are listed in the order of their first request, page by page, though some go meanwhile")
        func pages() throws {
            let benches = try (0..<5).map { _ in try Bench() }
            for bench in benches { try bench.client.put("/v1/sessions/\(bench.session)").expect(201) }
            let client = benches[0].client
            var (names, path) = ([String](), "/v1/sessions?limit=1")
            while true {
                let page = try client.get(path).json
                let name = page["sessions"]?[0]?["session"]?.string
                if let name { names.append(name) }
                // The next one goes as soon as the second is seen.
                if name == benches[1].session {
                    try client.delete("/v1/sessions/\(benches[2].session)").expectNoContent()
                }
                guard let next = page["next"]?.string else { break }
                path = "/v1/sessions?limit=1&cursor=\(next)"
            }
            let mine = names.filter { name in benches.contains { $0.session == name } }
            #expect(mine == [0, 1, 3, 4].map { benches[$0].session })
        }
    }
}
