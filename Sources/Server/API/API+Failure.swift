import Engine
import Logging

/// How every failure becomes a problem document.
extension API {
    func fail(_ work: Work, _ error: any Error) {
        if let claim = work.claim { owners.replies.settle(claim, nil) }
        fail(work.exchange, error)
    }

    func fail(_ exchange: Exchange, _ error: any Error, readsBody: Bool = true) {
        let isJSON = readsBody && !exchange.request.isNpy
        let body = isJSON ? exchange.request.body : .init(start: nil, count: 0)
        let problem = problem(error, JSONText(body, depthLimit: limits.depth))
        if problem.status == .internalServerError {
            logger.error("\(problem.detail)", metadata: ["id": "\(exchange.response.id?.text ?? "")"])
        }
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
        case let error as StoreError: Problem(error)
        case let error as SQLiteStore.Damage: .fault("\(error)")
        case is ByteReader.Damage: .fault("What is kept of the session cannot be read: it is left as it is.")
        default: .fault("An error of an unknown kind came up: \(error).")
        }
    }
}
