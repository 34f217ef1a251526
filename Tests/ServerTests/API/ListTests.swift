import TestSupport
import Testing

extension OverHTTP {
    /// Lists and their pages, and the methods that every path has.
    @Suite struct ListTests {
        @Test("Variables are listed in the order of their first binding")
        func order() throws {
            let bench = try Bench()
            try bench.variable("b", #"{"data": [1, 2]}"#).expect(201)
            try bench.variable("a", #"{"data": 1, "dtype": "int64"}"#).expect(201)
            try bench.variable("b", #"{"data": [[true]], "dtype": "bool"}"#).expect(200)
            try bench.client.get("\(bench.graph)/variables").expect(
                200,
                #"{"variables":[{"name":"b","shape":[1,1],"dtype":"bool"},{"name":"a","shape":[],"dtype":"int64"}]}"#)
            // Deleted and bound again it is new.
            try bench.client.delete("\(bench.graph)/variables/b").expectNoContent()
            try bench.variable("b", #"{"data": 1}"#).expect(201)
            #expect(try bench.names() == ["a", "b"])
        }

        @Test("An empty list has no cursor")
        func empty() throws {
            let bench = try Bench()
            try bench.client.put("/v1/sessions/\(bench.session)").expect(201)
            try bench.client.get("/v1/sessions/\(bench.session)/graphs").expect(200, #"{"graphs":[]}"#)
            try bench.client.put(bench.graph).expect(201)
            try bench.client.get("\(bench.graph)/variables").expect(200, #"{"variables":[]}"#)
        }

        @Test("100 come where no limit is given, and a cursor leads through all", arguments: [1, 7, 100, 101, 1000])
        func pages(limit: Int) throws {
            let bench = try Bench()
            for i in 0..<103 { try bench.variable("v\(i)", #"{"data": \#(i)}"#).expect(201) }
            #expect(try bench.client.get("\(bench.graph)/variables").json["variables"]?.list?.count == 100)
            var (names, query, pages) = ([String](), "?limit=\(limit)", 0)
            while pages <= 103 {
                let page = try bench.client.get("\(bench.graph)/variables\(query)").json
                let items = try #require(page["variables"]?.list)
                names += items.compactMap { $0["name"]?.string }
                pages += 1
                #expect(items.count <= limit)
                guard let next = page["next"]?.string else { break }
                #expect(items.count == limit)
                query = "?cursor=\(next)&limit=\(limit)"
            }
            #expect(names == (0..<103).map { "v\($0)" })
            #expect(pages == (103 + limit - 1) / limit)
        }

        @Test("A list goes on where it was, though names come and go meanwhile")
        func stability() throws {
            let bench = try Bench()
            for i in 0..<10 { try bench.variable("v\(i)", #"{"data": 1}"#).expect(201) }
            let first = try bench.client.get("\(bench.graph)/variables?limit=4").json
            let cursor = try #require(first["next"]?.string)
            // Before the cursor, at it, behind it; and a new one at the end.
            for i in [0, 1, 4, 6] { try bench.client.delete("\(bench.graph)/variables/v\(i)").expectNoContent() }
            try bench.variable("v5", #"{"data": 2}"#).expect(200)
            try bench.variable("late", #"{"data": 1}"#).expect(201)
            #expect(try bench.names("?cursor=\(cursor)") == ["v5", "v7", "v8", "v9", "late"])
            #expect(try bench.names() == ["v2", "v3", "v5", "v7", "v8", "v9", "late"])
        }

        @Test("Names and cursors outlive the deletion of most names")
        func manyDeletions() throws {
            let bench = try Bench()
            for i in 0..<100 { try bench.variable("v\(i)", #"{"data": 1}"#).expect(201) }
            let cursor = try #require(try bench.client.get("\(bench.graph)/variables?limit=95").json["next"]?.string)
            for i in 0..<97 { try bench.client.delete("\(bench.graph)/variables/v\(i)").expectNoContent() }
            #expect(try bench.names("?cursor=\(cursor)") == ["v97", "v98", "v99"])
            #expect(try bench.names() == ["v97", "v98", "v99"])
        }

        @Test("Graphs are listed with their counts")
        func graphs() throws {
            let bench = try Bench()
            let path = "/v1/sessions/\(bench.session)/graphs"
            for name in ["g1", "g2", "g3"] {
                try bench.client.put("\(path)/\(name)/variables/x", #"{"data": [1, 2]}"#).expect(201)
            }
            let page = try bench.client.get("\(path)?limit=2").json
            #expect(page["graphs"]?.list?.compactMap { $0["graph"]?.string } == ["g1", "g2"])
            #expect(page["graphs"]?[0]?["variables"]?.number == 1)
            #expect(page["graphs"]?[0]?["nodes"]?.number == 1)
            #expect(page["graphs"]?[0]?["bytes"]?.number == 8)
            let rest = try bench.client.get("\(path)?cursor=\(try #require(page["next"]?.string))").json
            #expect(rest["graphs"]?.list?.compactMap { $0["graph"]?.string } == ["g3"])
            #expect(rest["next"] == nil)
        }

        // MARK: HEAD and OPTIONS

        @Test("HEAD answers as GET does, with the length and without the body")
        func head() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [1, 2, 3]}"#).expect(201)
            let paths = [
                "/health", "/v1/ops", "/v1/ops/mul", bench.graph, "\(bench.graph)/variables",
                "\(bench.graph)/variables/x", "\(bench.graph)/variables/x/data", "\(bench.graph)/variables/x/grad",
                "\(bench.graph)/variables/missing", "/nothing", "\(bench.graph)/ops",
            ]
            for path in paths {
                let (get, head) = (try bench.client.get(path), try bench.client.send("HEAD", path))
                #expect(head.status == get.status, "\(path)")
                #expect(head.body.isEmpty, "\(path)")
                for name in ["content-length", "content-type", "cache-control", "allow"]
                where path != bench.graph + "/ops" {
                    #expect(head.headers[name] == get.headers[name], "\(name) of \(path)")
                }
            }
        }

        @Test(
            "OPTIONS answers 204 with the methods of the path",
            arguments: [
                ("/health", ["GET", "HEAD", "OPTIONS"]),
                ("/v1/ops", ["GET", "HEAD", "OPTIONS"]),
                ("/v1/sessions/none", ["PUT", "GET", "HEAD", "DELETE", "OPTIONS"]),
                ("/v1/sessions/none/graphs", ["GET", "HEAD", "OPTIONS"]),
                ("/v1/sessions/none/graphs/g", ["PUT", "GET", "HEAD", "DELETE", "OPTIONS"]),
                ("/v1/sessions/none/graphs/g/variables", ["GET", "HEAD", "OPTIONS"]),
                ("/v1/sessions/none/graphs/g/variables/x", ["PUT", "GET", "HEAD", "DELETE", "OPTIONS"]),
                ("/v1/sessions/none/graphs/g/variables/x/data", ["PUT", "GET", "HEAD", "OPTIONS"]),
                ("/v1/sessions/none/graphs/g/variables/x/grad", ["PUT", "GET", "HEAD", "OPTIONS"]),
                ("/v1/sessions/none/graphs/g/ops", ["POST", "OPTIONS"]),
                ("/v1/sessions/none/graphs/g/backward", ["POST", "OPTIONS"]),
                ("/v1/sessions/none/graphs/g/cleargrad", ["POST", "OPTIONS"]),
                ("/v1/sessions/none/graphs/g/zerograd", ["POST", "OPTIONS"]),
                ("/v1/sessions/none/graphs/g/grad", ["POST", "OPTIONS"]),
            ])
        func options(path: String, methods: [String]) throws {
            let bench = try Bench()
            let reply = try bench.client.send("OPTIONS", path)
            reply.expectNoContent()
            let allow = reply.headers["allow"]?.split(separator: ", ").map(String.init) ?? []
            #expect(Set(allow) == Set(methods) && allow.count == methods.count, "\(allow)")
            try bench.client.get("/v1/sessions/none").expectProblem(404, "not-found")
        }

        @Test("The service says that it lives")
        func health() throws {
            let bench = try Bench()
            let reply = try bench.client.get("/health")
            reply.expect(200, #"{"status":"ok"}"#)
            #expect(reply.headers["content-type"] == "application/json")
        }
    }
}

extension OverHTTP.Bench {
    fileprivate func names(_ query: String = "") throws -> [String] {
        try client.get("\(graph)/variables\(query)").json["variables"]?.list?.compactMap { $0["name"]?.string } ?? []
    }
}
