import Engine
import Foundation

// A session whose graphs are on disk too. All of it inside the gate, but for what is said to be for others.

extension Session: Journaled {
    var hasLostChanges: Bool { kept?.hasLostChanges ?? false }

    func loseChanges() { kept?.loseChanges() }

    func recover() {
        enterBriefly { session in
            // Where it cannot be read now, the next request tries again.
            if session.hasLostChanges { try? session.goBack() }
        }
    }

    /// Does something inside the gate, when its turn comes. For others.
    func enterBriefly(_ body: @escaping @Sendable (Session) -> Void) {
        gate.enter(
            Gate.Job(isBrief: false) { [self] _ in
                body(self)
                return true
            })
    }

    /// Has its graphs in memory, as they are kept.
    /// - Parameter loads: whether they are needed.
    /// - Throws: `Call.LeavesLoop` where that takes reading; what the store throws.
    func prepare(isOnLoop: Bool, loads: Bool) throws {
        guard let kept, (loads && !kept.isLoaded) || kept.hasLostChanges else { return }
        guard !isOnLoop else { throw Call.LeavesLoop() }
        if kept.hasLostChanges { try goBack() }
        if loads, !kept.isLoaded, !isOver { graphs = try kept.load(number, account: account) }
    }

    /// Goes back to what is kept, after changes were lost.
    private func goBack() throws {
        graphs = Registry()
        if var stored = try kept?.recover(number) {
            // What it was used for since then, it was.
            stored.lastUse = max(stored.lastUse, lastUse)
            take(stored)
            home?.reinstate(self)
        } else {
            home?.remove(self, isKept: true)
        }
    }

    /// Has what a request has changed kept.
    /// - Parameters:
    ///   - name: of the graph that it may have changed.
    ///   - reply: what is to be kept with it.
    /// - Throws: `StoreError`; then all that was changed and not yet kept is lost.
    func keep(_ name: String?, _ reply: StoredReply?) throws(StoreError) {
        guard let kept, !isEnded else { return }
        let graph = name.flatMap { name in graphs[name].map { (name: name, graph: $0) } }
        do {
            let isWritten = try kept.write(graph, stored, isChanged: ttl != keptTTL, reply: reply, of: self)
            if isWritten { isKeptAsIs() }
        } catch {
            kept.loseChanges()
            throw error
        }
        if let graph, kept.isLong(graph.name) {
            enterBriefly { session in
                guard let graph = session.graphs[name ?? ""], kept.isLong(name ?? "") else { return }
                try? kept.replace(graph, named: name ?? "", session.stored, of: session)
            }
        }
    }

    /// Has it kept when it was used last.
    func keepUse() {
        guard let kept, wasUsedUnkept, !isProvisional, !isEnded else { return }
        if (try? kept.write(nil, stored, isChanged: true, reply: nil, of: self)) == true { isKeptAsIs() }
    }

    /// Lets its graphs go, which are read again when they are asked for.
    func unload() {
        guard let kept, kept.isLoaded, kept.isKept, !isProvisional, !isEnded else { return }
        graphs = Registry()
        kept.unload()
    }
}
