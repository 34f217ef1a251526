import Engine
import Logging

/// How every failure becomes a problem document.
extension API {
    func fail(_ work: Work, _ error: any Error) {
        if let claim = work.claim { sessions.replies.settle(claim, nil) }
        fail(work.exchange, error)
    }

    func fail(_ exchange: Exchange, _ error: any Error, readsBody: Bool = true) {
        let isJSON = readsBody && !exchange.request.isNpy
        let body = isJSON ? exchange.request.body : .init(start: nil, count: 0)
        let problem = problem(error, JSONText(body, depthLimit: limits.depth))
        if problem.status == .internalServerError { logger.error("\(problem.detail)") }
        problem.write(to: &exchange.response)
    }

    private func problem(_ error: any Error, _ text: JSONText) -> Problem {
        // What was never begun is not looked at.
        if let problem = error as? Problem, problem.status == .serviceUnavailable { return problem }
        // What is no JSON is told as such, whatever was noticed first.
        if text.skipWhiteSpace(0) < text.count {
            do throws(JSONError) { try JSONValidator.validate(text) } catch { return Problem(error, in: text) }
        }
        return switch error {
        case let problem as Problem: problem
        case let error as JSONError: Problem(error, in: text)
        case let error as EngineError: Problem(error)
        default: .fault("An error of an unknown kind came up: \(error).")
        }
    }
}

extension Problem {
    static func noSession(_ name: String) -> Problem {
        .notFound("There is no session \(name). PUT /v1/sessions/\(name) makes it, as does a PUT of a variable in it.")
    }

    static func noGraph(_ name: String, in session: String) -> Problem {
        .notFound(
            "There is no graph \(name) in the session \(session). PUT /v1/sessions/\(session)/graphs/\(name) makes it, as"
                + " does a PUT of a variable in it.")
    }
}
