import Engine
import Foundation
import Synchronization

/// The sessions of one owner, by name.
final class SessionStore: Sendable {
    private let sessions = Mutex(Registry<Session>())
    /// What their arrays take up, and may.
    private let account: Account
    /// Replies kept for requests that are sent again.
    private let replies: ReplyStore
    private let owner: String
    private let archive: Archive?
    private let limit: Int
    private let listsMadeUp: Bool

    /// - Parameters:
    ///   - owner: whose they are.
    ///   - archive: where they are kept, if they are.
    ///   - limit: the most sessions.
    ///   - listsMadeUp: whether a list shows those whose name the service made up too; where all callers are one owner
    ///     only who made one knows it.
    init(
        of owner: String = "", account: Account, replies: ReplyStore, archive: Archive? = nil,
        limit: Int = .max, listsMadeUp: Bool = false
    ) {
        (self.owner, self.account, self.replies, self.archive) = (owner, account, replies, archive)
        (self.limit, self.listsMadeUp) = (limit, listsMadeUp)
    }

    var count: Int { sessions.withLock { $0.count } }

    func find(_ name: String) -> Session? { sessions.withLock { $0[name] } }

    /// The session of that name; where there is none, a new one that the request has to confirm.
    /// - Throws: `Problem` 403 where there are as many as may be.
    func obtain(_ name: String) throws(Problem) -> Session {
        try sessions.withLock { sessions throws(Problem) in
            if let session = sessions[name] { return session }
            return try add(name, isPublic: true, to: &sessions)
        }
    }

    /// A new session whose name cannot be guessed, 128 random bits; the request has to confirm it.
    /// - Throws: `Problem` 403 where there are as many as may be.
    func make() throws(Problem) -> Session {
        var generator = SystemRandomNumberGenerator()
        let bits = (0..<2).map { _ in String(generator.next(), radix: 16) }
        let name = "s-" + bits.joined(separator: "-")
        return try sessions.withLock { sessions throws(Problem) in
            try add(name, isPublic: listsMadeUp, to: &sessions)
        }
    }

    private func add(
        _ name: String, isPublic: Bool, to sessions: inout Registry<Session>
    ) throws(Problem) -> Session {
        guard sessions.count < limit else { throw .tooManySessions(limit: limit) }
        let session = Session(
            name, of: owner, isPublic: isPublic, parent: account, archive: archive, home: self)
        sessions.bind(name, session)
        return session
    }

    /// Brings back a session that is kept.
    func restore(_ stored: StoredSession, from archive: Archive) {
        let session = Session(stored, parent: account, archive: archive, home: self)
        sessions.withLock { _ = $0.bind(stored.name, session) }
    }

    /// Takes a session in again whose removal was lost.
    func reinstate(_ session: Session) { sessions.withLock { _ = $0.bind(session.name, session) } }

    /// Ends the sessions whose time has run out, so that they do not hold memory until somebody asks for them.
    func sweep(at date: Date = Date()) {
        for session in sessions.withLock({ $0.values.filter { $0.seemsOver(at: date) } }) {
            session.gate.enter(
                Gate.Job(isBrief: false) { _ in
                    if session.isOver { self.remove(session) }
                    return true
                })
        }
        keepUse()
    }

    /// Has it kept of all sessions when they were used last, but for those that are in use.
    func keepUse() {
        for session in sessions.withLock({ $0.values.filter(\.wasUsedUnkept) }) where session.gate.tryEnter() {
            session.keepUse()
            session.gate.leave(isOnLoop: false)
        }
    }

    /// Lets go of what is kept on disk too, the sessions first that were not used for longest, until `isEnough`.
    func relieve(until isEnough: @escaping @Sendable () -> Bool) {
        guard archive != nil else { return }
        for session in sessions.withLock({ Array($0.values) }).sorted(by: { $0.lastUseForOthers < $1.lastUseForOthers })
        {
            session.enterBriefly { if !isEnough() { $0.unload() } }
        }
    }

    /// Takes a session out. Its gate must be held.
    /// - Parameter isKept: whether it stays as it is on disk.
    func remove(_ session: Session, isKept: Bool = false) {
        session.end(isKept: isKept)
        replies.forget(session.number)
        sessions.withLock { sessions in
            if sessions[session.name] === session { sessions.remove(session.name) }
            sessions.compact()
        }
    }

    /// Those that are listed.
    func page(from start: Int, limit: Int) -> (items: [(name: String, value: Session)], next: Int?) {
        let now = Date()
        return sessions.withLock { $0.page(from: start, limit: limit) { $0.isListed(at: now) } }
    }
}

extension Problem {
    fileprivate static func tooManySessions(limit: Int) -> Problem {
        var problem = Problem(
            "/problems/quota", "Quota used up", .forbidden,
            "\(limit) sessions are allowed, and as many are there: delete some first.")
        (problem.expected, problem.actual) = ("at most \(limit) sessions", "\(limit)")
        return problem
    }
}
