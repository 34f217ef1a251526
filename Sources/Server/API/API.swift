import Dispatch
import Engine
import HTTPTypes
import Logging

/// The API: finds a request's endpoint and owner, lets it in to its session, and turns every failure into a problem
/// document.
struct API: RequestHandler {
    private let router = Router(API.endpoints)
    private let owners: Owners
    private let browsers: BrowserRules
    private let logger: Logger
    private let metrics: Metrics

    /// Every row of the contract.
    static let endpoints: [Endpoint] =
        ServiceEndpoints.all + SessionEndpoints.all + GraphEndpoints.all + VariableEndpoints.all + ArrayEndpoints.all
        + OpEndpoints.all + GradientEndpoints.all + RunEndpoints.all + EvalEndpoints.all
        + ProblemCatalog.all

    /// A body beyond this is not parsed on a loop's thread.
    private static let loopBody = 64 * 1024

    /// The templates of their paths, by the number of the route that an exchange is given.
    static let routes = Router.templates(of: endpoints)

    init(logger: Logger, owners: Owners, browsers: BrowserRules, metrics: Metrics) {
        (self.logger, self.owners, self.browsers, self.metrics) = (logger, owners, browsers, metrics)
    }

    func handle(_ exchange: Exchange) -> Disposition {
        do {
            exchange.response.readableBy = try browsers.check(exchange.request)
            let match = router.match(exchange.request, &exchange.route)
            if exchange.request.method == .options { return try match.answerOptions(exchange) }
            let owner = match.isOpen ? owners.nobody : try owners.owner(of: exchange.request)
            return try owner.admit { try route(exchange, match, owner) }
        } catch {
            // No endpoint has looked at the body.
            fail(exchange, error, readsBody: false)
            return .answered
        }
    }

    private func route(_ exchange: Exchange, _ match: Router.Match, _ owner: Owner) throws -> Disposition {
        switch match {
        case .nothing(let problem): throw problem
        case .otherMethods(let allow): throw Problem.methodNotAllowed(exchange.request.method, allow: allow)
        case .endpoint(let endpoint, let names):
            let query = try Query.parse(exchange.request.query, allowed: endpoint.query)
            let representation = try Representation(exchange.request, query, offers: endpoint.offers)
            return try route(
                Work(
                    exchange: exchange, owner: owner, endpoint: endpoint, names: names, query: query,
                    representation: representation))
        }
    }

    private func route(_ work: Work) throws -> Disposition {
        switch work.endpoint.access {
        case .service, .sessions:
            return routeToService(try work.claimed(in: .owner(work.owner.name), owners.replies))
        case .newSession:
            let work = try work.claimed(in: .owner(work.owner.name), owners.replies)
            // What was done before makes no session again.
            guard work.claim?.kept == nil else { return routeToService(work) }
            do {
                return route(work, to: try work.owner.sessions.make())
            } catch {
                fail(work, error)
                return .answered
            }
        case .session, .graph:
            guard let session = try session(of: work) else {
                fail(work, Problem.noSession(work.names[0]))
                return finishOnLoop(work, journal?.lastTicket)
            }
            return route(try work.claimed(in: .session(session.number), owners.replies), to: session)
        }
    }

    private func route(_ work: Work, to session: Session) -> Disposition {
        let isBrief = work.exchange.request.body.count <= API.loopBody
        if isBrief, session.gate.tryEnter() {
            do {
                let ticket = try perform(work, session, isOnLoop: true)
                session.gate.leave(isOnLoop: true)
                return finishOnLoop(work, ticket)
            } catch {
                // Too much for a loop: the session stays taken while the request goes to another thread.
                work.exchange.response.restart()
                work.exchange.prepareToDetach()
                goOnElsewhere(work, session)
                return .detached
            }
        }
        work.exchange.prepareToDetach()
        session.gate.enter(Gate.Job(isBrief: isBrief) { resume(work, session, isOnLoop: $0) })
        return .detached
    }

    // MARK: The end

    private var journal: Journal? { owners.archive?.journal }

