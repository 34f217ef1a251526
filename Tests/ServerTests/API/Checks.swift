import Foundation
import TestSupport
import Testing

extension Reply {
    /// Checks the status and, where one is given, the whole body, byte for byte but for its last newline.
    func expect(_ status: Int, _ body: String? = nil, at place: SourceLocation = #_sourceLocation) {
        #expect(self.status == status, "\(text)", sourceLocation: place)
        if let body { #expect(text == body + "\n", sourceLocation: place) }
    }

    /// Checks a reply without a body: 204.
    func expectNoContent(at place: SourceLocation = #_sourceLocation) {
        #expect(status == 204, "\(text)", sourceLocation: place)
        #expect(body.isEmpty && headers["content-length"] == nil, sourceLocation: place)
    }

    /// Checks that the reply is a problem document, and returns it.
    @discardableResult
    func expectProblem(_ status: Int, _ type: String, at place: SourceLocation = #_sourceLocation) throws -> JSON {
        #expect(self.status == status, "\(text)", sourceLocation: place)
        #expect(headers["content-type"] == "application/problem+json", sourceLocation: place)
        #expect(headers["content-length"] == "\(body.count)", sourceLocation: place)
        let problem = try #require(try? json, "not JSON: \(text)", sourceLocation: place)
        #expect(problem["type"]?.string == "/problems/\(type)", "\(text)", sourceLocation: place)
        #expect(problem["status"]?.number == Double(status), "\(text)", sourceLocation: place)
        for key in ["title", "detail"] {
            #expect(problem[key]?.string?.isEmpty == false, "\(key) of \(text)", sourceLocation: place)
        }
        return problem
    }

    /// A member of the body, as JSON text with its keys in order.
    func member(_ key: String) throws -> String { try json[key]?.sortedText() ?? "nothing" }
}

extension JSON {
    /// The value as text whose keys are in order: to compare by eye.
    func sortedText() throws -> String {
        switch self {
        case .list(let items): "[" + (try items.map { try $0.sortedText() }).joined(separator: ",") + "]"
        case .object(let object):
            "{"
                + (try object.sorted { $0.key < $1.key }.map { try JSON.string($0).encoded() + ":" + $1.sortedText() })
                .joined(separator: ",") + "}"
        default: try encoded()
        }
    }
}

extension OverHTTP.Bench {
    func array(_ name: String) throws -> String { try text("variables/\(name)/data") }
    func gradient(_ name: String) throws -> String { try text("variables/\(name)/grad") }

    /// The body of a GET below the graph, without its last newline.
    private func text(_ path: String) throws -> String {
        let reply = try client.get("\(graph)/\(path)")
        #expect(reply.status == 200, "\(path): \(reply.text)")
        return String(reply.text.dropLast())
    }

    /// All that can be read of the graph, its tag and its session, as text; when the session ends left out.
    func state() throws -> String {
        let reply = try client.get(graph)
        var state = reply.text + (reply.headers["etag"] ?? "no tag")
        let session = try client.get("/v1/sessions/\(session)").json
        for key in ["ttl", "graphs", "nodes", "bytes"] { state += "\(session[key]?.number ?? -1) " }
        var cursor = ""
        for _ in 0..<100 {
            let page = try client.get("\(graph)/variables?limit=1000\(cursor)")
            state += page.text
            for item in try page.json["variables"]?.list ?? [] { state += try read(item["name"]?.string ?? "").text }
            guard let next = try page.json["next"]?.string else { return state }
            cursor = "&cursor=\(next)"
        }
        return state + "without an end"
    }
}
