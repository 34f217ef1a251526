import Foundation
import TestSupport
import Testing

extension OverHTTP {
    /// `Accept`, `Prefer` and `Content-Type`.
    @Suite struct NegotiationTests {
        @Test(
            "Prefer: return=minimal is found among others, in one field or several; of two returns the first counts",
            arguments: [
                (["Prefer: return=minimal"], true), (["Prefer: respond-async, return=minimal"], true),
                (["Prefer: respond-async", "Prefer: return=minimal"], true), (["prefer: RETURN=\"minimal\""], true),
                (["Prefer: return=minimal; note=x, wait=10"], true), (["Prefer: return=representation"], false),
                (["Prefer: return=representation, return=minimal"], false), (["Prefer: minimal"], false),
                (["Prefer: note; return=minimal"], false),
            ])
        func prefer(_ headers: [String], _ isMinimal: Bool) throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": 1}"#).expect(201)
            let reply = try bench.client.get("\(bench.graph)/variables/x", headers: headers)
            reply.expect(200)
            #expect(try (reply.json["data"] == nil) == isMinimal)
            #expect(reply.headers["preference-applied"] == (isMinimal ? "return=minimal" : nil))
        }

        @Test("?arrays= says more than Prefer does")
        func queryFirst() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": 1}"#).expect(201)
            let reply = try bench.client.get(
                "\(bench.graph)/variables/x?arrays=nested", headers: ["Prefer: return=minimal"])
            #expect(try reply.member("data") == "1" && reply.headers["preference-applied"] == nil)
        }

        @Test(
            "Accept is one list, in one field or several, and an empty one excludes nothing",
            arguments: [
                (["Accept: text/html", "Accept: application/json"], 200), (["Accept;"], 200), (["Accept: text/*"], 406),
                (["Accept: */*;q=0"], 406), (["Accept: application/*;q=0, application/json"], 200),
                (["Accept: application/json;q=0, */*"], 406), (["Accept: application/json; charset=utf-8"], 200),
                (["Accept: application/problem+json"], 406),
            ])
        func accept(_ headers: [String], _ status: Int) throws {
            let client = try #require(RunningService.current).client()
            let reply = try client.get("/health", headers: headers)
            #expect(reply.status == status, "\(reply.text)")
            if status == 406 {
                let problem = try reply.expectProblem(406, "not-acceptable")
                #expect(problem["expected"]?.string == "application/json")
            }
        }

        @Test(
            "An array is .npy where Accept likes that better",
            arguments: [
                ("application/x-npy", "application/x-npy"), ("*/*", "application/json"),
                ("application/json, application/x-npy", "application/json"),
                ("application/json;q=0.5, application/x-npy", "application/x-npy"),
                ("application/x-npy;q=0.1, */*;q=0.5", "application/json"), ("Application/X-NPY", "application/x-npy"),
            ])
        func npy(_ accept: String, _ type: String) throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": 1}"#).expect(201)
            for path in ["data", "grad"] {
                try bench.client.put("\(bench.graph)/variables/x/grad", "2").expectNoContent()
                let reply = try bench.client.get(
                    "\(bench.graph)/variables/x/\(path)", headers: ["Accept: \(accept)"])
                reply.expect(200)
                #expect(reply.headers["content-type"] == type)
                #expect(reply.headers["etag"]?.hasSuffix("-npy\"") == (type == "application/x-npy"))
            }
        }

        @Test("A grad that is not there is null, and 406 for who takes .npy only")
        func noGrad() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": 1}"#).expect(201)
            let path = "\(bench.graph)/variables/x/grad"
            try bench.client.get(path, headers: ["Accept: application/x-npy"]).expectProblem(406, "not-acceptable")
            let either = try bench.client.get(path, headers: ["Accept: application/x-npy, */*;q=0.1"])
            either.expect(200, "null")
            #expect(either.headers["content-type"] == "application/json")
        }

        @Test("A Content-Encoding that is not spoken is 415, and changes nothing")
        func contentEncoding() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": 1}"#).expect(201)
            let state = try bench.state()
            func put(_ coding: String) throws -> Reply {
                try bench.client.send(
                    "PUT", "\(bench.graph)/variables/x/data", Data("2".utf8), headers: ["Content-Encoding: \(coding)"])
            }
            for coding in ["gzip", "br", "identity, gzip"] {
                let reply = try put(coding)
                try reply.expectProblem(415, "unsupported-media-type")
                #expect(reply.headers["accept-encoding"] == "identity")
            }
            #expect(try bench.state() == state)
            try put("identity").expectNoContent()
        }

        @Test("A grad is set from .npy as data is")
        func npyGrad() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [[1, 2], [3, 4]]}"#).expect(201)
            let path = "\(bench.graph)/variables/x"
            let file = try bench.client.get("\(path)/data", headers: ["Accept: application/x-npy"]).body
            try bench.client.send("PUT", "\(path)/grad", file, headers: ["Content-Type: application/x-npy"])
                .expectNoContent()
            #expect(try bench.gradient("x") == "[[1.0,2.0],[3.0,4.0]]")
        }

        @Test("A body that is JSON is read as JSON though it is told to be .npy, and its faults are told as JSON's")
        func jsonToldToBeNpy() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [1, 2]}"#).expect(201)
            let path = "\(bench.graph)/variables/x/data"
            let headers = ["Content-Type: application/x-npy"]
            try bench.client.send("PUT", path, Data(" [3, 4]".utf8), headers: headers).expectNoContent()
            #expect(try bench.array("x") == "[3.0,4.0]")
            let problem = try bench.client.send("PUT", path, Data("[3, ]".utf8), headers: headers)
                .expectProblem(400, "invalid-json")
            #expect(problem["column"]?.number == 5)
            let op = try bench.client.send("POST", "\(bench.graph)/ops", Data(#"{"op":"#.utf8), headers: headers)
                .expectProblem(400, "invalid-json")
            #expect(op["column"]?.number == 7)
        }
    }
}
