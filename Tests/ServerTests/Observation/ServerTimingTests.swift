import Foundation
import TestSupport
import Testing

@testable import Server

extension OverHTTP {
    /// What a request's time was spent on.
    @Suite struct ServerTimingTests {
        /// In milliseconds; nil where the reply does not tell.
        private func times(_ reply: Reply) throws -> [String: Double]? {
            guard let value = reply.headers["server-timing"] else { return nil }
            var times: [String: Double] = [:]
            for part in value.split(separator: ", ") {
                let match = try #require(part.wholeMatch(of: #/(\w+);dur=(\d+\.\d+)/#), "\(value)")
                #expect(match.2.count == 7, "\(value)")
                times[String(match.1)] = Double(match.2)
            }
            return times
        }

        @Test("What takes a body tells what it spent on reading, computing and writing; nothing else does")
        func presence() throws {
            let bench = try Bench()
            try bench.buildArticle()
            let grad = #"{"outputs": ["z"], "inputs": ["x0"]}"#
            for reply in try [
                bench.post("grad", grad), bench.post("backward", #"{"output": "z", "grad_outputs": [[1, 1]]}"#),
                bench.post("cleargrad"), bench.variable("v", #"{"data": 1}"#),
                bench.client.put("\(bench.graph)/variables/v/data", "2"), bench.post("eval", #"{"expr": "w = v + 1"}"#),
                bench.post("run", #"{"steps": [{"grad": \#(grad)}, {"get": "x0"}]}"#),
                bench.client.post("/v1/eval", #"{"expr": "1 + 1"}"#), bench.client.put("/v1/sessions/\(bench.session)"),
            ] {
                let times = try #require(try times(reply), "\(reply.status)")
                #expect(times.keys.sorted() == ["compute", "encode", "parse"])
                #expect((0..<5000).contains(times.values.reduce(0, +)))
            }
            for reply in try [
                bench.client.get("/health"), bench.read("x0"), bench.client.get("/v1/ops"), bench.post("grad", "{"),
                bench.post("grad", #"{"outputs": ["nobody"], "inputs": []}"#), bench.client.get("/nowhere"),
                bench.client.send("PUT", bench.graph, Data(), headers: ["If-Match: \"x\""]),
            ] { #expect(try times(reply) == nil, "\(reply.status)") }
        }

        @Test("Long reading, computing and writing is told as that")
        func shares() throws {
            let bench = try Bench()
            try bench.bindMatrix()
            let computed = try #require(
                try times(bench.post("grad", #"{"outputs": ["p"], "inputs": ["row"], "set_grad": true}"#)))
            #expect((computed["compute"] ?? 0) > 5, "\(computed)")
            #expect((computed["compute"] ?? 0) > 3 * ((computed["parse"] ?? 0) + (computed["encode"] ?? 0)))

            let body = #"{"data": [\#(String(repeating: "0.125,", count: 200_000))1]}"#
            let read = try #require(try times(bench.client.put("\(bench.graph)/variables/x?arrays=none", body)))
            #expect((read["parse"] ?? 0) > 3 * ((read["compute"] ?? 0) + (read["encode"] ?? 0)), "\(read)")
            // The same as a step.
            let step = try #require(
                try times(bench.post("run", #"{"steps": [{"variable": "x", \#(body.dropFirst())], "reply": []}"#)))
            #expect((step["parse"] ?? 0) > 3 * ((step["compute"] ?? 0) + (step["encode"] ?? 0)), "\(step)")

            let copy = #"{"op": "reshape", "inputs": ["x"], "args": {"shape": [200001]}, "output": "y"}"#
            let written = try #require(try times(bench.op(copy)))
            #expect((written["encode"] ?? 0) > 3 * ((written["compute"] ?? 0) + (written["parse"] ?? 0)), "\(written)")
        }

        @Test("A reply that is written while it is sent does not tell of writing")
        func streamed() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": 1}"#).expect(201)
            let reply = try bench.op(#"{"op": "broadcast_to", "inputs": ["x"], "args": {"shape": [2000000]}}"#)
            #expect(reply.headers["transfer-encoding"] == "chunked")
            #expect(try times(reply)?.keys.sorted() == ["compute", "parse"])
        }
    }
}

struct StopwatchTests {
    @Test(
        "A time is seven characters, whatever it is",
        arguments: [
            (0, "0.00000"), (9, "0.00000"), (10, "0.00001"), (12_345, "0.01234"), (9_999_999, "9.99999"),
            (10_000_000, "10.0000"), (99_999_999, "99.9999"), (123_456_789, "123.456"), (1_234_567_890, "1234.56"),
            (12_345_678_901, "12345.6"), (99_999_999_999, "99999.9"), (1_000_000_000_000, "99999.9"),
        ] as [(Int64, String)])
    func form(_ nanoseconds: Int64, _ text: String) {
        var buffer = OutputBuffer()
        buffer.append("<       >")
        buffer.patch(milliseconds: nanoseconds, at: 1)
        let written = String(decoding: buffer.unsent, as: UTF8.self)
        #expect(written == "<\(text)>")
    }
}
