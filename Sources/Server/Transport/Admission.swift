import Synchronization

/// How many connections are open, in all and from each client, so that there are never too many.
final class Admission: Sendable {
    private struct State {
        var total = 0
        var byClient: [PeerAddress: Int] = [:]
    }
    private let state = Mutex(State())
    private let limits: Limits
    private let trusted: Set<PeerAddress>

    /// - Parameter trusted: addresses that may have any number of connections, as loopback may.
    init(_ limits: Limits, trusted: [PeerAddress]) {
        self.limits = limits
        self.trusted = Set(trusted)
    }

    /// A connection's place; it is free again when this is released.
    final class Ticket: Sendable {
        private let admission: Admission
        /// Nil where there may be any number.
        private let client: PeerAddress?

        fileprivate init(_ admission: Admission, _ client: PeerAddress?) {
            (self.admission, self.client) = (admission, client)
        }

        deinit { admission.leave(client) }
    }

    /// - Returns: nil where there is no place.
    func admit(_ address: PeerAddress?) -> Ticket? {
        let isCounted = address.map { !$0.isLoopback && !trusted.contains($0) } ?? false
        let client = isCounted ? address?.client : nil
        let isAdmitted = state.withLock { state in
            guard state.total < limits.connections else { return false }
            if let client {
                guard state.byClient[client, default: 0] < limits.connectionsPerAddress else { return false }
                state.byClient[client, default: 0] += 1
            }
            state.total += 1
            return true
        }
        return isAdmitted ? Ticket(self, client) : nil
    }

    private func leave(_ client: PeerAddress?) {
        state.withLock { state in
            state.total -= 1
            guard let client, let count = state.byClient[client] else { return }
            state.byClient[client] = count > 1 ? count - 1 : nil
        }
    }
}
