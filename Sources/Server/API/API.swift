import Dispatch
import Engine
import HTTPTypes
import Logging

/// The API: finds a request's endpoint, lets it in to its session, and turns every failure into a problem document.
struct API: RequestHandler {
    private let router = Router(API.endpoints)
    let sessions: SessionStore
    private let browsers: BrowserRules
    let limits: Limits
    private let lifecycle: Lifecycle
    private let waiting: Waiting
    let logger: Logger

    /// Every row of the contract.
    static let endpoints: [Endpoint] =
        ServiceEndpoints.all + SessionEndpoints.all + GraphEndpoints.all + VariableEndpoints.all + ArrayEndpoints.all
        + OpEndpoints.all + GradientEndpoints.all + RunEndpoints.all + EvalEndpoints.all
        + ProblemCatalog.all

    /// A body beyond this is not parsed on a loop's thread.
    private static let loopBody = 64 * 1024

    init(
        logger: Logger, sessions: SessionStore, browsers: BrowserRules, limits: Limits, lifecycle: Lifecycle
    ) {
        (self.logger, self.sessions, self.browsers, self.limits) = (logger, sessions, browsers, limits)
        self.lifecycle = lifecycle
        waiting = Waiting(limit: limits.waiting)
    }

    func handle(_ exchange: Exchange) -> Disposition {
        do {
            exchange.response.readableBy = try browsers.check(exchange.request)
            if exchange.request.method == .options, Grammar.matches(exchange.request.path, "*") {
                // What the service as a whole takes (RFC 9110, 9.3.7).
                exchange.response.begin(.noContent)
                exchange.response.header("Allow", "GET, HEAD, PUT, POST, DELETE, OPTIONS")
                exchange.response.end()
                return .answered
            }
            switch try router.match(exchange.request) {
            case .otherMethods(let allow):
                if exchange.request.method == .options {
                    exchange.response.begin(.noContent)
                    exchange.response.header("Allow", allow)
                    if exchange.response.readableBy != nil {
                        // The answer to a browser that asks before it sends.
                        exchange.response.header("Access-Control-Allow-Methods", allow)
                        exchange.response.header(
                            "Access-Control-Allow-Headers",
                            "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Prefer")
                    }
                    exchange.response.end()
                    return .answered
                }
                throw Problem.methodNotAllowed(exchange.request.method, allow: allow)
            case .endpoint(let endpoint, let names):
                if lifecycle.phase == .ending, !endpoint.isProbe { throw Problem.ending }
                let query = try Query.parse(exchange.request.query, allowed: endpoint.query)
                let representation = try Representation(exchange.request, query, offersNpy: endpoint.offersNpy)
                return try route(
                    Work(
                        exchange: exchange, endpoint: endpoint, names: names, query: query,
                        representation: representation))
            }
        } catch {
            // No endpoint has looked at the body.
            fail(exchange, error, readsBody: false)
            return .answered
        }
    }

    func reserve(bytes: Int) -> Bool { (try? sessions.account.charge(bytes: bytes)) != nil }

    func release(bytes: Int) { sessions.account.repay(bytes: bytes) }

    private func route(_ work: Work) throws -> Disposition {
        let isBrief = work.exchange.request.body.count <= API.loopBody
        // A long body waits for a thread in any case; where there is no room it makes no session.
        guard isBrief || waiting.enter() else { throw Problem.crowded }
        do {
            return try route(work, isBrief: isBrief)
        } catch {
            if !isBrief { waiting.leave() }
            throw error
        }
    }

    private func route(_ work: Work, isBrief: Bool) throws -> Disposition {
        if case .service = work.endpoint.access {
            return routeToService(try work.claimed(in: nil, sessions.replies), isBrief: isBrief)
        }
        let session = try session(of: work)
        let work = try work.claimed(in: session.number, sessions.replies)
        if isBrief, session.gate.tryEnter() {
            do {
                try perform(work, session, isOnLoop: true)
                session.gate.leave(isOnLoop: true)
                return .answered
            } catch {
                // Too much for a loop: the session stays taken while the request goes to another thread.
                work.exchange.response.restart()
                guard waiting.enter() else {
                    refuse(work, session, Problem.crowded)
                    session.gate.leave(isOnLoop: true)
                    return .answered
                }
                work.exchange.prepareToDetach()
                goOnElsewhere(work, session)
                return .detached
            }
        }
        // Whoever is inside has to do with what becomes of the session.
        if isBrief, !waiting.enter() {
            fail(work, Problem.crowded)
            return .answered
        }
        work.exchange.prepareToDetach()
        session.gate.enter(
            Gate.Job(isBrief: isBrief) { isOnLoop in
                waiting.leave()
                return resume(work, session, isOnLoop: isOnLoop)
            })
        return .detached
    }

    /// Answers a request that needs no session: on the loop, unless it is too much for it.
    private func routeToService(_ work: Work, isBrief: Bool) -> Disposition {
        if isBrief {
            do {
                try performService(work, isOnLoop: true)
                return .answered
            } catch {
                // Too much for a loop.
                work.exchange.response.restart()
                guard waiting.enter() else {
                    fail(work, Problem.crowded)
                    return .answered
                }
            }
        }
        work.exchange.prepareToDetach()
        DispatchQueue.global().async {
            waiting.leave()
            try? performService(work, isOnLoop: false)
            work.exchange.finish()
        }
        return .detached
    }

    /// Runs an endpoint that belongs to no session, and writes its reply or its problem.
    /// - Throws: `Call.LeavesLoop` only.
    private func performService(_ work: Work, isOnLoop: Bool) throws(Call.LeavesLoop) {
        do {
            try answer(work) { try run(work, nil, nil, isOnLoop: isOnLoop) }
        } catch let leaves as Call.LeavesLoop {
            throw leaves
        } catch is Account.BeyondAllowance where isOnLoop {
            throw Call.LeavesLoop()
        } catch {
            fail(work, error)
        }
    }

