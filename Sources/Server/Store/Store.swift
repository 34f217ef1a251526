import Engine
import Foundation

/// Where sessions are kept so that they survive the process. `write` is all or nothing, and what it has written is there
/// whatever happens next; everything else only reads.
///
/// The service without one keeps everything in memory alone.
protocol Store: Sendable {
    /// All sessions, without what is in them, in the order of their numbers.
    func sessions() throws -> [StoredSession]
    /// One session; nil where there is none.
    func session(_ number: Int) throws -> StoredSession?
    /// The replies that are kept, the oldest first; no more of them than `ReplyStore` takes.
    func replies() throws -> [StoredReply]
    /// The graphs of a session in the order of their numbers.
    func graphs(of session: Int) throws -> [StoredGraph]
    /// The next piece of a graph's effects; nil behind the last.
    /// - Parameter piece: the last that was read; 0 before the first.
    func effects(of graph: Int, after piece: Int) throws -> (piece: Int, bytes: Data)?
    /// Reads an array's bytes, as many as the buffer has.
    func read(_ array: Int, of graph: Int, into bytes: UnsafeMutableRawBufferPointer) throws
    /// The greatest numbers given to a session, and to a graph, so far.
    func lastNumbers() throws -> (session: Int, graph: Int)
    /// Writes changes in one transaction, in their order.
    func write(_ changes: [SessionChange]) throws(StoreError)
    /// Has everything that was written survive a loss of power, where `write` alone does not.
    func sync() throws(StoreError)
    /// Moves what was written to where it stays, once there is enough of it.
    func moveLog() throws(StoreError)
    /// Has all that was written in as few files as may be. Nothing is asked of it any more.
    func close()
    /// Forgets replies that are too old, and the oldest beyond what is kept of all.
    func forgetReplies(before date: Date) throws(StoreError)
}

/// A change could not be kept.
enum StoreError: Error, Equatable {
    /// There is no more room.
    case full(String)
    /// It failed, and nothing is changed.
    case failed(String)
    /// Nobody knows whether what was written before is safe: nothing more may be written.
    case unsafe(String)
}

/// A session as it is kept.
struct StoredSession: Equatable, Sendable {
    let number: Int
    /// Whose it is: the name of the keys, or empty.
    let owner: String
    let name: String
    let isPublic: Bool
    var ttl: Int
    var lastUse: Date
}

/// A graph as it is kept, without what is in it.
struct StoredGraph: Equatable, Sendable {
    let number: Int
    let name: String
}

/// A reply that is kept for requests that are sent again.
struct StoredReply: Sendable {
    let scope: ReplyStore.Scope
    let key: String
    let digest: [UInt8]
    let response: StoredResponse
    let expiry: Date
}

/// What one request changed: it is kept whole or not at all.
struct SessionChange: Sendable {
    let number: Int
    /// The session from now on; nil where it is over.
    var session: StoredSession?
    var graphs: [GraphChange] = []
    var reply: StoredReply?
}

extension SessionChange {
    /// About how long it is.
    var byteCount: Int {
        let own = (reply?.response.size ?? 0) + 256
        return graphs.reduce(own) { sum, graph in
            switch graph {
            case .removed: sum
            case .changed(_, let effects), .replaced(_, let effects): sum + effects.byteCount
            }
        }
    }
}

/// What has changed of one graph.
enum GraphChange: Sendable {
    case removed(Int)
    case changed(StoredGraph, WrittenEffects)
    /// The effects make the graph as it is: older ones are not needed any more.
    case replaced(StoredGraph, WrittenEffects)
}

/// Effects as bytes.
struct WrittenEffects: Sendable {
    /// Each can be read by itself.
    var pieces: [[UInt8]] = []
    /// Large arrays, which stand beside.
    var arrays: [WrittenArray] = []

    /// All of it.
    var byteCount: Int {
        pieces.reduce(0) { $0 + $1.count } + arrays.reduce(0) { $0 + $1.array.byteCount }
    }
}

/// An array whose bytes are written by another thread than that which made it.
///
/// Unchecked, because nobody changes its bytes: whoever writes to an array while they are shared copies them first.
struct WrittenArray: @unchecked Sendable {
    let number: Int
    let array: NDArray
}
