import Engine
import Synchronization

/// All whom the service works for.
final class Owners: Sendable {
    /// What the arrays and nodes of all owners take up, and may.
    let account: Account
    /// Replies kept for requests that are sent again.
    let replies = ReplyStore()
    /// Whoever asks for what is open to all; it owns nothing.
    let nobody: Owner
    /// Without keys: the one owner that all callers are. Its account is that of all.
    private let everybody: Owner?
    private let quotas: Quotas
    private let file: KeyFile?
    private let state = Mutex(State())

    private struct State {
        var ring = KeyRing([])
        /// All that ever had a key: the sessions of one whose key is gone are there when it comes back.
        var owners: [String: Owner] = [:]
    }

    /// - Parameter byteLimit: the most bytes of all arrays.
    /// - Throws: `KeyFile.Damage`.
    init(keys file: KeyFile?, _ quotas: Quotas, byteLimit: Int) throws(KeyFile.Damage) {
        (self.file, self.quotas) = (file, quotas)
        let all = file == nil ? quotas : .none
        account = Account(byteLimit: min(byteLimit, all.memory ?? .max), nodeLimit: all.nodes ?? .max)
        nobody = Owner("", .none, account: account, replies: replies)
        everybody = file == nil ? Owner("", quotas, account: account, replies: replies) : nil
        try readKeys()
    }

    /// Reads the file of keys, again: requests that are running go on. Where it is damaged the keys in force stay.
    /// - Returns: the number of keys.
    /// - Throws: `KeyFile.Damage`.
    @discardableResult
    func readKeys() throws(KeyFile.Damage) -> Int {
        guard let lines = try file?.read() else { return 0 }
        return state.withLock { state in
            state.ring = KeyRing(lines.map { (digest: $0.digest, owner: owner($0.name, in: &state)) })
            return state.ring.count
        }
    }

    private func owner(_ name: String, in state: inout State) -> Owner {
        if let owner = state.owners[name] { return owner }
        let account = Account(parent: account, byteLimit: quotas.memory ?? .max, nodeLimit: quotas.nodes ?? .max)
        let owner = Owner(name, quotas, account: account, replies: replies)
        state.owners[name] = owner
        return owner
    }

    /// Who asks.
    /// - Throws: `Problem` 401 where there are keys, and the request has none of them.
    func owner(of request: Request) throws(Problem) -> Owner {
        if let everybody { return everybody }
        switch Credential(request) {
        case .none: throw .noKey
        case .several: throw .unknownKey
        case .key(let key):
            guard let owner = state.withLock({ $0.ring }).owner(of: key) else { throw .unknownKey }
            return owner
        }
    }

    /// Ends the sessions whose time has run out.
    func sweep() {
        everybody?.sessions.sweep()
        for owner in state.withLock({ Array($0.owners.values) }) { owner.sessions.sweep() }
    }
}
