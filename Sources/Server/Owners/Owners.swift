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
    /// Where sessions are kept, if they are.
    let archive: Archive?
    private let file: KeyFile?
    private let state = Mutex(State())

    private struct State {
        var ring = KeyRing([])
        /// All that ever had a key: the sessions of one whose key is gone are there when it comes back.
        var owners: [String: Owner] = [:]
    }

    /// - Parameters:
    ///   - byteLimit: the most bytes of all arrays.
    ///   - arrays: what one array may hold.
    ///   - archive: where sessions are kept, if they are; those that are there are brought back.
    /// - Throws: `KeyFile.Damage`, and what the store throws.
    init(
        keys file: KeyFile?, _ quotas: Quotas, byteLimit: Int, arrays: ArrayLimits = ArrayLimits(),
        archive: Archive? = nil
    ) throws {
        (self.file, self.quotas, self.archive) = (file, quotas, archive)
        let all = file == nil ? quotas : .none
        account = Account(
            byteLimit: min(byteLimit, all.memory ?? .max), nodeLimit: all.nodes ?? .max,
            arrays: arrays)
        nobody = Owner("", .none, account: account, replies: replies, archive: nil)
        everybody =
            file == nil
            ? Owner("", quotas, account: account, replies: replies, archive: archive) : nil
        try readKeys()
        if let archive { try restore(archive) }
    }

    private func restore(_ archive: Archive) throws {
        for stored in try archive.journal.store.sessions() {
            // Those of keys that are not in force are there when these come back, and end when their time is over.
            let owner = stored.owner.isEmpty ? everybody : nil
            let sessions = owner?.sessions ?? state.withLock { self.owner(stored.owner, in: &$0).sessions }
            sessions.restore(stored, from: archive)
        }
        for reply in try archive.journal.store.replies() { replies.restore(reply) }
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
        let owner = Owner(name, quotas, account: account, replies: replies, archive: archive)
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
        for owner in all { owner.sessions.sweep() }
        archive?.sweep()
        if account.bytes > account.byteLimit / 4 * 3 { relieve() }
    }

    /// How many sessions there are.
    var sessionCount: Int { all.reduce(0) { $0 + $1.sessions.count } }

    /// Has all that is to be kept on disk.
    func close() {
        for owner in all { owner.sessions.keepUse() }
        archive?.journal.close()
    }

    private var all: [Owner] { [everybody].compactMap { $0 } + state.withLock { Array($0.owners.values) } }

    /// Lets sessions go from memory that are kept on disk too.
    func relieve() {
        let account = account
        for owner in all {
            owner.sessions.relieve { account.bytes <= account.byteLimit / 2 }
        }
    }
}
