import Engine
import Foundation
import Synchronization

/// A caller's graphs.
///
/// Unchecked, because all that changes is touched only by the job that is inside `gate`, one at a time; `gate`'s lock
/// orders them.
final class Session: @unchecked Sendable {
    let name: String
    let gate = Gate()
    /// What its graphs take up.
    let account = Account()
    var graphs = Registry<Graph>()
    /// Seconds without a request until it ends; 0: it never does.
    var ttl = Session.defaultTTL
    /// Whether it came to be with a request that has not succeeded yet.
    var isProvisional: Bool
    /// Whether it was deleted while jobs stood in line.
    private var hasEnded = false
    private(set) var lastUse = Date()

    static let defaultTTL = 86_400

    init(_ name: String, isProvisional: Bool) {
        self.name = name
        self.isProvisional = isProvisional
    }

    /// When it ends if no request comes; nil: never.
    var expiry: Date? { ttl == 0 ? nil : lastUse.addingTimeInterval(TimeInterval(ttl)) }
    /// Whether it was deleted, or its time has run out.
    var isOver: Bool { hasEnded || (expiry.map { $0 < Date() } ?? false) }

    func renew() { lastUse = Date() }

    func end() {
        hasEnded = true
        graphs = Registry()
    }
}

/// All sessions, by name.
final class SessionStore: Sendable {
    private let sessions = Mutex(Registry<Session>())

    func find(_ name: String) -> Session? { sessions.withLock { $0[name] } }

    /// The session of that name; where there is none, a new one that the request has to confirm.
    func obtain(_ name: String) -> Session {
        sessions.withLock { sessions in
            if let session = sessions[name] { return session }
            let session = Session(name, isProvisional: true)
            sessions.bind(name, session)
            return session
        }
    }

    /// Takes a session out. Its gate must be held.
    func remove(_ session: Session) {
        session.end()
        sessions.withLock { sessions in
            if sessions[session.name] === session { sessions.remove(session.name) }
        }
    }

    func page(from start: Int, limit: Int) -> (items: [(name: String, value: Session)], next: Int?) {
        sessions.withLock { $0.page(from: start, limit: limit) }
    }
}
