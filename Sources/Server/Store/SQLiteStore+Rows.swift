import Engine
import Foundation
import GRDB
import HTTPTypes

extension StoredSession: FetchableRecord {
    /// - Throws: `SQLiteStore.Damage` where it is none.
    init(row: Row) throws {
        self.init(
            number: try row.read("number", in: 1 ... .max), owner: try row.read("owner"), name: try row.read("name"),
            isPublic: try row.read("public", in: 0...1) == 1, ttl: try row.read("ttl", in: 0...31_536_000),
            lastUse: try row.readDate("last_use"))
    }
}

extension StoredReply: FetchableRecord {
    /// - Throws: `SQLiteStore.Damage` where it is none.
    init(row: Row) throws {
        let session: Int? = Int.fromDatabaseValue(row["session"])
        self.init(
            scope: try session.map { .session($0) } ?? .owner(try row.read("owner")), key: try row.read("key"),
            digest: [UInt8](try row.read("digest") as Data),
            response: StoredResponse(
                status: .standard(try row.read("status", in: 200...299)),
                fields: [UInt8](try row.read("fields") as Data), body: [UInt8](try row.read("body") as Data)),
            expiry: try row.readDate("expiry"))
    }
}

extension Row {
    /// A value that is what it should be; GRDB's own subscript ends the process where it is not.
    func read<T: DatabaseValueConvertible>(_ column: String) throws -> T {
        guard let value = T.fromDatabaseValue(self[column] as DatabaseValue) else {
            throw SQLiteStore.Damage("column \(column) of a row")
        }
        return value
    }

    fileprivate func read(_ column: String, in range: ClosedRange<Int>) throws -> Int {
        let value: Int = try read(column)
        guard range.contains(value) else { throw SQLiteStore.Damage("column \(column) of a row") }
        return value
    }

    /// Milliseconds since 1970.
    fileprivate func readDate(_ column: String) throws -> Date {
        Date(milliseconds: Int64(try read(column, in: 0...(1 << 50))))
    }
}

extension Database {
    /// Bytes of one row of an array.
    private static let part = 8 << 20

    /// Writes a change, inside a transaction.
    func write(_ change: SessionChange) throws {
        guard let session = change.session else {
            return try execute(sql: "DELETE FROM session WHERE number = ?", arguments: [change.number])
        }
        try execute(
            sql: """
                INSERT INTO session (number, owner, name, public, ttl, last_use) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (number) DO UPDATE SET ttl = excluded.ttl, last_use = excluded.last_use
                """,
            arguments: [
                session.number, session.owner, session.name, session.isPublic, session.ttl,
                session.lastUse.milliseconds,
            ])
        for graph in change.graphs { try write(graph, of: session.number) }
        if let reply = change.reply { try write(reply) }
    }

    private func write(_ change: GraphChange, of session: Int) throws {
        switch change {
        case .removed(let number):
            try execute(sql: "DELETE FROM graph WHERE number = ?", arguments: [number])
        case .changed(let graph, let effects):
            try write(graph, of: session)
            try write(effects.pieces, of: graph.number)
            for array in effects.arrays { try write(array, of: graph.number) }
        case .replaced(let graph, let effects):
            try write(graph, of: session)
            try execute(sql: "DELETE FROM piece WHERE graph = ?", arguments: [graph.number])
            try write(effects.pieces, of: graph.number)
            // Arrays that are there already stay; those that nothing refers to any more go.
            let there = try Set(
                Int.fetchAll(
                    self, sql: "SELECT number FROM array WHERE graph = ? AND part = 0", arguments: [graph.number]))
            for array in effects.arrays where !there.contains(array.number) { try write(array, of: graph.number) }
            for number in there.subtracting(effects.arrays.map(\.number)) {
                try execute(
                    sql: "DELETE FROM array WHERE graph = ? AND number = ?", arguments: [graph.number, number])
            }
        }
    }

    private func write(_ graph: StoredGraph, of session: Int) throws {
        try execute(
            sql: "INSERT INTO graph (number, session, name) VALUES (?, ?, ?) ON CONFLICT (number) DO NOTHING",
            arguments: [graph.number, session, graph.name])
    }

    private func write(_ pieces: [[UInt8]], of graph: Int) throws {
        for piece in pieces {
            try execute(
                sql: "INSERT INTO piece (graph, checksum, bytes) VALUES (?, ?, ?)",
                arguments: [graph, checksum(piece), Data(piece)])
        }
    }

    private func write(_ array: WrittenArray, of graph: Int) throws {
        try array.array.withBytes { bytes in
            for (part, start) in stride(from: 0, to: bytes.count, by: Database.part).enumerated() {
                let data = Data(bytes[start..<min(start + Database.part, bytes.count)])
                try execute(
                    sql: "INSERT INTO array (graph, number, part, checksum, bytes) VALUES (?, ?, ?, ?, ?)",
                    arguments: [graph, array.number, part, checksum(data), data])
            }
        }
    }

    private func write(_ reply: StoredReply) throws {
        let (session, owner): (Int?, String?) =
            switch reply.scope {
            case .session(let number): (number, nil)
            case .owner(let name): (nil, name)
            }
        try execute(
            sql: """
                INSERT INTO reply (session, owner, key, digest, status, fields, body, expiry)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                session, owner, reply.key, Data(reply.digest), reply.response.status.code, Data(reply.response.fields),
                Data(reply.response.body), reply.expiry.milliseconds,
            ])
    }
}

extension HTTPResponse.Status {
    /// A status with its usual reason phrase.
    fileprivate static func standard(_ code: Int) -> HTTPResponse.Status {
        [.ok, .created, .accepted, .noContent].first { $0.code == code } ?? HTTPResponse.Status(code: code)
    }
}
