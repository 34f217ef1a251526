import Engine

/// One row of the contract: a method on a path, and what answers it.
struct Endpoint: Sendable {
    /// What a request is let in to before it runs.
    enum Access: Sendable {
        /// Nothing that changes.
        case service
        /// The names of all sessions.
        case sessions
        /// A session that comes to be with the request, and takes a name that the service makes up.
        case newSession
        /// The session in the path; `creating`: it comes to be with the request.
        case session(creating: Bool)
        /// The graph in the path.
        case graph(creating: Bool)
    }

    let method: Method
    /// `/v1/sessions/{session}/graphs/{graph}`
    let template: String
    let access: Access
    /// The names of the query parameters that it takes.
    let query: [String]
    let offers: Representation.Offer
    /// Whether it answers those without a key too.
    let isOpen: Bool
    let run: @Sendable (Call, inout ResponseWriter) throws -> Void

    init(
        _ method: Method, _ template: String, _ access: Access, query: [String] = [],
        offers: Representation.Offer = .json, isOpen: Bool = false,
        run: @escaping @Sendable (Call, inout ResponseWriter) throws -> Void
    ) {
        (self.method, self.template, self.access) = (method, template, access)
        self.query = query + (offers == .metrics ? [] : Representation.queryParameters)
        (self.offers, self.isOpen) = (offers, isOpen)
        self.run = run
    }

    /// Whether it tells how the service is: that is answered until its end.
    var isProbe: Bool { template == "/health" || template == "/ready" }

    static let session = "/v1/sessions/{session}"
    static let graph = session + "/graphs/{graph}"
}

/// One request on its way to an endpoint.
struct Call {
    let request: Request
    /// The names in the path, decoded and checked, in order.
    let names: [String]
    let query: [String: String]
    /// How it wants its reply.
    var representation: Representation
    let owner: Owner
    let metrics: Metrics
    let stopwatch: Stopwatch
    let limits: Limits
    let lifecycle: Lifecycle
    /// The session and graph that it was let in to.
    let session: Session?
    let graph: Graph?
    /// Whether it runs on a loop's thread, which others wait for.
    let isOnLoop: Bool
    /// Whether the reply is kept, for a retry.
    var keepsReply = false
    /// Whether the client has the reply already, should it be one with what it asked for.
    var verdict = Preconditions.Verdict.proceed

    /// What a loop answers itself, in elements to touch: some tens of microseconds.
    static let loopBudget = 1 << 15

    /// The largest array that is made on a loop, in bytes, and the longest computation, in multiplications.
    static let loopBytes = 1 << 20
    static let loopWork = 1 << 21

    /// A graph that is gone with the reply.
    func passingGraph() -> Graph {
        let graph = Graph(parent: owner.account)
        graph.account.allow(isOnLoop: isOnLoop, limits)
        return graph
    }

    /// Work that a loop does not do itself.
    struct LeavesLoop: Error {}

    /// Leaves the loop where the work is too much for it. To be called before anything is changed.
    /// - Throws: `LeavesLoop`; elsewhere `EngineError.Kind.time` where the request's time is up.
    func expect(elements: Int) throws {
        if isOnLoop {
            if verdict == .proceed, elements > Call.loopBudget { throw LeavesLoop() }
        } else {
            // Before each step of `run`, and each op of a formula.
            try Account.current.deadline.check()
        }
    }

    /// The graph, of an endpoint that is let in to one.
    func requireGraph() throws -> Graph {
        guard let graph else { throw Problem.fault("The endpoint has no graph.") }
        return graph
    }

    func requireSession() throws -> Session {
        guard let session else { throw Problem.fault("The endpoint has no session.") }
        return session
    }

    /// The body as an object; an empty body is an empty object.
    func object() throws(JSONError) -> JSONObject { try JSONObject(body: text) }

    var text: JSONText { JSONText(request.body, depthLimit: limits.depth) }

    /// The form of arrays in the reply.
    var form: Representation.ArrayForm { representation.arrays }

    /// The path of a variable of this call's graph; nil for one that is gone with the reply.
    func variablePath(_ name: String) -> String? {
        names.count < 2 ? nil : "/v1/sessions/\(names[0])/graphs/\(names[1])/variables/\(name)"
    }
}

extension Account {
    /// What a request may take, on a loop at once, elsewhere until its time is up.
    func allow(isOnLoop: Bool, _ limits: Limits) {
        allow(bytesAtOnce: isOnLoop ? Call.loopBytes : .max, workAtOnce: isOnLoop ? Call.loopWork : .max)
        let isTimed = !isOnLoop && limits.computeTimeout > 0
        deadline = isTimed ? Deadline(secondsFromNow: limits.computeTimeout) : .never
    }
}
