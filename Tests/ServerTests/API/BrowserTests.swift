import Foundation
import TestSupport
import Testing

extension OverHTTP {
    /// A web page must not reach a service on somebody's own machine.
    @Suite struct BrowserTests {
        @Test(
            "A foreign Host is 421, its own names with any port are not",
            arguments: [
                ("localhost", 200), ("127.0.0.1:1", 200), ("[::1]:8080", 200), ("LOCALHOST:80", 200),
                ("example.org", 421),
                ("localhost.example.org", 421), ("127.0.0.1.example.org:80", 421), ("192.168.0.1", 421),
            ])
        func host(_ host: String, _ status: Int) throws {
            let client = try #require(RunningService.current).client()
            let reply = try client.get("/health", headers: ["Host: \(host)"])
            #expect(reply.status == status, "\(reply.text)")
            if status == 421 { try reply.expectProblem(421, "misdirected-request") }
        }

        @Test(
            "A page of another site is 403, before anything is done",
            arguments: [
                "Origin: https://example.org", "Origin: null", "Origin: http://127.0.0.1:1",
                "Sec-Fetch-Site: cross-site",
                "Sec-Fetch-Site: same-site",
            ])
        func foreign(_ header: String) throws {
            let bench = try Bench()
            let reply = try bench.client.send(
                "PUT", "\(bench.graph)/variables/x", Data(#"{"data": 1}"#.utf8), headers: [header])
            try reply.expectProblem(403, "forbidden")
            #expect(reply.headers["access-control-allow-origin"] == nil)
            #expect(try bench.client.get("/v1/sessions/\(bench.session)").status == 404)
        }

        @Test("Its own pages, and those who follow a link, are let in")
        func own() throws {
            let service = try #require(RunningService.current)
            let client = try service.client()
            let own = try client.get("/health", headers: ["Origin: \(service.base)"])
            #expect(own.status == 200)
            #expect(!own.headers.keys.contains { $0.hasPrefix("access-control-") })
            for site in ["same-origin", "none"] {
                #expect(try client.get("/health", headers: ["Sec-Fetch-Site: \(site)"]).status == 200)
            }
            #expect(try client.get("/", headers: ["Sec-Fetch-Site: cross-site"]).status == 404)
        }

        @Test("Allowed origins may ask and read, and allowed hosts lead here")
        func allowed() throws {
            let service = try RunningService.start(
                ["--allow-origin", "https://example.org", "--allowed-host", "gradd.test"])
            defer { service.stop() }
            let client = try service.client()
            let origin = "Origin: https://example.org"
            let reply = try client.get("/health", headers: [origin, "Host: gradd.test:80"])
            #expect(reply.status == 200)
            #expect(reply.headers["access-control-allow-origin"] == "https://example.org")
            let preflight = try client.send("OPTIONS", "/v1/eval", headers: [origin])
            #expect(preflight.status == 204)
            #expect(preflight.headers["access-control-allow-methods"]?.contains("POST") == true)
            #expect(preflight.headers["access-control-allow-headers"]?.contains("Content-Type") == true)
            #expect(
                try client.get("/v1/sessions/none", headers: [origin]).headers["access-control-allow-origin"] != nil)
            #expect(try client.get("/health", headers: ["Origin: https://example.com"]).status == 403)
        }
    }
}
