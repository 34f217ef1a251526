/// How long a connection waits for its client.
extension Connection {
    /// What a connection is waiting for, which decides how long it may.
    enum Wait { case none, idle, head, body, write, drain }

    /// The deadline has passed.
    func late() -> Next {
        switch wait {
        case .head:
            return reject(.timeout("The request's head did not arrive in \(limits.headTimeout) ms; send it at once."))
        case .body:
            return reject(.timeout("No byte of the body arrived for \(limits.bodyTimeout) ms; send it without pause."))
        case .none, .idle, .write, .drain:
            return .close
        }
    }

    func armForInput() {
        if parser.isInBody {
            arm(.body)
        } else if input.isEmpty {
            arm(.idle)
        } else if wait != .head {
            // Not moved by bytes that trickle in.
            arm(.head)
        }
    }

    func arm(_ wait: Wait) {
        self.wait = wait
        let time =
            switch wait {
            case .none: Int64.max - loop.now
            case .idle: limits.idleTimeout
            case .head: limits.headTimeout
            case .body: limits.bodyTimeout
            case .write: limits.writeTimeout
            case .drain: limits.lingerTimeout
            }
        deadline = loop.now + time
    }
}
