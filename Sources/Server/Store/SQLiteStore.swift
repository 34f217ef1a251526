import Crypto
import Engine
import Foundation
import GRDB
import Synchronization

/// Sessions in a directory: an SQLite database in WAL mode.
///
///     session  who, and until when
///     graph    the graphs of a session
///     piece    what has changed of a graph, in order: its effects (see `EffectCoding`), with a checksum
///     array    the bytes of a large array, in parts
///     reply    the replies to requests with an Idempotency-Key
final class SQLiteStore: Store {
    let database: DatabasePool
    private let directory: DataDirectory
    private let durability: Durability
    /// About how many bytes the log has since it was last moved.
    private let logLength = Atomic<Int>(0)
    private static let longLog = 4 << 20

    /// When a change is safe from a loss of power; from the process's death it is as soon as it is written.
    enum Durability: String, Sendable {
        /// Before it is answered.
        case always
        /// Within the next second.
        case interval
    }

    /// - Throws: `DataDirectory.Refusal` where it is not to be used.
    init(_ directory: DataDirectory, _ durability: Durability) throws(DataDirectory.Refusal) {
        (self.directory, self.durability) = (directory, durability)
        do {
            database = try SQLiteStore.open(directory.file)
            // FULL: each transaction is synced to the disk before it is over; NORMAL: at checkpoints alone.
            let mode = durability == .always ? "FULL" : "NORMAL"
            try database.writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA synchronous = \(mode); PRAGMA wal_autocheckpoint = 0")
            }
            // The files' names too.
            try directory.sync()
        } catch let refusal as DataDirectory.Refusal {
            throw refusal
        } catch {
            throw DataDirectory.Refusal("\(directory.file) cannot be used: \(SQLiteStore.describe(error))")
        }
    }

    // MARK: Reading

    func sessions() throws -> [StoredSession] {
        try database.read { try StoredSession.fetchAll($0, sql: "SELECT * FROM session ORDER BY number") }
    }

    func session(_ number: Int) throws -> StoredSession? {
        try database.read {
            try StoredSession.fetchOne($0, sql: "SELECT * FROM session WHERE number = ?", arguments: [number])
        }
    }

    func replies() throws -> [StoredReply] {
        try database.read { database in
            let sql = "SELECT * FROM reply WHERE id NOT IN (\(SQLiteStore.tooMany)) ORDER BY expiry, id"
            return try StoredReply.fetchAll(database, sql: sql, arguments: [ReplyStore.byteLimit])
        }
    }

    func graphs(of session: Int) throws -> [StoredGraph] {
        try database.read { database in
            try Row.fetchAll(
                database, sql: "SELECT number, name FROM graph WHERE session = ? ORDER BY number", arguments: [session]
            ).map { StoredGraph(number: try $0.read("number"), name: try $0.read("name")) }
        }
    }

    func effects(of graph: Int, after piece: Int) throws -> (piece: Int, bytes: Data)? {
        try database.read { database in
            let row = try Row.fetchOne(
                database, sql: "SELECT id, checksum, bytes FROM piece WHERE graph = ? AND id > ? ORDER BY id LIMIT 1",
                arguments: [graph, piece])
            guard let row else { return nil }
            let bytes: Data = row["bytes"]
            guard row["checksum"] == checksum(bytes) else {
                throw Damage("piece \(row["id"] as Int) of graph \(graph)")
            }
            return (row["id"], bytes)
        }
    }

    func read(_ array: Int, of graph: Int, into bytes: UnsafeMutableRawBufferPointer) throws {
        try database.read { database in
            let rows = try Row.fetchCursor(
                database, sql: "SELECT checksum, bytes FROM array WHERE graph = ? AND number = ? ORDER BY part",
                arguments: [graph, array])
            var done = 0
            while let row = try rows.next() {
                let part: Data = try row.read("bytes")
                guard try row.read("checksum") == checksum(part), part.count <= bytes.count - done else { break }
                part.withUnsafeBytes { part in
                    UnsafeMutableRawBufferPointer(rebasing: bytes[done..<done + part.count]).copyMemory(from: part)
                }
                done += part.count
            }
            guard done == bytes.count else { throw Damage("array \(array) of graph \(graph)") }
        }
    }

    func lastNumbers() throws -> (session: Int, graph: Int) {
        try database.read { database in
            // What sqlite_sequence says counts those that are gone too.
            func last(_ table: String) throws -> Int {
                try Int.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = ?", arguments: [table])
                    ?? 0
            }
            return (try last("session"), try last("graph"))
        }
    }

    /// What was read is not what was written.
    struct Damage: Error, CustomStringConvertible {
        let description: String
        init(_ place: String) { description = "the \(place) in the data directory is damaged" }
    }

    // MARK: Writing

    func write(_ changes: [SessionChange]) throws(StoreError) {
        try translated {
            try database.write { database in
                for change in changes { try database.write(change) }
            }
            logLength.add(changes.reduce(0) { $0 + $1.byteCount + 4096 }, ordering: .relaxed)
        }
    }

    func moveLog() throws(StoreError) {
        // Not SQLite's own checkpoints, which tell nobody that they fail.
        guard logLength.load(ordering: .relaxed) > SQLiteStore.longLog else { return }
        logLength.store(0, ordering: .relaxed)
        try translated { try database.writeWithoutTransaction { _ = try $0.checkpoint(.passive) } }
    }

    func sync() throws(StoreError) {
        guard durability == .interval else { return }
        try translated {
            // A checkpoint syncs the log first, then what it has moved.
            try database.writeWithoutTransaction { _ = try $0.checkpoint(.passive) }
        }
    }

    func close() {
        // The log goes into the database, and the next start finds one file.
        _ = try? database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try? database.close()
    }

    func forgetReplies(before date: Date) throws(StoreError) {
        try translated {
            try database.write { database in
                try database.execute(
                    sql: "DELETE FROM reply WHERE expiry < ? OR id IN (\(SQLiteStore.tooMany))",
                    arguments: [date.milliseconds, ReplyStore.byteLimit])
            }
        }
    }

    /// The oldest replies, beyond a number of bytes of all.
    private static let tooMany = """
        SELECT id FROM (
            SELECT id, sum(length(fields) + length(body) + length(key) + 256) OVER (ORDER BY expiry DESC, id DESC) AS total
            FROM reply)
        WHERE total > ?
        """

    private func translated(_ body: () throws -> Void) throws(StoreError) {
        do { try body() } catch let error as DatabaseError {
            let description = SQLiteStore.describe(error)
            switch error.extendedResultCode {
            case .SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC: throw .unsafe(description)
            default: throw error.resultCode == .SQLITE_FULL ? .full(description) : .failed(description)
            }
        } catch { throw .failed("\(error)") }
    }

    static func describe(_ error: any Error) -> String {
        guard let error = error as? DatabaseError else { return "\(error)" }
        return "\(error.message ?? "an error of SQLite") (SQLite \(error.extendedResultCode.rawValue))"
    }
}

/// The first eight bytes of the SHA-256 digest.
func checksum(_ bytes: some DataProtocol) -> Int64 {
    var hash = SHA256()
    hash.update(data: bytes)
    return hash.finalize().withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(as: Int64.self)) }
}

extension Date {
    /// Since 1970.
    var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }
    init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }
}