    /// Sends a reply once all that it shows is kept.
    /// - Parameter ticket: the last change that it shows; nil where nothing is kept.
    private func finishOnLoop(_ work: Work, _ ticket: Journal.Ticket?) -> Disposition {
        guard let ticket, let journal else { return .answered }
        guard let outcome = journal.outcome(of: ticket) else {
            work.exchange.prepareToDetach()
            finish(work, ticket)
            return .detached
        }
        settle(work, outcome)
        return .answered
    }

    /// The same for a request that is detached.
    private func finish(_ work: Work, _ ticket: Journal.Ticket?) {
        guard let ticket, let journal else { return work.finish() }
        journal.whenKnown(ticket) { outcome in
            settle(work, outcome)
            work.finish()
        }
    }

    /// A reply that shows what was lost is not sent.
    private func settle(_ work: Work, _ outcome: Journal.Outcome) {
        guard case .lost(let error) = outcome else { return }
        if let claim = work.claim, claim.kept == nil { owners.replies.forget(claim) }
        fail(work.exchange, error, readsBody: false)
    }

    /// Answers a request that needs no session: on the loop, unless it is too much for it.
    private func routeToService(_ work: Work) -> Disposition {
        if work.exchange.request.body.count <= API.loopBody {
            do {
                let ticket = try performService(work, isOnLoop: true)
                return finishOnLoop(work, ticket)
            } catch {
                // Too much for a loop.
                work.exchange.response.restart()
            }
        }
        work.exchange.prepareToDetach()
        DispatchQueue.global().async { finish(work, (try? performService(work, isOnLoop: false)) ?? nil) }
        return .detached
    }

    /// Runs an endpoint that belongs to no session, and writes its reply or its problem.
    /// - Returns: the last change that the reply may show.
    /// - Throws: `Call.LeavesLoop` only.
    private func performService(_ work: Work, isOnLoop: Bool) throws(Call.LeavesLoop) -> Journal.Ticket? {
        var showsSessions = work.claim?.kept != nil
        if case .sessions = work.endpoint.access { showsSessions = true }
        do {
            let reply = try answer(work) { try run(work, nil, nil, isOnLoop: isOnLoop) }
            if let claim = work.claim, let reply { owners.replies.settle(claim, reply) }
        } catch let leaves as Call.LeavesLoop {
            throw leaves
        } catch is Account.BeyondAllowance where isOnLoop {
            throw Call.LeavesLoop()
        } catch {
            fail(work, error)
        }
        return showsSessions ? journal?.lastTicket : nil
    }

    /// Goes on with a detached request, inside its session.
    /// - Returns: whether it is done; else it goes on elsewhere, and leaves the session there.
    private func resume(_ work: Work, _ session: Session, isOnLoop: Bool) -> Bool {
        do {
            finish(work, try perform(work, session, isOnLoop: isOnLoop))
            return true
        } catch {
            if isOnLoop {
                work.exchange.response.restart()
                goOnElsewhere(work, session)
                return false
            }
            // It went while this request stood in line, and its keys with it: on to its successor.
            do {
                guard let name = work.names.first else { throw Problem.fault("A session without a name is over.") }
                let successor = try work.owner.sessions.obtain(name)
                let work = try work.claimed(in: .session(successor.number), owners.replies)
                successor.gate.enter(Gate.Job(isBrief: false) { resume(work, successor, isOnLoop: $0) })
            } catch {
                fail(work.exchange, error)
                work.finish()
            }
            return true
        }
    }

    private func goOnElsewhere(_ work: Work, _ session: Session) {
        DispatchQueue.global().async {
            if resume(work, session, isOnLoop: false) { session.gate.leave(isOnLoop: false) }
        }
    }

    private func session(of work: Work) throws -> Session? {
        let name = work.names[0]
        if work.creates {
            // What is refused for its key makes no session.
            _ = try work.key
            return try work.owner.sessions.obtain(name)
        }
        return work.owner.sessions.find(name)
    }

    // MARK: Inside the session