    /// Goes on with a detached request, inside its session.
    /// - Returns: whether it is done; else it goes on elsewhere, and leaves the session there.
    private func resume(_ work: Work, _ session: Session, isOnLoop: Bool) -> Bool {
        do {
            try perform(work, session, isOnLoop: isOnLoop)
            work.exchange.finish()
            return true
        } catch {
            if isOnLoop {
                work.exchange.response.restart()
                waiting.reenter()
                goOnElsewhere(work, session)
                return false
            }
            // It went while this request stood in line, and its keys with it: on to its successor.
            let successor = sessions.obtain(work.names[0])
            do {
                let work = try work.claimed(in: successor.number, sessions.replies)
                successor.gate.enter(Gate.Job(isBrief: false) { resume(work, successor, isOnLoop: $0) })
            } catch {
                fail(work.exchange, error)
                work.exchange.finish()
            }
            return true
        }
    }

    private func goOnElsewhere(_ work: Work, _ session: Session) {
        DispatchQueue.global().async {
            waiting.leave()
            if resume(work, session, isOnLoop: false) { session.gate.leave(isOnLoop: false) }
        }
    }

    private func session(of work: Work) throws -> Session {
        let name = work.names[0]
        if work.creates {
            // What is refused for its key makes no session.
            _ = try work.key
            return sessions.obtain(name)
        }
        guard let session = sessions.find(name) else { throw Problem.noSession(name) }
        return session
    }

    // MARK: Inside the session

    /// Runs the endpoint inside its session, and writes its reply or its problem.
    /// - Throws: `Call.LeavesLoop` only; nothing has been changed then. Off the loop: where the session is over and the
    ///   request makes another.
    private func perform(_ work: Work, _ session: Session, isOnLoop: Bool) throws(Call.LeavesLoop) {
        do {
            if session.isOver {
                sessions.remove(session)
                if work.creates { throw Call.LeavesLoop() }
                throw Problem.noSession(session.name)
            }
            // Of a request that makes it and has not succeeded nobody else knows.
            if session.isProvisional, !work.creates { throw Problem.noSession(session.name) }
            session.beginUse()
            defer { session.endUse() }
            try answer(work) { try runEndpoint(work, session, isOnLoop: isOnLoop) }
            session.isProvisional = false
        } catch let leaves as Call.LeavesLoop {
            throw leaves
        } catch is Account.BeyondAllowance where isOnLoop {
            throw Call.LeavesLoop()
        } catch {
            refuse(work, session, error)
        }
    }

    /// Answers a request that failed inside its session, which goes if it came to be with it.
    private func refuse(_ work: Work, _ session: Session, _ error: any Error) {
        if session.isProvisional, work.creates { sessions.remove(session) }
        fail(work, error)
    }

    /// Answers with what was kept for the request's key, if that is there; else runs it, and keeps what it answers.
    private func answer(_ work: Work, _ body: () throws -> Void) throws {
        guard let claim = work.claim else { return try body() }
        let digest = work.digest
        if let kept = claim.kept {
            guard kept.digest == digest else { throw Problem.reusedKey(claim.key) }
            return work.exchange.response.replay(kept.response)
        }
        try body()
        sessions.replies.settle(claim, ReplyStore.Reply(digest: digest, response: work.exchange.response.stored))
    }

    private func runEndpoint(_ work: Work, _ session: Session, isOnLoop: Bool) throws {
        let request = work.exchange.request
        guard case .graph(let creating) = work.endpoint.access else {
            if work.names.count > 1 {
                let graph = session.graphs[work.names[1]]
                _ = try Preconditions.check(request, graph, exists: graph != nil, work.representation)
            } else if request.method == .put {
                _ = try Preconditions.check(request, nil, exists: !session.isProvisional, work.representation)
            }
            return try run(work, session, nil, isOnLoop: isOnLoop)
        }
        let name = work.names[1]
        if let graph = session.graphs[name] {
            let exists = work.names.count == 2 || graph.variable(work.names[2]) != nil
            // Of what is not there, and does not come to be, no condition is judged (RFC 9110, 13.2.1).
            let verdict =
                exists || creating
                ? try Preconditions.check(request, graph, exists: exists, work.representation) : .proceed
            return try run(work, session, graph, verdict, isOnLoop: isOnLoop)
        }
        guard creating else { throw Problem.noGraph(name, in: session.name) }
        _ = try Preconditions.check(request, nil, exists: false, work.representation)
        let graph = Graph(parent: session.account)
        session.graphs.bind(name, graph)
        do {
            try run(work, session, graph, isOnLoop: isOnLoop)
        } catch {
            session.graphs.remove(name)
            throw error
        }
    }

    private func run(
        _ work: Work, _ session: Session?, _ graph: Graph?, _ verdict: Preconditions.Verdict = .proceed, isOnLoop: Bool
    ) throws {
        var call = call(work, session, graph, isOnLoop: isOnLoop)
        call.verdict = verdict
        // These take no body, and what came as one is not passed over.
        if !work.endpoint.method.hasBody { try call.object().finish() }
        try work.endpoint.run(call, &work.exchange.response)
    }

    private func call(_ work: Work, _ session: Session?, _ graph: Graph?, isOnLoop: Bool) -> Call {
        graph?.account.allow(isOnLoop: isOnLoop, limits)
        return Call(
            request: work.exchange.request, names: work.names, query: work.query,
            representation: work.representation, sessions: sessions, limits: limits, lifecycle: lifecycle,
            session: session, graph: graph, isOnLoop: isOnLoop, keepsReply: work.claim != nil)
    }
}
