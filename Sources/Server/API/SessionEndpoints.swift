import Engine
import Foundation

/// Sessions.
enum SessionEndpoints {
    static let all: [Endpoint] = [
        Endpoint(.get, "/v1/sessions", .sessions, query: Query.pageParameters) { call, response in
            let (start, limit) = try Query.page(call.query)
            let page = call.owner.sessions.page(from: start, limit: limit)
            try call.json(&response, .ok) { out, _ in
                out.append("{\"sessions\":")
                out.append(list: page.items, "[", "]") { out, item in
                    out.append("{\"session\":")
                    out.append(jsonString: item.name)
                    out.append("}")
                }
                out.append(next: page.next)
                out.append("}")
            }
        },
        Endpoint(.post, "/v1/sessions", .newSession) { call, response in
            let session = try call.requireSession()
            var object = try call.object()
            if let ttl = try object.take("ttl").map({ try seconds($0) }) { session.ttl = ttl }
            try object.finish()
            try call.json(&response, .created, location: "/v1/sessions/\(session.name)") { out, _ in out.append(session)
            }
        },
        Endpoint(.put, Endpoint.session, .session(creating: true)) { call, response in
            let session = try call.requireSession()
            var object = try call.object()
            let ttl = object.take("ttl")
            try object.finish()
            if let ttl { session.ttl = try seconds(ttl) }
            let isNew = session.isProvisional
            try call.json(&response, isNew ? .created : .ok, location: isNew ? "/v1/sessions/\(session.name)" : nil) {
                out, _ in out.append(session)
            }
        },
        Endpoint(.get, Endpoint.session, .session(creating: false)) { call, response in
            let session = try call.requireSession()
            try call.json(&response, .ok) { out, _ in out.append(session) }
        },
        Endpoint(.delete, Endpoint.session, .session(creating: false)) { call, response in
            let session = try call.requireSession()
            try call.expect(elements: session.account.nodes * 16)
            try call.owner.sessions.delete(session)
            call.noContent(&response)
        },
    ]

    private static func seconds(_ value: JSONValue) throws -> Int {
        let form = "whole seconds from 0 (never) to 31536000"
        let number = try value.scalar(form).asDouble
        guard let seconds = Int(exactly: number), (0...31_536_000).contains(seconds) else {
            var problem = Problem(
                "/problems/argument", "Impossible argument", .unprocessableContent, "The ttl is out of range.")
            (problem.expected, problem.actual) = (form, "\(number)")
            problem.pointer = value.text.pointer(to: value.offset)
            throw problem
        }
        return seconds
    }
}

extension OutputBuffer {
    fileprivate mutating func append(_ session: Session) {
        append("{\"session\":")
        append(jsonString: session.name)
        append(",\"expires_at\":")
        if let expiry = session.expiry {
            append(jsonString: expiry.formatted(.iso8601))
        } else {
            append("null")
        }
        append(",\"ttl\":", session.ttl)
        append(",\"graphs\":", session.graphs.count)
        append(",\"nodes\":", session.account.nodes)
        append(",\"bytes\":", session.account.bytes)
        append("}")
    }
}
