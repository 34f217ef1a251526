import Dispatch
import Engine
import HTTPTypes
import Logging

/// The API: finds a request's endpoint and owner, lets it in to its session, and turns every failure into a problem
/// document.
struct API: RequestHandler {
    private let router = Router(API.endpoints)
    let owners: Owners
    private let browsers: BrowserRules
    let limits: Limits
    let lifecycle: Lifecycle
    private let waiting: Waiting
    let metrics: Metrics
    let logger: Logger

    /// Every row of the contract.
    static let endpoints: [Endpoint] =
        ServiceEndpoints.all + SessionEndpoints.all + GraphEndpoints.all + VariableEndpoints.all + ArrayEndpoints.all
        + OpEndpoints.all + GradientEndpoints.all + RunEndpoints.all + EvalEndpoints.all
        + ProblemCatalog.all

    /// A body beyond this is not parsed on a loop's thread.
    private static let loopBody = 64 * 1024

    /// The templates of their paths, by the number of the route that an exchange is given.
    static let routes = Router.templates(of: endpoints)

    init(
        logger: Logger, owners: Owners, browsers: BrowserRules, limits: Limits, lifecycle: Lifecycle,
        waiting: Waiting, metrics: Metrics
    ) {
        (self.logger, self.owners, self.browsers, self.limits) = (logger, owners, browsers, limits)
        (self.lifecycle, self.waiting, self.metrics) = (lifecycle, waiting, metrics)
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
            if lifecycle.phase == .ending, !endpoint.isProbe { throw Problem.ending }
            let query = try Query.parse(exchange.request.query, allowed: endpoint.query)
            let representation = try Representation(exchange.request, query, offers: endpoint.offers)
            return try route(
                Work(
                    exchange: exchange, owner: owner, endpoint: endpoint, names: names, query: query,
                    representation: representation))
        }
    }

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
        switch work.endpoint.access {
        case .service, .sessions:
            return routeToService(try work.claimed(in: .owner(work.owner.name), owners.replies), isBrief: isBrief)
        case .newSession:
            let work = try work.claimed(in: .owner(work.owner.name), owners.replies)
            // What was done before makes no session again.
            guard work.claim?.kept == nil else { return routeToService(work, isBrief: isBrief) }
            do {
                return route(work, to: try work.owner.sessions.make(), isBrief: isBrief)
            } catch {
                if let claim = work.claim { owners.replies.settle(claim, nil) }
                throw error
            }
        case .session, .graph:
            guard let session = try session(of: work) else {
                if !isBrief { waiting.leave() }
                fail(work.exchange, Problem.noSession(work.names[0]), readsBody: false)
                return finishOnLoop(work, journal?.lastTicket)
            }
            return route(
                try work.claimed(in: .session(session.number), owners.replies), to: session, isBrief: isBrief)
        }
    }

    private func route(_ work: Work, to session: Session, isBrief: Bool) -> Disposition {
        if isBrief, session.gate.tryEnter() {
            do {
                let ticket = try perform(work, session, isOnLoop: true)
                session.gate.leave(isOnLoop: true)
                return finishOnLoop(work, ticket)
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
                let ticket = try performService(work, isOnLoop: true)
                return finishOnLoop(work, ticket)
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
            finish(work, (try? performService(work, isOnLoop: false)) ?? nil)
        }
        return .detached
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
                waiting.reenter()
                goOnElsewhere(work, session)
                return false
            }
            // It went while this request stood in line, and its keys with it: on to its successor.
            if let claim = work.claim { owners.replies.settle(claim, nil) }
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
            waiting.leave()
            if resume(work, session, isOnLoop: false) { session.gate.leave(isOnLoop: false) }
        }
    }

    /// The session in the path; nil where there is none, and none comes to be.
    private func session(of work: Work) throws -> Session? {
        let name = work.names[0]
        guard work.creates else { return work.owner.sessions.find(name) }
        // What is refused for its key makes no session.
        _ = try work.key
        return try work.owner.sessions.obtain(name)
    }
}

// MARK: The end

extension API {
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
        settle(work, ticket, outcome)
        return .answered
    }

    /// The same for a request that is detached.
    private func finish(_ work: Work, _ ticket: Journal.Ticket?) {
        guard let ticket, let journal else { return work.finish() }
        journal.whenKnown(ticket) { outcome in
            settle(work, ticket, outcome)
            work.finish()
        }
    }

    /// A reply that shows what was lost is not sent.
    private func settle(_ work: Work, _ ticket: Journal.Ticket, _ outcome: Journal.Outcome) {
        guard case .lost(let error) = outcome else { return }
        if let claim = work.claim { owners.replies.forget(claim, of: ticket) }
        fail(work.exchange, error, readsBody: false)
    }
}
