import Synchronization

/// Where the service stands between its start and its end. It only goes on.
final class Lifecycle: Sendable {
    enum Phase: UInt8 { case starting, serving, ending }
    private let state = Atomic<UInt8>(Phase.starting.rawValue)

    var phase: Phase { Phase(rawValue: state.load(ordering: .relaxed)) ?? .ending }

    /// - Returns: false where it was there already, or beyond.
    @discardableResult
    func go(on phase: Phase) -> Bool {
        state.max(phase.rawValue, ordering: .relaxed).oldValue < phase.rawValue
    }
}

extension Problem {
    static let starting = Problem.unavailable("The service is starting.")
    static let ending = Problem.unavailable(
        "The service is ending: what was running is answered, nothing new is begun.")
}
