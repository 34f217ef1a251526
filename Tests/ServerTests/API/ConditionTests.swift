import Foundation
import TestSupport
import Testing

extension OverHTTP {
    /// Conditions (RFC 9110, 13) where they meet forms of replies, and what is not there.
    @Suite struct ConditionTests {
        @Test(
            "Of what is not there no condition is judged: it is 404",
            arguments: ["If-None-Match: *", "If-None-Match: TAG", "If-Match: \"elsewhere.1\"", "If-Match: *"])
        func absent(_ condition: String) throws {
            let bench = try Bench()
            let tag = try #require(bench.variable("x", #"{"data": 1}"#).headers["etag"])
            let headers = [condition.replacing("TAG", with: tag)]
            for path in ["y", "y/data", "y/grad"] {
                try bench.client.get("\(bench.graph)/variables/\(path)", headers: headers)
                    .expectProblem(404, "not-found")
            }
            try bench.client.send("DELETE", "\(bench.graph)/variables/y", headers: headers)
                .expectProblem(404, "not-found")
            try bench.client.send("PUT", "\(bench.graph)/variables/y/data", Data("1".utf8), headers: headers)
                .expectProblem(404, "not-found")
        }

        @Test("If-None-Match answers 304 only where the answer would be the reply that the client has")
        func onlyWhereItSucceeds() throws {
            let bench = try Bench()
            let tag = try #require(bench.variable("i", #"{"data": [1], "dtype": "int32"}"#).headers["etag"])
            let headers = ["If-None-Match: \(tag)"]
            try bench.client.get("\(bench.graph)/variables?limit=0", headers: headers)
                .expectProblem(400, "bad-request")
            try bench.client.get("\(bench.graph)/variables/i/grad", headers: headers)
                .expectProblem(422, "no-gradient")
            let body = Data(#"{"unknown": 1}"#.utf8)
            try bench.client.send("GET", bench.graph, body, headers: headers).expectProblem(400, "bad-request")
            for path in ["", "/variables", "/variables/i", "/variables/i/data"] {
                for method in ["GET", "HEAD"] {
                    let reply = try bench.client.send(method, bench.graph + path, headers: headers)
                    #expect(reply.status == 304 && reply.body.isEmpty, "\(method) \(path)")
                    #expect(reply.headers["etag"] == tag && reply.headers["content-length"] == nil)
                    #expect(reply.headers["date"] != nil && reply.headers["cache-control"] == "no-store")
                    #expect(reply.headers["vary"] == "Accept, Prefer")
                }
            }
        }

        @Test("The forms of a reply have tags of their own, and If-Match takes any of them")
        func forms() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [1, 2]}"#).expect(201)
            let path = "\(bench.graph)/variables/x/data"
            let forms = [[], ["Accept: application/x-npy"], ["Prefer: return=minimal"]]
            let tags = try forms.map { try #require(try bench.client.get(path, headers: $0).headers["etag"]) }
            #expect(Set(tags).count == 3)
            #expect(tags[1] == tags[0].dropLast() + "-npy\"" && tags[2] == tags[0].dropLast() + "-minimal\"")
            for (index, form) in forms.enumerated() {
                for (other, tag) in tags.enumerated() {
                    let status = try bench.client.get(path, headers: form + ["If-None-Match: \(tag)"]).status
                    #expect(status == (index == other ? 304 : index == 2 ? 204 : 200), "\(index), \(other)")
                }
            }
            for form in forms {
                let tag = try #require(try bench.client.get(path, headers: form).headers["etag"])
                try bench.client.send("PUT", path, Data("[3, 4]".utf8), headers: ["If-Match: \(tag)"])
                    .expectNoContent()
            }
        }

        @Test("If-Match: * asks that what the path names is there")
        func any() throws {
            let bench = try Bench()
            func put(_ path: String, _ body: String = "") throws -> Reply {
                try bench.client.send("PUT", path, Data(body.utf8), headers: ["If-Match: *"])
            }
            let session = "/v1/sessions/\(bench.session)"
            try put(session).expectProblem(412, "precondition-failed")
            try bench.client.put(session).expect(201)
            try put(session, #"{"ttl": 60}"#).expect(200)
            try put(bench.graph).expectProblem(412, "precondition-failed")
            try bench.client.put(bench.graph).expect(201)
            try put(bench.graph).expect(200)
            try put("\(bench.graph)/variables/x", #"{"data": 1}"#).expectProblem(412, "precondition-failed")
            #expect(try bench.client.get(bench.graph).json["variables"]?.number == 0)
            try bench.variable("x", #"{"data": 1}"#).expect(201)
            try put("\(bench.graph)/variables/x", #"{"data": 2}"#).expect(200)
            try bench.client.send("POST", "\(bench.graph)/cleargrad", headers: ["If-Match: *"]).expect(200)
        }

        @Test("If-None-Match: * lets nothing be changed that is there, and a DELETE through to 404 only")
        func none() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": 1}"#).expect(201)
            let state = try bench.state()
            let headers = ["If-None-Match: *"]
            for (method, path) in [
                ("DELETE", "\(bench.graph)/variables/x"), ("DELETE", bench.graph), ("PUT", bench.graph),
                ("PUT", "\(bench.graph)/variables/x"), ("PUT", "\(bench.graph)/variables/x/data"),
            ] {
                try bench.client.send(method, path, headers: headers).expectProblem(412, "precondition-failed")
            }
            #expect(try bench.state() == state)
            // What a POST is sent to is nothing that could be there.
            try bench.client.send("POST", "\(bench.graph)/cleargrad", headers: headers).expect(200)
        }

        @Test("A condition whose tags come in several fields is one list")
        func fields() throws {
            let bench = try Bench()
            let tag = try #require(bench.variable("x", #"{"data": 1}"#).headers["etag"])
            let path = "\(bench.graph)/variables/x"
            let other = "\"elsewhere.1\""
            #expect(
                try bench.client.get(path, headers: ["If-None-Match: \(other)", "If-None-Match: \(tag)"]).status == 304)
            let both = ["If-Match: \(other)", "If-Match: \(tag)"]
            try bench.client.send("PUT", path, Data(#"{"data": 2}"#.utf8), headers: both).expect(200)
            try bench.client.send("PUT", path, Data(#"{"data": 2}"#.utf8), headers: both)
                .expectProblem(412, "precondition-failed")
        }

        @Test("Nothing in names binds nothing: such a grad moves no tag")
        func boundNames() throws {
            let bench = try Bench()
            let tag = try bench.variable("x", #"{"data": 1}"#).headers["etag"]
            for names in ["{}", "[null]", #"{"x": null}"#, "null"] {
                let grad = #"{"outputs": ["x"], "inputs": ["x"], "names": \#(names)}"#
                #expect(try bench.post("grad", grad).headers["etag"] == tag, "\(names)")
                #expect(try bench.post("run", #"{"steps": [{"grad": \#(grad)}]}"#).headers["etag"] == tag, "\(names)")
            }
            let grad = #"{"outputs": ["x"], "inputs": ["x"], "names": ["g"]}"#
            #expect(try bench.post("grad", grad).headers["etag"] != tag)
        }
    }
}
