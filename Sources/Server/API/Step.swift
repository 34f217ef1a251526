import Engine
import HTTPTypes

/// What a request does to a graph, as data: the body of a request of its own, or one step of `run`.
protocol Step: SendableMetatype {
    /// Decodes it; names are looked up in the graph as it stands now.
    init(_ object: inout JSONObject, _ graph: Graph, _ call: Call) throws
    /// Whether it counts as a change of the graph, by what its object says.
    static func changesGraph(_ object: JSONObject) -> Bool
    /// A bound for the elements that it touches.
    var elements: Int { get }
    /// Does it, inside a transaction.
    func run(_ graph: Graph, _ call: Call) throws -> StepReply
}

/// What a step answers.
struct StepReply {
    var status = HTTPResponse.Status.ok
    /// The path of what was made.
    var location: String?
    let write: Call.BodyWriter

    /// `{}`
    static func empty() -> StepReply { StepReply { out, _ in out.append("{}") } }
}

extension Step {
    static func changesGraph(_ object: JSONObject) -> Bool { true }

    /// Decodes a whole object, refuses what is left of it, and does it.
    static func perform(_ object: inout JSONObject, _ graph: Graph, _ call: Call) throws -> StepReply {
        let step = try Self(&object, graph, call)
        try object.finish()
        try call.expect(elements: step.elements)
        call.stopwatch.enter(.compute)
        return try step.run(graph, call)
    }
}

extension Endpoint {
    /// A step that is a POST of its own.
    static func step<S: Step>(_ name: String, _: S.Type, creating: Bool = false) -> Endpoint {
        Endpoint(.post, graph + "/" + name, .graph(creating: creating)) { call, response in
            let graph = try call.requireGraph()
            var object = try call.object()
            try graph.transaction(changes: S.changesGraph(object)) {
                let reply = try S.perform(&object, graph, call)
                try call.json(&response, reply.status, location: reply.location, reply.write)
            }
        }
    }
}
