import Engine

/// Runs endpoints, inside their sessions or without one.
extension API {
    /// Runs an endpoint that belongs to no session, and writes its reply or its problem.
    /// - Returns: the last change that the reply may show.
    /// - Throws: `Call.LeavesLoop` only.
    func performService(_ work: Work, isOnLoop: Bool) throws(Call.LeavesLoop) -> Journal.Ticket? {
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
        return showsSessions ? owners.archive?.journal.lastTicket : nil
    }

    /// Runs the endpoint inside its session, and writes its reply or its problem.
    /// - Returns: the last change that the reply may show.
    /// - Throws: `Call.LeavesLoop` only; nothing has been changed then. Off the loop: where the session is over and the
    ///   request makes another.
    func perform(
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
            refuse(work, session, error)
        }
        return session.kept?.ticket
    }

    /// Answers a request that failed inside its session, which goes if it came to be with it.
    func refuse(_ work: Work, _ session: Session, _ error: any Error) {
        if session.isProvisional, work.creates { work.owner.sessions.remove(session) }
        fail(work, error)
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
        graph?.account.allow(isOnLoop: isOnLoop, limits)
        return Call(
            request: work.exchange.request, names: work.names, query: work.query,
            representation: work.representation, owner: work.owner, metrics: metrics,
            stopwatch: work.exchange.response.stopwatch, limits: limits, lifecycle: lifecycle, session: session,
            graph: graph, isOnLoop: isOnLoop, keepsReply: work.claim != nil)
    }
}
