import Engine
import Foundation
import Synchronization

/// Keeps sessions, and brings them back: between what is in memory and the journal.
final class Archive: Sendable {
    let journal: Journal
    private let sessionNumbers: Atomic<Int>
    private let graphNumbers: Atomic<Int>

    /// - Throws: what the store throws.
    init(_ journal: Journal) throws {
        self.journal = journal
        let last = try journal.store.lastNumbers()
        sessionNumbers = Atomic(last.session)
        graphNumbers = Atomic(last.graph)
    }

    /// A number that no session has or had.
    func newSessionNumber() -> Int { sessionNumbers.add(1, ordering: .relaxed).newValue }
    /// A number that no graph has or had.
    func newGraphNumber() -> Int { graphNumbers.add(1, ordering: .relaxed).newValue }

    /// Does what is to be done now and then.
    func sweep() {
        journal.tidy()
    }

    /// A graph with all that is in it.
    /// - Parameter account: its session's, which is charged whatever its limit.
    func read(_ graph: StoredGraph, account: Account) throws -> (graph: Graph, byteCount: Int) {
        let store = journal.store
        var restorer = GraphRestorer(parent: account)
        var (piece, byteCount) = (0, 0)
        while let next = try store.effects(of: graph.number, after: piece) {
            piece = next.piece
            byteCount += next.bytes.count
            try next.bytes.withUnsafeBytes { bytes in
                var reader = EffectReader(bytes) { array, target in
                    byteCount += target.count
                    try store.read(array, of: graph.number, into: target)
                }
                try restorer.apply { try reader.next() }
            }
        }
        return (restorer.finish(), byteCount)
    }
}

/// What is kept of one session. Like the session itself it is touched only by the job inside the session's gate, but for
/// what is said to be for others.
///
/// Unchecked for that reason: the gate's lock orders those who touch it.
final class KeptSession: @unchecked Sendable {
    let archive: Archive
    /// The last change that shows in the session.
    private(set) var ticket = 0
    /// Whether its graphs are in memory.
    private(set) var isLoaded: Bool
    /// Whether it has been put in the journal.
    private var isWritten: Bool
    private var graphs: [String: Ledger] = [:]
    private var removed: [Int] = []
    private let lost = Atomic<Bool>(false)

    /// What is kept of one graph.
    private struct Ledger {
        let number: Int
        /// The bytes that make it, and those written since these.
        var whole = 0
        var later = 0
    }

    /// Effects of so many bytes may be written before they are replaced by fewer, however small their graph is.
    private static let replacedFrom = 1 << 20

    /// - Parameter isNew: whether nothing of it is kept yet.
    init(_ archive: Archive, isNew: Bool) {
        self.archive = archive
        (isLoaded, isWritten) = (isNew, !isNew)
    }

    /// Whether changes of it were lost. For others too.
    var hasLostChanges: Bool { lost.load(ordering: .acquiring) }
    /// For others too.
    func loseChanges() { lost.store(true, ordering: .releasing) }

    /// A graph that has come to be.
    func add(_ graph: Graph, named name: String) {
        graphs[name] = Ledger(number: archive.newGraphNumber())
        graph.startRecording()
    }

    /// A graph whose making failed.
    func discard(_ name: String) { graphs[name] = nil }

    func remove(_ name: String) {
        if let ledger = graphs.removeValue(forKey: name) { removed.append(ledger.number) }
    }

    // MARK: Writing

    /// Puts in the journal what a request has changed, if it has.
    /// - Parameters:
    ///   - graph: the one that it may have changed.
    ///   - state: the session as it is now.
    ///   - isChanged: whether that differs from what is kept.
    /// - Returns: whether anything was written.
    func write(
        _ graph: (name: String, graph: Graph)?, _ state: StoredSession, isChanged: Bool, reply: StoredReply?,
        of session: Session
    ) throws(StoreError) -> Bool {
        var change = SessionChange(number: state.number, session: state, reply: reply)
        change.graphs = removed.map { .removed($0) }
        removed = []
        if let graph, let ledger = graphs[graph.name] {
            let effects = graph.graph.takeEffects()
            if !effects.isEmpty {
                let written = WrittenEffects(effects)
                graphs[graph.name]?.later += written.byteCount
                change.graphs.append(.changed(StoredGraph(number: ledger.number, name: graph.name), written))
            }
        }
        guard isChanged || !isWritten || !change.graphs.isEmpty || reply != nil else { return false }
        ticket = try archive.journal.add(change, of: session)
        isWritten = true
        return true
    }

    /// Whether a graph's effects are much longer than the graph.
    func isLong(_ name: String) -> Bool {
        guard let ledger = graphs[name] else { return false }
        return ledger.later > max(KeptSession.replacedFrom, 2 * ledger.whole)
    }

    /// Puts the shortest effects that make a graph in place of all that were written.
    func replace(_ graph: Graph, named name: String, _ state: StoredSession, of session: Session) throws(StoreError) {
        guard let ledger = graphs[name] else { return }
        let written = WrittenEffects(graph.snapshot())
        graphs[name] = Ledger(number: ledger.number, whole: written.byteCount)
        let change = GraphChange.replaced(StoredGraph(number: ledger.number, name: name), written)
        ticket = try archive.journal.add(
            SessionChange(number: state.number, session: state, graphs: [change]), of: session)
    }

    /// Puts in the journal that the session is over.
    func end(_ number: Int, of session: Session) throws(StoreError) {
        guard isWritten else { return }
        ticket = try archive.journal.add(SessionChange(number: number, session: nil), of: session)
        isWritten = false
    }

    // MARK: Reading

    /// The session as it is kept, after changes of it were lost; nil where it is not.
    func recover(_ number: Int) throws -> StoredSession? {
        let stored = try archive.journal.store.session(number)
        unload()
        ticket = 0
        isWritten = stored != nil
        lost.store(false, ordering: .releasing)
        return stored
    }

    /// Its graphs, in memory from now on.
    func load(_ number: Int, account: Account) throws -> Registry<Graph> {
        var loaded = Registry<Graph>()
        for stored in try archive.journal.store.graphs(of: number) {
            let (graph, byteCount) = try archive.read(stored, account: account)
            loaded.bind(stored.name, graph)
            graphs[stored.name] = Ledger(number: stored.number, whole: 0, later: byteCount)
        }
        isLoaded = true
        return loaded
    }

    /// Its graphs are let go.
    func unload() {
        isLoaded = false
        graphs = [:]
        removed = []
    }

    /// Whether all that shows in it is kept.
    var isKept: Bool { archive.journal.outcome(of: ticket) != nil && !hasLostChanges }
}
