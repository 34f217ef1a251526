import Foundation
import GRDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The directory that sessions are kept in, which one process has at a time.
final class DataDirectory: Sendable {
    /// Why it is not to be used, in one line.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    private let path: String
    private let descriptor: Int32
    private let lock: Int32
    /// The database.
    var file: String { path + "/gradd.sqlite" }

    /// Makes the directory where there is none, and takes it.
    init(_ path: String) throws(Refusal) {
        self.path = path
        func reason() -> String { String(cString: strerror(errno)) }
        if mkdir(path, 0o700) == 0 {
            // Its own name is to survive too.
            let parent = open(URL(filePath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            if parent >= 0 {
                fsync(parent)
                close(parent)
            }
        } else if errno != EEXIST {
            throw Refusal("\(path) cannot be made: \(reason())")
        }
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Refusal("\(path) cannot be opened: \(reason())") }
        lock = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else {
            defer { close(descriptor) }
            throw Refusal("\(path) cannot be written: \(reason())")
        }
        // The kernel gives it back when the process ends, however that comes.
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            defer {
                close(lock)
                close(descriptor)
            }
            throw Refusal("\(path) is in use by another process: stop that, or give this one a directory of its own")
        }
    }

    deinit {
        close(lock)
        close(descriptor)
    }

    /// Has the names of its files survive a loss of power.
    func sync() throws(Refusal) {
        guard fsync(descriptor) == 0 else {
            throw Refusal("\(path) cannot be synced: \(String(cString: strerror(errno)))")
        }
    }
}

extension SQLiteStore {
    /// "grad" in ASCII, in the file's header: a file without it is somebody else's.
    private static let applicationID = 0x6772_6164
    private static let version = 1

    /// Opens the database, or makes it where there is no file. Nothing is written to one that is not ours.
    static func open(_ file: String) throws -> DatabasePool {
        umask(0o077)
        var attributes = stat()
        if stat(file, &attributes) == 0, attributes.st_size > 0 {
            try check(file)
        } else if stat(file + "-wal", &attributes) == 0, attributes.st_size > 0 {
            throw DataDirectory.Refusal(
                "\(file) is empty or missing, and its log is not: it is left as it is; bring back a copy")
        }
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.label = "gradd"
        // What was written is what is read, whatever was left of a crash.
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cell_size_check = ON") }
        let database = try DatabasePool(path: file, configuration: configuration)
        try database.write { database in
            guard try Int.fetchOne(database, sql: "PRAGMA user_version") == 0 else { return }
            try database.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version)")
            try database.execute(sql: schema)
        }
        return database
    }

    /// Looks at a file before anything may change it.
    private static func check(_ file: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        let database: DatabaseQueue
        do {
            database = try DatabaseQueue(path: file, configuration: configuration)
            try database.read { database in
                let id = try Int.fetchOne(database, sql: "PRAGMA application_id")
                // One without any table was just being made.
                let isEmpty = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") == 0
                if id == 0, isEmpty { return }
                guard id == applicationID else {
                    throw DataDirectory.Refusal("\(file) is not a database of gradd's: it is left as it is")
                }
                let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
                guard found == version else {
                    throw DataDirectory.Refusal(
                        "\(file) is of the format \(found), and this gradd reads \(version): it is left as it is")
                }
                let damage = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
                guard damage == "ok" else {
                    throw DataDirectory.Refusal(
                        "\(file) is damaged (\(damage ?? "unreadable")): it is left as it is; bring back a copy")
                }
            }
            try database.close()
        } catch let error as DatabaseError {
            throw DataDirectory.Refusal(
                "\(file) is damaged, or no database (\(describe(error))): it is left as it is")
        }
    }

    private static let schema = """
        CREATE TABLE session (
            number INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, name TEXT NOT NULL, public INTEGER NOT NULL,
            ttl INTEGER NOT NULL, last_use INTEGER NOT NULL, UNIQUE (owner, name));
        CREATE TABLE graph (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            session INTEGER NOT NULL REFERENCES session (number) ON DELETE CASCADE, name TEXT NOT NULL,
            UNIQUE (session, name));
        CREATE TABLE piece (
            id INTEGER PRIMARY KEY AUTOINCREMENT, graph INTEGER NOT NULL REFERENCES graph (number) ON DELETE CASCADE,
            checksum INTEGER NOT NULL, bytes BLOB NOT NULL);
        CREATE INDEX piece_of_graph ON piece (graph, id);
        CREATE TABLE array (
            id INTEGER PRIMARY KEY, graph INTEGER NOT NULL REFERENCES graph (number) ON DELETE CASCADE,
            number INTEGER NOT NULL, part INTEGER NOT NULL, checksum INTEGER NOT NULL, bytes BLOB NOT NULL,
            UNIQUE (graph, number, part));
        CREATE TABLE reply (
            id INTEGER PRIMARY KEY, session INTEGER REFERENCES session (number) ON DELETE CASCADE, owner TEXT,
            key TEXT NOT NULL, digest BLOB NOT NULL, status INTEGER NOT NULL, fields BLOB NOT NULL, body BLOB NOT NULL,
            expiry INTEGER NOT NULL);
        CREATE INDEX reply_of_session ON reply (session);
        CREATE INDEX reply_by_expiry ON reply (expiry);
        """
}
