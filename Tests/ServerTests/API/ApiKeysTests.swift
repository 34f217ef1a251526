import Crypto
import Foundation
import TestSupport
import Testing

@testable import Server

/// Who may ask where there are keys, and what is whose.
struct ApiKeysTests {
    private static let challenge = #"Bearer realm="gradd""#
    private static let refusal = challenge + #", error="invalid_token""#

    @Test("Every request needs a key, whatever it is for, but for what is open")
    func open() throws {
        let keyed = try KeyedService(["alice"])
        let client = try keyed.service.client()
        for (method, path, status) in [
            ("GET", "/health", 200), ("HEAD", "/health", 200), ("GET", "/problems/unauthorized", 200),
            ("HEAD", "/problems/quota", 200), ("GET", "/problems/none", 404), ("OPTIONS", "/v1/eval", 204),
            ("OPTIONS", "/v1/sessions/s", 204), ("POST", "/health", 401), ("DELETE", "/problems/quota", 401),
            ("GET", "/v1/ops", 401), ("HEAD", "/v1/ops/add", 401), ("GET", "/v1/sessions", 401),
            ("POST", "/v1/sessions", 401), ("PUT", "/v1/sessions/s/graphs/g/variables/x", 401),
            ("POST", "/v1/eval", 401), ("POST", "/v1/run", 401), ("GET", "/nowhere", 401), ("GET", "/v1/ops?x=1", 401),
            ("PATCH", "/v1/ops", 401), ("GET", "/v1/sessions/0", 401), ("GET", "/healthy", 401),
            ("GET", "/health/", 401), ("GET", "//health", 401), ("GET", "/health%20", 401),
        ] {
            let reply = try client.send(method, path, method == "POST" ? Data("{".utf8) : nil)
            #expect(reply.status == status, "\(method) \(path): \(reply.text)")
            #expect((reply.headers["www-authenticate"] == Self.challenge) == (status == 401), "\(method) \(path)")
            if status == 401, method != "HEAD" { try reply.expectProblem(401, "unauthorized") }
        }
        // With it they are what they are without keys.
        let alice = try keyed.client("alice")
        for (method, path, status) in [
            ("GET", "/v1/ops", 200), ("GET", "/nowhere", 404), ("PATCH", "/v1/ops", 405), ("POST", "/health", 405),
            ("GET", "/v1/sessions/0", 400), ("GET", "/health", 200),
        ] { #expect(try alice.send(method, path).status == status, "\(method) \(path)") }
    }

    @Test("A key is a bearer token, whole and once")
    func credentials() throws {
        let keyed = try KeyedService(["alice", "bob"])
        let client = try keyed.service.client()
        let (key, other) = (KeyedService.key("alice"), KeyedService.key("bob"))
        for (values, challenge) in [
            (["Bearer \(key)"], nil), (["bearer \(key)"], nil), (["BEARER   \(key)"], nil),
            ([], Self.challenge), (["Basic \(key)"], Self.challenge), ([key], Self.challenge),
            (["Bearer"], Self.challenge), (["Bearer\(key)"], Self.challenge),
            (["Bearer \(key)x"], Self.refusal), (["Bearer \(key.dropLast())"], Self.refusal),
            (["Bearer \(key) x"], Self.refusal), (["Bearer \(key), Bearer \(key)"], Self.refusal),
            (["Bearer \(key.uppercased())"], Self.refusal), (["Bearer \"\(key)\""], Self.refusal),
            (["Bearer \(KeyedService.lines(["alice"]).dropFirst(6).prefix(64))"], Self.refusal),
            (["Bearer \(String(repeating: "k", count: 20_000))"], Self.refusal),
            (["Bearer \(key)", "Bearer \(key)"], Self.refusal), (["Bearer \(key)", "Bearer \(other)"], Self.refusal),
            (["Basic x", "Bearer \(key)"], Self.refusal),
        ] as [([String], String?)] {
            let reply = try client.get("/v1/sessions", headers: values.map { "Authorization: \($0)" })
            #expect(reply.headers["www-authenticate"] == challenge, "\(values)")
            if challenge == nil { reply.expect(200) } else { try reply.expectProblem(401, "unauthorized") }
        }
    }

    @Test("A key is in no reply and no log")
    func secrecy() throws {
        let keyed = try KeyedService(["alice"])
        let (alice, wrong) = (try keyed.client("alice"), try keyed.service.client(key: "a-wrong-key"))
        var shown = ""
        for client in [alice, wrong] {
            for (method, path, body) in [
                ("GET", "/v1/sessions", ""), ("GET", "/nowhere", ""), ("POST", "/v1/eval", "{"),
                ("PUT", "/v1/sessions/s/graphs/g/variables/x", "{\"data\": 1}"), ("GET", "/v1/sessions/s", ""),
                ("OPTIONS", "/v1/sessions/s", ""), ("PATCH", "/v1/sessions/s", ""),
            ] {
                let reply = try client.send(method, path, Data(body.utf8))
                shown += reply.text + reply.headers.map { "\($0): \($1)\n" }.joined()
            }
        }
        try keyed.replaceKeys("alice:\(KeyedService.key("alice"))\n")
        keyed.service.stop()
        shown += keyed.logged
        #expect(keyed.logged.contains("line 1"))
        #expect(!shown.contains(KeyedService.key("alice")) && !shown.contains("a-wrong-key"))
    }

    @Test("Names are the key's own: nobody sees, lists or ends what is another's")
    func owners() throws {
        let keyed = try KeyedService(["alice", "bob"])
        let (alice, bob) = (try keyed.client("alice"), try keyed.client("bob"))
        let x = "/v1/sessions/demo/graphs/g/variables/x"
        try alice.put(x, #"{"data": 1}"#).expect(201)
        try bob.get("/v1/sessions/demo").expectProblem(404, "not-found")
        try bob.get("/v1/sessions").expect(200, #"{"sessions":[]}"#)
        try bob.put(x, #"{"data": 2}"#).expect(201)
        try bob.put("/v1/sessions/other").expect(201)
        try alice.get(x + "/data").expect(200, "1.0")
        try bob.get(x + "/data").expect(200, "2.0")
        try alice.get("/v1/sessions").expect(200, #"{"sessions":[{"session":"demo"}]}"#)
        try bob.get("/v1/sessions").expect(200, #"{"sessions":[{"session":"demo"},{"session":"other"}]}"#)
        try bob.delete("/v1/sessions/demo").expectNoContent()
        try alice.get(x + "/data").expect(200, "1.0")
        // A name that the service made up is its owner's to see.
        let made = try #require(try bob.post("/v1/sessions").json["session"]?.string)
        try bob.get("/v1/sessions").expect(200, #"{"sessions":[{"session":"other"},{"session":"\#(made)"}]}"#)
        try alice.get("/v1/sessions/\(made)").expectProblem(404, "not-found")
    }

    @Test("An Idempotency-Key is its owner's where the path names no session")
    func retries() throws {
        let keyed = try KeyedService(["alice", "bob"])
        let headers = ["Idempotency-Key: k"]
        let replies = try ["alice", "bob", "alice", "bob"].map {
            try keyed.client($0).send("POST", "/v1/sessions", Data(), headers: headers)
        }
        #expect(replies.map { $0.headers["idempotency-replayed"] } == [nil, nil, "true", "true"])
        #expect(replies[0].text == replies[2].text && replies[1].text == replies[3].text)
        #expect(replies[0].text != replies[1].text)
        try keyed.client("bob").send("POST", "/v1/run", Data(#"{"steps": []}"#.utf8), headers: headers)
            .expectProblem(422, "idempotency-key-reused")
        for name in ["alice", "bob"] {
            let reply = try keyed.client(name).send(
                "PUT", "/v1/sessions/s/graphs/g/variables/x", Data(#"{"data": 1}"#.utf8), headers: headers)
            reply.expect(201)
            #expect(reply.headers["idempotency-replayed"] == nil)
        }
    }

    @Test("The rules for browsers hold with keys too, and a preflight needs none")
    func browsers() throws {
        let keyed = try KeyedService(["alice"], ["--allow-origin", "https://example.org"])
        let (alice, nobody) = (try keyed.client("alice"), try keyed.service.client())
        let origin = "Origin: https://example.org"
        let preflight = try nobody.send("OPTIONS", "/v1/eval", headers: [origin])
        #expect(preflight.status == 204)
        #expect(preflight.headers["access-control-allow-headers"]?.contains("Authorization") == true)
        // A page may read why it was refused.
        let refused = try nobody.get("/v1/ops", headers: [origin])
        try refused.expectProblem(401, "unauthorized")
        #expect(refused.headers["access-control-allow-origin"] == "https://example.org")
        try alice.get("/v1/sessions", headers: [origin]).expect(200)
        try alice.get("/v1/sessions", headers: ["Origin: https://example.com"]).expectProblem(403, "forbidden")
        try alice.get("/v1/sessions", headers: ["Host: example.com"]).expectProblem(421, "misdirected-request")
    }

    @Test("On SIGHUP the keys are read again; a damaged file leaves the old ones in force")
    func rereading() throws {
        let keyed = try KeyedService(["alice"])
        let (alice, bob) = (try keyed.client("alice"), try keyed.client("bob"))
        try alice.put("/v1/sessions/demo").expect(201)
        try bob.get("/v1/sessions").expectProblem(401, "unauthorized")
        try keyed.replaceKeys(KeyedService.lines(["alice", "bob"]))
        try bob.get("/v1/sessions").expect(200)
        try alice.get("/v1/sessions/demo").expect(200)
        for damaged in [KeyedService.lines(["alice"]) + "x", "", "# nothing\n"] {
            let before = keyed.logged
            try keyed.replaceKeys(damaged)
            let said = keyed.logged.dropFirst(before.count)
            #expect(said.contains(" error ") && said.count { $0 == "\n" } == 1, "\(said)")
            for client in [alice, bob] { try client.get("/v1/sessions").expect(200) }
        }
        // The sessions of a key that is gone come back with it.
        try keyed.replaceKeys(KeyedService.lines(["bob"]))
        try alice.get("/v1/sessions/demo").expectProblem(401, "unauthorized")
        try bob.get("/v1/sessions/demo").expectProblem(404, "not-found")
        try keyed.replaceKeys(KeyedService.lines(["bob", "alice"]))
        try alice.get("/v1/sessions/demo").expect(200)
    }

    @Test("A request that runs while its key goes is answered")
    func goneWhileRunning() throws {
        let keyed = try KeyedService(["alice", "bob"])
        try RunningService.$current.withValue(keyed.service) {
            let bench = try keyed.bench("alice")
            try bench.bindMatrix()
            let work = try bench.startLong(headers: bench.client.headers)
            bench.waitUntilBusy()
            try keyed.replaceKeys(KeyedService.lines(["bob"]))
            try bench.client.get(bench.graph).expectProblem(401, "unauthorized")
            try work.reply().expect(200)
        }
    }

    @Test("A name may have several keys, and they are one owner's")
    func severalKeys() throws {
        let keyed = try KeyedService(["alice"])
        let second = KeyedService.lines(["bob"]).replacing("bob:", with: "alice:")
        try keyed.replaceKeys("# two\r\n\r\n  \(KeyedService.lines(["alice"]))\(second)")
        try keyed.client("alice").put("/v1/sessions/demo").expect(201)
        try keyed.client("bob").get("/v1/sessions/demo").expect(200)
    }

    @Test("Each of many keys is its own name's")
    func manyKeys() throws {
        let names = (0..<300).map { "user\($0)" }
        let keyed = try KeyedService(names)
        for name in Set(names.shuffled().prefix(100) + [names[0], names[299]]) {
            let client = try keyed.client(name)
            try client.put("/v1/sessions/\(name)").expect(201)
            try client.get("/v1/sessions").expect(200, #"{"sessions":[{"session":"\#(name)"}]}"#)
            try client.delete("/v1/sessions/\(name)").expectNoContent()
        }
        try keyed.client("user300").get("/v1/sessions").expectProblem(401, "unauthorized")
    }

    @Test("Digests are equal where all their bits are")
    func digests() throws {
        let digest = try #require(KeyDigest(hex: KeyedService.lines(["a"]).dropFirst(2).prefix(64)))
        #expect(digest.equality(with: digest) == .max)
        for place in 0..<64 {
            for bit in 0..<4 {
                var digits = Array(digest.hex)
                let digit = try #require(digits[place].hexDigitValue)
                digits[place] = Character(String(digit ^ (1 << bit), radix: 16))
                let other = try #require(KeyDigest(hex: String(digits)))
                #expect(digest.equality(with: other) == 0 && other.equality(with: digest) == 0)
                #expect(other.hex == String(digits))
            }
        }
    }
}
