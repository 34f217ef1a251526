import Engine

/// What belongs to no session: that the service lives, whether it serves, and what it can compute.
enum ServiceEndpoints {
    static let all: [Endpoint] = [
        Endpoint(.get, "/health", .service, isOpen: true) { call, response in
            try call.json(&response, .ok) { out, _ in out.append("{\"status\":\"ok\"}") }
        },
        Endpoint(.get, "/metrics", .service, offers: .metrics) { call, response in
            // It asks the system, and is long.
            try call.expect(elements: .max)
            response.begin(.ok, contentType: Metrics.contentType)
            response.header("Cache-Control", "no-store")
            response.beginBody()
            call.metrics.write(to: &response.body)
            response.end()
        },
        Endpoint(.get, "/ready", .service, isOpen: true) { call, response in
            switch call.lifecycle.phase {
            case .starting: throw Problem.starting
            case .serving: try call.json(&response, .ok) { out, _ in out.append("{\"status\":\"ready\"}") }
            case .ending: throw Problem.ending
            }
        },
        Endpoint(.get, "/v1/ops", .service) { call, response in
            try call.json(&response, .ok, isState: false) { out, _ in
                out.append("{\"ops\":")
                out.append(list: Catalog.ops, "[", "]") { $0.append(op: $1) }
                out.append("}")
            }
        },
        Endpoint(.get, "/v1/ops/{op}", .service) { call, response in
            let name = call.names[0]
            guard let op = Catalog.op(name) else {
                let hint = Spelling.nearest(to: name, in: Catalog.ops.map(\.name)).map { " Did you mean \($0)?" } ?? ""
                throw Problem.notFound("There is no op \(name).\(hint) GET /v1/ops lists all of them.")
            }
            try call.json(&response, .ok, isState: false) { out, _ in out.append(op: op) }
        },
    ]
}

extension OutputBuffer {
    /// An op as the catalogue describes it.
    fileprivate mutating func append(op: any AnyOp) {
        append("{\"op\":")
        append(jsonString: op.name)
        append(",\"summary\":")
        append(jsonString: op.summary)
        append(op.isDifferentiable ? ",\"differentiable\":true" : ",\"differentiable\":false")
        append(",\"inputs\":")
        append(list: op.arrayParameters, "[", "]") { out, parameter in
            guard let array = parameter.array else { return }
            out.append("{\"name\":")
            out.append(jsonString: parameter.name)
            out.append(",\"summary\":")
            out.append(jsonString: parameter.summary)
            out.append(",\"dtypes\":")
            let dtypes = DType.allCases.filter(array.dtypes.contains)
            out.append(list: dtypes, "[", "]") { $0.append(jsonString: $1.rawValue) }
            out.append(array.arity == .optional ? ",\"required\":false" : ",\"required\":true")
            out.append(",\"list\":")
            out.append(array.arity == .list || array.arity == .lists ? "true}" : "false}" as StaticString)
        }
        append(",\"args\":")
        append(list: op.parameters.filter { $0.array == nil }, "[", "]") { out, parameter in
            out.append("{\"name\":")
            out.append(jsonString: parameter.name)
            out.append(",\"summary\":")
            out.append(jsonString: parameter.summary)
            out.append(",\"form\":")
            out.append(jsonString: parameter.form)
            if let fallback = parameter.fallback {
                out.append(",\"required\":false,\"default\":")
                out.append(fallback)
            } else {
                out.append(",\"required\":true")
            }
            out.append("}")
        }
        append(",\"results\":")
        append(jsonString: op.hasSeveralResults ? "several" : "one")
        append("}")
    }
}
