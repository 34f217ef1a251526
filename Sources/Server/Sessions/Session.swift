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
    /// Whether the caller chose the name; one that the service made up is known to its owner alone.
    private let hasChosenName: Bool
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
    private var hasEnded = false
    private var lastUse = Date()
    /// `expiry` in milliseconds since 1970, `Int64.max` for never: for whoever is not inside the gate.
    private let deadline = Atomic<Int64>(.max)

    static let defaultTTL = 86_400

    init(_ name: String, number: Int, hasChosenName: Bool, isProvisional: Bool, parent: Account) {
        account = Account(parent: parent)
        (self.name, self.number) = (name, number)
        self.hasChosenName = hasChosenName
        provisional = Atomic(isProvisional)
        setDeadline()
    }

    /// When it ends if no request comes; nil: never.
    var expiry: Date? { ttl == 0 ? nil : lastUse.addingTimeInterval(TimeInterval(ttl)) }
    /// Whether it was deleted, or its time has run out.
    var isOver: Bool { hasEnded || (expiry.map { $0 < Date() } ?? false) }

    /// Takes a graph out.
    func remove(_ graph: String) {
        graphs.remove(graph)
        graphs.compact()
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
        let milliseconds = expiry.map { Int64(($0.timeIntervalSince1970 * 1000).rounded(.up)) }
        deadline.store(milliseconds ?? .max, ordering: .relaxed)
    }

    /// Whether its time seems to have run out; `isOver` inside the gate decides.
    func seemsOver(at date: Date) -> Bool {
        Double(deadline.load(ordering: .relaxed)) < date.timeIntervalSince1970 * 1000
    }

    /// Whether a list shows it: what a GET of it would find, for whoever is not inside the gate.
    func isListed(at date: Date) -> Bool { hasChosenName && !isProvisional && !seemsOver(at: date) }

    func end() {
        hasEnded = true
        graphs = Registry()
    }
}

/// All sessions, by name.
final class SessionStore: Sendable {
    private let sessions = Mutex(Registry<Session>())
    private let numbers = Atomic<Int>(0)
    /// What all sessions' arrays take up, and may.
    let account: Account
    /// Replies kept for requests that are sent again.
    let replies = ReplyStore()

    /// - Parameter byteLimit: the most bytes of all arrays.
    init(byteLimit: Int, arrays: ArrayLimits = ArrayLimits()) {
        account = Account(byteLimit: byteLimit, arrays: arrays)
    }

    func find(_ name: String) -> Session? { sessions.withLock { $0[name] } }

    /// The session of that name; where there is none, a new one that the request has to confirm.
    func obtain(_ name: String) -> Session {
        sessions.withLock { sessions in
            if let session = sessions[name] { return session }
            let session = Session(
                name, number: nextNumber, hasChosenName: true, isProvisional: true, parent: account)
            sessions.bind(name, session)
            return session
        }
    }

    /// A new session whose name cannot be guessed: 128 random bits.
    func make(ttl: Int) -> Session {
        var generator = SystemRandomNumberGenerator()
        let bits = (0..<2).map { _ in String(generator.next(), radix: 16) }
        let session = Session(
            "s-" + bits.joined(separator: "-"), number: nextNumber, hasChosenName: false, isProvisional: false,
            parent: account)
        session.ttl = ttl
        sessions.withLock { _ = $0.bind(session.name, session) }
        return session
    }

    private var nextNumber: Int { numbers.add(1, ordering: .relaxed).newValue }

    /// Ends the sessions whose time has run out, so that they do not hold memory until somebody asks for them.
    func sweep(at date: Date = Date()) {
        for session in sessions.withLock({ $0.values.filter { $0.seemsOver(at: date) } }) {
            session.gate.enter(
                Gate.Job(isBrief: false) { _ in
                    if session.isOver { self.remove(session) }
                    return true
                })
        }
    }

    /// Takes a session out. Its gate must be held.
    func remove(_ session: Session) {
        session.end()
        replies.forget(session.number)
        sessions.withLock { sessions in
            if sessions[session.name] === session { sessions.remove(session.name) }
            sessions.compact()
        }
    }

    /// Those with a chosen name.
    func page(from start: Int, limit: Int) -> (items: [(name: String, value: Session)], next: Int?) {
        let now = Date()
        return sessions.withLock { $0.page(from: start, limit: limit) { $0.isListed(at: now) } }
    }
}
