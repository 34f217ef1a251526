import Engine
import Foundation
import GRDB
import HTTPTypes

extension StoredSession: FetchableRecord {
    init(row: Row) {
        self.init(
            number: row["number"], owner: row["owner"], name: row["name"], isPublic: row["public"], ttl: row["ttl"],
            lastUse: Date(milliseconds: row["last_use"]))
    }
}

extension StoredReply: FetchableRecord {
    init(row: Row) {
        let session: Int? = row["session"]
        self.init(
            scope: session.map { .session($0) } ?? .owner(row["owner"]), key: row["key"],
            digest: [UInt8](row["digest"] as Data),
            response: StoredResponse(
                status: .standard(row["status"]), fields: [UInt8](row["fields"] as Data),
                body: [UInt8](row["body"] as Data)),
            expiry: Date(milliseconds: row["expiry"]))
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