    /// Runs the endpoint inside its session, and writes its reply or its problem.
    /// - Returns: the last change that the reply may show.
    /// - Throws: `Call.LeavesLoop` only; nothing has been changed then. Off the loop: where the session is over and the
    ///   request makes another.
    private func perform(
        _ work: Work, _ session: Session, isOnLoop: Bool
    ) throws(Call.LeavesLoop) -> Journal.Ticket? {
        do {
            try session.prepare(isOnLoop: isOnLoop)
            if session.isOver {
                work.owner.sessions.remove(session)
                if work.creates { throw Call.LeavesLoop() }
                throw Problem.noSession(session.name)
            }
            // Of a request that makes it and has not succeeded nobody else knows.
            if session.isProvisional, !work.creates { throw Problem.noSession(session.name) }
            session.beginUse()
            defer { session.endUse() }
            let reply = try answer(work) { try runEndpoint(work, session, isOnLoop: isOnLoop) }
            try session.keep(work.graphName, reply.flatMap { work.stored($0) })
            if let claim = work.claim, let reply { owners.replies.settle(claim, reply) }
            session.isProvisional = false
        } catch let leaves as Call.LeavesLoop {
            throw leaves
        } catch is Account.BeyondAllowance where isOnLoop {
            throw Call.LeavesLoop()
        } catch {
            if session.isProvisional, work.creates { work.owner.sessions.remove(session) }
            fail(work, error)
        }
        return session.kept?.ticket
    }

    /// Answers with what was kept for the request's key, if that is there; else runs it.
    /// - Returns: what is to be kept for the key.
    private func answer(_ work: Work, _ body: () throws -> Void) throws -> ReplyStore.Reply? {
        guard let claim = work.claim else {
            try body()
            return nil
        }
        let digest = work.digest
        if let kept = claim.kept {
            guard kept.digest == digest else { throw Problem.reusedKey(claim.key) }
            work.exchange.response.replay(kept.response)
            return nil
        }
        try body()
        return ReplyStore.Reply(digest: digest, response: work.exchange.response.stored)
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
        let graph = session.makeGraph(name)
        do {
            try run(work, session, graph, isOnLoop: isOnLoop)
        } catch {
            session.discard(name)
            throw error
        }
    }

    private func run(
        _ work: Work, _ session: Session?, _ graph: Graph?, _ verdict: Preconditions.Verdict = .proceed, isOnLoop: Bool
    ) throws {
        if work.endpoint.method.hasBody { work.exchange.response.stopwatch.start() }
        var call = call(work, session, graph, isOnLoop: isOnLoop)
        call.verdict = verdict
        // These take no body, and what came as one is not passed over.
        if !work.endpoint.method.hasBody { try call.object().finish() }
        try work.endpoint.run(call, &work.exchange.response)
    }

    private func call(_ work: Work, _ session: Session?, _ graph: Graph?, isOnLoop: Bool) -> Call {
        graph?.account.allow(isOnLoop: isOnLoop)
        return Call(
            request: work.exchange.request, names: work.names, query: work.query,
            representation: work.representation, owner: work.owner, metrics: metrics,
            stopwatch: work.exchange.response.stopwatch, session: session, graph: graph, isOnLoop: isOnLoop,
            keepsReply: work.claim != nil)
    }

    // MARK: Failure

    private func fail(_ work: Work, _ error: any Error) {
        if let claim = work.claim { owners.replies.settle(claim, nil) }
        fail(work.exchange, error)
    }

    private func fail(_ exchange: Exchange, _ error: any Error, readsBody: Bool = true) {
        let isJSON = readsBody && !exchange.request.isNpy
        let problem = problem(error, JSONText(isJSON ? exchange.request.body : .init(start: nil, count: 0)))
        if problem.status.code >= 500 {
            logger.error("\(problem.detail)", metadata: ["id": "\(exchange.response.id?.text ?? "")"])
        }
        problem.write(to: &exchange.response)
    }

    private func problem(_ error: any Error, _ text: JSONText) -> Problem {
        // What is no JSON is told as such, whatever was noticed first.
        if text.skipWhiteSpace(0) < text.count {
            do throws(JSONError) { try JSONValidator.validate(text) } catch { return Problem(error, in: text) }
        }
        return switch error {
        case let problem as Problem: problem
        case let error as JSONError: Problem(error, in: text)
        case let error as EngineError: Problem(error)
        case let error as StoreError: Problem(error)
        case let error as SQLiteStore.Damage: .fault("\(error)")
        case is ByteReader.Damage: .fault("What is kept of the session cannot be read: it is left as it is.")
        default: .fault("An error of an unknown kind came up: \(error).")
        }
    }
}
