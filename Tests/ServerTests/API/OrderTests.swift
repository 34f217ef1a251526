import Foundation
import TestSupport
import Testing

extension OverHTTP {
    /// Where several things are wrong with a request: what is judged first.
    @Suite struct OrderTests {
        /// A request that has every fault from one on, and the status that says the first.
        @Test(
            "What is wrong is judged in order: host, origin, path, method, query, Accept, session, key, JSON, precondition",
            arguments: [421, 403, 404, 405, 400, 406, 404, 409, 400, 412].enumerated().map { $0 })
        func order(_ step: (offset: Int, element: Int)) throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": 1}"#).expect(201)
            let first = step.offset
            var headers: [String] = []
            if first <= 0 { headers.append("Host: example.org") }
            if first <= 1 { headers.append("Origin: https://example.org") }
            if first <= 5 { headers.append("Accept: image/png") }
            // A key that is running is hard to time: one that cannot be is judged at the same place.
            if first <= 7 { headers.append("Idempotency-Key;") }
            headers.append("If-Match: \"elsewhere.1\"")
            let session = first <= 6 ? "never-made" : bench.session
            let path = first <= 2 ? "nothing" : "graphs/g/backward"
            let method = first <= 3 ? "PATCH" : "POST"
            let query = first <= 4 ? "?unknown" : ""
            let state = try bench.state()
            let reply = try bench.client.send(
                method, "/v1/sessions/\(session)/\(path)\(query)", Data((first <= 8 ? "{" : #"{"output": "x"}"#).utf8),
                headers: headers)
            #expect(reply.status == (first == 7 ? 400 : step.element), "\(first): \(reply.text)")
            if first == 7 { #expect(reply.text.contains("Idempotency-Key")) }
            if first == 8 { try reply.expectProblem(400, "invalid-json") }
            #expect(try bench.state() == state)
        }
    }
}
