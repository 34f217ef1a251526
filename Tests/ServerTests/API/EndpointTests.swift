import Foundation
import TestSupport
import Testing

@testable import Server

extension OverHTTP.Bench {
    /// The path of an endpoint, with this bench's names.
    fileprivate func path(_ endpoint: Endpoint) -> String {
        [("session", session), ("graph", "g"), ("variable", "x"), ("op", "exp"), ("name", "not-found")]
            .reduce(endpoint.template) { $0.replacing("{\($1.0)}", with: $1.1) }
    }

    /// A request that an endpoint answers with success, where x is a float.
    fileprivate func send(_ endpoint: Endpoint, headers: [String] = []) throws -> Reply {
        let bodies = [
            "ops": #"{"op": "exp", "inputs": ["x"]}"#, "backward": #"{"output": "x"}"#,
            "grad": endpoint.method == .post ? #"{"outputs": ["x"], "inputs": ["x"]}"# : "1", "data": "1",
            "unchain": #"{"variable": "x"}"#, "run": #"{"steps": []}"#, "eval": #"{"expr": "1"}"#,
            "{variable}": #"{"data": 1}"#,
        ]
        let last = endpoint.template.split(separator: "/").last.map(String.init) ?? ""
        let body = endpoint.method.hasBody ? bodies[last] ?? "" : ""
        return try client.send("\(endpoint.method.token)", path(endpoint), Data(body.utf8), headers: headers)
    }
}

extension OverHTTP {
    /// What every endpoint has in common.
    @Suite struct EndpointTests {
        private static let paths = Dictionary(grouping: API.endpoints, by: \.template)

        private func bench() throws -> Bench {
            let bench = try Bench()
            try bench.variable("x", #"{"data": 1}"#).expect(201)
            return bench
        }

        @Test("Every path answers OPTIONS with 204 and its methods, and any other method with 405 and the same")
        func methods() throws {
            let bench = try bench()
            for (template, endpoints) in Self.paths {
                var wanted = Set(endpoints.map { "\($0.method.token)" } + ["OPTIONS"])
                if wanted.contains("GET") { wanted.insert("HEAD") }
                let path = bench.path(endpoints[0])
                let options = try bench.client.send("OPTIONS", path)
                options.expectNoContent()
                let allow = options.headers["allow"]?.split(separator: ", ").map(String.init) ?? []
                #expect(Set(allow) == wanted && allow.count == wanted.count, "\(template): \(allow)")
                for method in ["GET", "PUT", "POST", "DELETE", "PATCH"] where !wanted.contains(method) {
                    let reply = try bench.client.send(method, path, Data())
                    try reply.expectProblem(405, "method-not-allowed")
                    #expect(reply.headers["allow"] == options.headers["allow"], "\(method) \(template)")
                }
            }
        }

        @Test("HEAD answers as every GET does, without the body")
        func head() throws {
            let bench = try bench()
            for endpoint in API.endpoints where endpoint.method == .get {
                for query in ["", "?pretty", "?arrays=none", "?unknown"] {
                    let path = bench.path(endpoint) + query
                    let (get, head) = (try bench.client.get(path), try bench.client.send("HEAD", path))
                    #expect(head.status == get.status && head.body.isEmpty, "\(path)")
                    var (wanted, got) = (get.headers, head.headers)
                    for name in ["date", "x-request-id"] { (wanted[name], got[name]) = (nil, nil) }
                    // Others make sessions meanwhile, and requests.
                    if ["/v1/sessions", "/metrics"].contains(endpoint.template) {
                        (wanted["content-length"], got["content-length"]) = (nil, nil)
                    }
                    #expect(got == wanted, "\(path)")
                }
            }
        }

        @Test("An unknown or repeated query parameter is 400 everywhere, names those that are known, and does nothing")
        func queries() throws {
            let bench = try bench()
            let state = try bench.state()
            for endpoint in API.endpoints {
                for query in ["unknown=1", "pretty&pretty", "arrays=flat&arrays=flat", "PRETTY", "=", "arrays=Flat"] {
                    let reply = try bench.client.send(
                        "\(endpoint.method.token)", bench.path(endpoint) + "?" + query, Data())
                    let problem = try reply.expectProblem(400, "bad-request")
                    if query == "unknown=1" {
                        let known = endpoint.query
                        let expected = known.isEmpty ? "no query" : known.joined(separator: ", ")
                        #expect(problem["expected"]?.string == expected, "\(reply.text)")
                    }
                }
            }
            #expect(try bench.state() == state)
        }

        @Test("Every reply has Date, its length and nosniff; state is not stored; what stands in a graph has its tag")
        func headers() throws {
            for endpoint in API.endpoints {
                let bench = try bench()
                let reply = try bench.send(endpoint)
                let name = "\(endpoint.method.token) \(endpoint.template)"
                #expect((200..<300).contains(reply.status), "\(name): \(reply.text)")
                #expect(reply.headers["date"]?.hasSuffix(" GMT") == true, "\(name)")
                #expect(reply.headers["x-content-type-options"] == "nosniff", "\(name)")
                #expect(
                    reply.headers["content-length"] == (reply.status == 204 ? nil : "\(reply.body.count)"), "\(name)")
                if reply.status != 204 {
                    let type = endpoint.offers == .metrics ? "\(Metrics.contentType)" : "application/json"
                    #expect(reply.headers["content-type"] == type, "\(name)")
                    #expect(reply.text.hasSuffix("\n"), "\(name)")
                }
                #expect((reply.status == 201) == (reply.headers["location"] != nil), "\(name)")
                if endpoint.template.hasPrefix("/v1/sessions") {
                    #expect(reply.headers["cache-control"] == "no-store", "\(name)")
                    #expect(reply.headers["vary"] == "Accept, Prefer", "\(name)")
                }
                let isTagged = reply.headers["etag"]?.wholeMatch(of: #/"[0-9a-f]+\.\d+"/#) != nil
                #expect(isTagged == endpoint.template.hasPrefix(Endpoint.graph), "\(name)")
            }
        }

        @Test("Every request that changes a graph is refused by a tag that is not the graph's, and changes nothing")
        func preconditions() throws {
            let bench = try bench()
            let state = try bench.state()
            for endpoint in API.endpoints
            where endpoint.template.hasPrefix(Endpoint.graph) && endpoint.method != .get {
                try bench.send(endpoint, headers: ["If-Match: \"elsewhere.1\""])
                    .expectProblem(412, "precondition-failed")
            }
            #expect(try bench.state() == state)
        }

        @Test("What answers with JSON is 406 for who takes none, and does nothing")
        func accept() throws {
            let bench = try bench()
            let state = try bench.state()
            for endpoint in API.endpoints {
                try bench.send(endpoint, headers: ["Accept: image/png"]).expectProblem(406, "not-acceptable")
            }
            #expect(try bench.state() == state)
        }

        @Test("An empty body is {}, wherever an object is taken")
        func emptyBody() throws {
            for endpoint in API.endpoints where endpoint.method.hasBody {
                let (with, without) = (try bench(), try bench())
                let replies = try [(with, "{}"), (without, "")].map { bench, body in
                    try bench.client.send("\(endpoint.method.token)", bench.path(endpoint), Data(body.utf8))
                }
                #expect(replies[0].status == replies[1].status, "\(endpoint.template): \(replies[1].text)")
                #expect(try replies[0].json["detail"] == replies[1].json["detail"], "\(endpoint.template)")
            }
        }
    }
}
