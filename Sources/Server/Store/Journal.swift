import Dispatch
import Foundation
import Logging
import Synchronization

/// Whose changes a journal keeps.
protocol Journaled: AnyObject, Sendable {
    /// Whether changes of it could not be kept, so that what is in memory is not what is kept.
    var hasLostChanges: Bool { get }
    /// Sets `hasLostChanges`.
    func loseChanges()
    /// Goes back to what is kept. Called once all owners have been told.
    func recover()
}

/// Has changes written by a thread of its own, all that have come while the last ones were written in one transaction, so
/// that many requests share one wait for the disk.
///
/// A change gets a ticket, and what it has made may be shown once its outcome is known. Where a transaction fails,
/// all changes that were not kept yet are lost, for the later ones may build on the first: their owners are told, and
/// whoever waits for them.
final class Journal: Sendable {
    /// The place of a change among all; 0 is before the first.
    typealias Ticket = Int

    /// What has come of a change.
    enum Outcome: Sendable {
        case kept
        case lost(StoreError)
    }

    private struct Entry: Sendable {
        let change: SessionChange
        let owner: any Journaled
    }

    private struct State {
        var line: [Entry] = []
        var waiting: [(ticket: Ticket, body: @Sendable (Outcome) -> Void)] = []
        var lastTicket = 0
        /// All up to here are kept, or lost.
        var done = 0
        var lost: [(tickets: ClosedRange<Ticket>, error: StoreError)] = []
        var isWriting = false
        /// Why nothing more may be written.
        var refusal: StoreError?

        /// Those who wait for what is known now.
        mutating func takeWaiting() -> [(ticket: Ticket, body: @Sendable (Outcome) -> Void)] {
            defer { waiting.removeAll { $0.ticket <= done } }
            return waiting.filter { $0.ticket <= done }
        }

        func outcome(of ticket: Ticket) -> Outcome? {
            guard ticket <= done else { return nil }
            return lost.last { $0.tickets.contains(ticket) }.map { .lost($0.error) } ?? .kept
        }
    }

    let store: any Store
    private let logger: Logger
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "gradd.journal")

    init(_ store: any Store, logger: Logger) { (self.store, self.logger) = (store, logger) }

    /// The ticket of the last change.
    var lastTicket: Ticket { state.withLock { $0.lastTicket } }
    /// Changes that wait to be written, or are being written.
    var lag: Int { state.withLock { $0.lastTicket - $0.done } }
    /// Whether nothing more may be written.
    var isReadOnly: Bool { state.withLock { $0.refusal != nil } }

    /// Puts a change in line. Its owner's changes are put there one at a time.
    /// - Throws: what keeps it from being written.
    func add(_ change: SessionChange, of owner: any Journaled) throws(StoreError) -> Ticket {
        let (ticket, begins) = try state.withLock { state throws(StoreError) in
            if let refusal = state.refusal { throw refusal }
            // It builds on what is gone.
            if owner.hasLostChanges { throw .failed("an earlier change was lost") }
            state.line.append(Entry(change: change, owner: owner))
            state.lastTicket += 1
            defer { state.isWriting = true }
            return (state.lastTicket, !state.isWriting)
        }
        if begins { queue.async { self.write() } }
        return ticket
    }

    /// What has come of a change, and so of all before it that its owner has made; nil: that is not known yet.
    func outcome(of ticket: Ticket) -> Outcome? { state.withLock { $0.outcome(of: ticket) } }

    /// Calls `body` once it is known what has come of a change: at once, or on the journal's thread.
    func whenKnown(_ ticket: Ticket, _ body: @escaping @Sendable (Outcome) -> Void) {
        let outcome = state.withLock { state in
            let outcome = state.outcome(of: ticket)
            if outcome == nil { state.waiting.append((ticket, body)) }
            return outcome
        }
        if let outcome { body(outcome) }
    }

    /// Waits until everything that was put in line is written, or lost, and on the disk.
    func close() {
        queue.sync {
            while writeBatch() {}
            store.close()
        }
    }

    /// Has all that was written survive a loss of power.
    func sync() { maintain { store throws(StoreError) in try store.sync() } }

    /// Forgets what is too old, or too much.
    func tidy() { maintain { store throws(StoreError) in try store.forgetReplies(before: Date()) } }

    private func maintain(_ body: @escaping @Sendable (any Store) throws(StoreError) -> Void) {
        queue.async { self.tend(body) }
    }

    /// Does something to the store that no request waits for, on the queue.
    private func tend(_ body: (any Store) throws(StoreError) -> Void) {
        // What has failed to keep its word is not asked again.
        guard !isReadOnly else { return }
        do throws(StoreError) { try body(store) } catch {
            if case .unsafe = error { return refuse(error) }
            logger.warning("the store could not be tidied, and will be asked again: \(error)")
        }
    }

    /// Writes what is in line, and comes again for what has come meanwhile: behind what else the queue has to do, which
    /// would have to wait for ever where changes never cease.
    private func write() {
        if writeBatch() { queue.async { self.write() } }
    }

    /// - Returns: whether there was anything in line.
    private func writeBatch() -> Bool {
        let batch = state.withLock { state in
            defer { state.line = [] }
            state.isWriting = !state.line.isEmpty
            return state.line
        }
        guard !batch.isEmpty else { return false }
        do throws(StoreError) {
            if let refusal = state.withLock({ $0.refusal }) { throw refusal }
            try store.write(batch.map(\.change))
            let ready = state.withLock { state in
                state.done += batch.count
                return state.takeWaiting()
            }
            for waiter in ready { waiter.body(.kept) }
            tend { store throws(StoreError) in try store.moveLog() }
        } catch {
            lose(batch, error)
        }
        return true
    }

    private func lose(_ batch: [Entry], _ error: StoreError) {
        logger.error("\(batch.count) changes could not be kept, and are undone: \(error)")
        if case .unsafe = error { refuse(error) }
        let (owners, waiting) = state.withLock { state in
            let lost = batch + state.line
            // Inside the lock, so that none of them puts another change in line that builds on these.
            for entry in lost { entry.owner.loseChanges() }
            state.line = []
            state.lost.append((state.done + 1...state.lastTicket, error))
            // Nobody asks for those of long ago.
            if state.lost.count > 64 { state.lost.removeFirst() }
            // One that is kept stands behind them, for whoever asks for the last.
            state.lastTicket += 1
            state.done = state.lastTicket
            return (lost.map(\.owner), state.takeWaiting())
        }
        for owner in owners { owner.recover() }
        for waiter in waiting { waiter.body(.lost(error)) }
    }

    private func refuse(_ error: StoreError) {
        logger.critical("nothing more is written until the service is started again: \(error)")
        state.withLock { $0.refusal = $0.refusal ?? error }
    }
}
