import Engine
import Foundation
import Synchronization

/// A caller's graphs.
///
/// Unchecked, because all that changes is touched only by the job that is inside `gate`, one at a time; `gate`'s lock
/// orders them.
final class Session: @unchecked Sendable {
    let name: String
    /// Whether the caller chose the name; one that the service made up is known to its owner alone.
    let isListed: Bool
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

    init(_ name: String, isListed: Bool, isProvisional: Bool) {
        self.name = name
        self.isListed = isListed
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
            let session = Session(name, isListed: true, isProvisional: true)
            sessions.bind(name, session)
            return session
        }
    }

    /// A new session whose name cannot be guessed: 128 random bits.
    func make(ttl: Int) -> Session {
        var generator = SystemRandomNumberGenerator()
        let bits = (0..<2).map { _ in String(generator.next(), radix: 16) }
        let session = Session("s-" + bits.joined(separator: "-"), isListed: false, isProvisional: false)
        session.ttl = ttl
        sessions.withLock { _ = $0.bind(session.name, session) }
        return session
    }

    /// Takes a session out. Its gate must be held.
    func remove(_ session: Session) {
        session.end()
        sessions.withLock { sessions in
            if sessions[session.name] === session { sessions.remove(session.name) }
        }
    }

    /// Those with a chosen name.
    func page(from start: Int, limit: Int) -> (items: [(name: String, value: Session)], next: Int?) {
        sessions.withLock { $0.page(from: start, limit: limit) { $0.isListed } }
    }
}
