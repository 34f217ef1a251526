import Engine

/// Graphs.
enum GraphEndpoints {
    static let all: [Endpoint] = [
        Endpoint(.get, Endpoint.session + "/graphs", .session(creating: false), query: Query.pageParameters) {
            call, response in
            let session = try call.requireSession()
            let (start, limit) = try Query.page(call.query)
            let page = session.graphs.page(from: start, limit: limit)
            try call.json(&response, .ok) { out, _ in
                out.append("{\"graphs\":")
                out.append(list: page.items, "[", "]") { $0.append($1.value, named: $1.name) }
                out.append(next: page.next)
                out.append("}")
            }
        },
        Endpoint(.put, Endpoint.graph, .session(creating: false)) { call, response in
            let session = try call.requireSession()
            let name = call.names[1]
            try call.object().finish()
            let old = session.graphs[name]
            let graph = old ?? session.makeGraph(name)
            let location = "/v1/sessions/\(session.name)/graphs/\(name)"
            try call.json(&response, old == nil ? .created : .ok, location: old == nil ? location : nil, of: graph) {
                out, _ in out.append(graph, named: name)
            }
        },
        Endpoint(.get, Endpoint.graph, .graph(creating: false)) { call, response in
            let graph = try call.requireGraph()
            try call.json(&response, .ok) { out, _ in out.append(graph, named: call.names[1]) }
        },
        Endpoint(.delete, Endpoint.graph, .graph(creating: false)) { call, response in
            // Freeing a node costs some dozens of elements.
            try call.expect(elements: try call.requireGraph().account.nodes * 16)
            try call.requireSession().remove(call.names[1])
            call.noContent(&response)
        },
    ]
}

extension OutputBuffer {
    fileprivate mutating func append(_ graph: Graph, named name: String) {
        append("{\"graph\":")
        append(jsonString: name)
        append(",\"variables\":", graph.names.count)
        append(",\"nodes\":", graph.account.nodes)
        append(",\"bytes\":", graph.account.bytes)
        append("}")
    }

    /// Where a list goes on, if it does.
    mutating func append(next: Int?) {
        guard let next else { return }
        append(",\"next\":")
        append(jsonString: String(next, radix: 36))
    }
}
