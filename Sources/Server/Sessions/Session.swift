import Engine
import Foundation
import Synchronization

/// A caller's graphs.
///
/// Unchecked, because all that changes is touched only by the job that is inside `gate`, one at a time; `gate`'s lock
/// orders them.
final class Session: @unchecked Sendable {
    let name: String
    /// No other session has, or had, the same.
    let number: Int
    /// Whose it is.
    let owner: String
    /// Whether it may be listed.
    private let isPublic: Bool
    let gate = Gate()
    /// What its graphs take up.
    let account: Account
    var graphs = Registry<Graph>()
    /// Seconds without a request until it ends; 0: it never does.
    var ttl = Session.defaultTTL { didSet { setDeadline() } }
    /// Whether it came to be with a request that has not succeeded yet.
    var isProvisional: Bool {
        get { provisional.load(ordering: .relaxed) }
        set { provisional.store(newValue, ordering: .relaxed) }
    }
    private let provisional: Atomic<Bool>
    /// Whether it was deleted while jobs stood in line.
    private(set) var isEnded = false
    private var lastUse = Date()
    /// What is kept of it on disk; nil: nothing.
    let kept: KeptSession?
    /// As it was last kept.
    private(set) var keptTTL = Session.defaultTTL
    /// `lastUse` as it was last kept, and as it is: for whoever is not inside the gate, in milliseconds since 1970.
    private let keptUse = Atomic<Int64>(0)
    private let use = Atomic<Int64>(0)
    weak let home: SessionStore?
    /// `expiry` in milliseconds since 1970, `Int64.max` for never: for whoever is not inside the gate.
    private let deadline = Atomic<Int64>(.max)

    static let defaultTTL = 86_400

    private static let numbers = Atomic<Int>(0)

    /// A new session, which the request that makes it has to confirm.
    init(
        _ name: String, of owner: String, isPublic: Bool, parent: Account, archive: Archive?, home: SessionStore
    ) {
        account = Account(parent: parent)
        kept = archive.map { KeptSession($0, isNew: true) }
        number = archive?.newSessionNumber() ?? Session.numbers.add(1, ordering: .relaxed).newValue
        (self.name, self.owner, self.isPublic, self.home) = (name, owner, isPublic, home)
        provisional = Atomic(true)
        setDeadline()
    }

    /// A session that is kept; its graphs are read when they are first asked for.
    init(
        _ stored: StoredSession, parent: Account, archive: Archive, home: SessionStore
    ) {
        account = Account(parent: parent)
        kept = KeptSession(archive, isNew: false)
        (number, name, owner, isPublic) = (stored.number, stored.name, stored.owner, stored.isPublic)
        self.home = home
        provisional = Atomic(false)
        take(stored)
    }

    /// When it ends if no request comes; nil: never.
    var expiry: Date? { ttl == 0 ? nil : lastUse.addingTimeInterval(TimeInterval(ttl)) }
    /// Whether it was deleted, or its time has run out.
    var isOver: Bool { isEnded || (expiry.map { $0 < Date() } ?? false) }

    /// A new graph of that name.
    func makeGraph(_ name: String) -> Graph {
        let graph = Graph(parent: account)
        graphs.bind(name, graph)
        kept?.add(graph, named: name)
        return graph
    }

    /// Takes a graph out that the request which made it leaves behind no more than anything else.
    func discard(_ graph: String) {
        graphs.remove(graph)
        kept?.discard(graph)
    }

    /// Takes a graph out.
    func remove(_ graph: String) {
        graphs.remove(graph)
        graphs.compact()
        kept?.remove(graph)
    }

    /// A request begins: while it runs, however long, no time runs out.
    func beginUse() {
        lastUse = Date()
        deadline.store(.max, ordering: .relaxed)
    }

    func endUse() {
        lastUse = Date()
        setDeadline()
    }

    private func setDeadline() {
        use.store(lastUse.milliseconds, ordering: .relaxed)
        let milliseconds = expiry.map { Int64(($0.timeIntervalSince1970 * 1000).rounded(.up)) }
        deadline.store(milliseconds ?? .max, ordering: .relaxed)
    }

    // MARK: On disk

    /// The session as it is now.
    var stored: StoredSession {
        StoredSession(number: number, owner: owner, name: name, isPublic: isPublic, ttl: ttl, lastUse: lastUse)
    }

    /// The session is as it was kept.
    func take(_ stored: StoredSession) {
        (isEnded, lastUse, ttl) = (false, stored.lastUse, stored.ttl)
        setDeadline()
        isKeptAsIs()
    }

    /// What is kept of it is what it is.
    func isKeptAsIs() {
        keptTTL = ttl
        keptUse.store(lastUse.milliseconds, ordering: .relaxed)
    }

    /// Whether it was used since what is kept says, and its time runs. A few seconds count for nothing.
    /// For others too.
    var wasUsedUnkept: Bool {
        guard kept != nil, deadline.load(ordering: .relaxed) != .max else { return false }
        return lastUseForOthers - keptUse.load(ordering: .relaxed) > 5000
    }

    /// When it was used last, in milliseconds since 1970. For others too.
    var lastUseForOthers: Int64 { use.load(ordering: .relaxed) }

    /// Whether its time seems to have run out; `isOver` inside the gate decides.
    func seemsOver(at date: Date) -> Bool {
        Double(deadline.load(ordering: .relaxed)) < date.timeIntervalSince1970 * 1000
    }

    /// Whether a list shows it: what a GET of it would find, for whoever is not inside the gate.
    func isListed(at date: Date) -> Bool { isPublic && !isProvisional && !seemsOver(at: date) }

    /// It is over.
    /// - Parameter isKept: whether it stays on disk all the same: what is there is as it should be.
    func end(isKept: Bool = false) {
        isEnded = true
        graphs = Registry()
        // Where that cannot be written nothing can: it is there again after a restart, until its time has run out.
        if !isKept { try? kept?.end(number, of: self) }
    }
}
