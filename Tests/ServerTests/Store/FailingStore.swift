import Engine
import Foundation
import Logging
import Synchronization

@testable import Server

/// A store on a disk that fails when it is told to.
final class FailingStore: Store {
    private let store: SQLiteStore
    private let plan = Mutex<(failures: [Int: StoreError], writes: Int)>(([:], 0))
    /// Set: writes wait until it is open.
    private let gate = Mutex<DispatchSemaphore?>(nil)

    init(_ directory: URL) throws { store = try SQLiteStore(try DataDirectory(directory.path), .always) }

    /// Fails the write that comes after so many others.
    func fail(after writes: Int = 0, _ error: StoreError) {
        plan.withLock { $0.failures[$0.writes + writes] = error }
    }

    private let synced = Atomic<Int>(0)
    /// How often it was synced.
    var syncs: Int { synced.load(ordering: .relaxed) }

    var writes: Int { plan.withLock { $0.writes } }

    /// Holds writes back until the returned semaphore is signalled, once for each.
    func hold() -> DispatchSemaphore {
        let semaphore = DispatchSemaphore(value: 0)
        gate.withLock { $0 = semaphore }
        return semaphore
    }
    func letGo() { gate.withLock { $0 = nil } }

    func write(_ changes: [SessionChange]) throws(StoreError) {
        gate.withLock { $0 }?.wait()
        let failure = plan.withLock { plan in
            defer { plan.writes += 1 }
            return plan.failures.removeValue(forKey: plan.writes)
        }
        if let failure { throw failure }
        try store.write(changes)
    }

    func sessions() throws -> [StoredSession] { try store.sessions() }
    func session(_ number: Int) throws -> StoredSession? { try store.session(number) }
    func replies() throws -> [StoredReply] { try store.replies() }
    func graphs(of session: Int) throws -> [StoredGraph] { try store.graphs(of: session) }
    func effects(of graph: Int, after piece: Int) throws -> (piece: Int, bytes: Data)? {
        try store.effects(of: graph, after: piece)
    }
    func read(_ array: Int, of graph: Int, into bytes: UnsafeMutableRawBufferPointer) throws {
        try store.read(array, of: graph, into: bytes)
    }
    func lastNumbers() throws -> (session: Int, graph: Int) { try store.lastNumbers() }
    func sync() throws(StoreError) {
        synced.add(1, ordering: .relaxed)
        try store.sync()
    }
    func close() { store.close() }
    func moveLog() throws(StoreError) { try store.moveLog() }
    func forgetReplies(before date: Date) throws(StoreError) { try store.forgetReplies(before: date) }
}

/// The service in this process, on a store that fails.
final class FailingService {
    let store: FailingStore
    let owners: Owners
    private let server: HTTPServer
    private let base: String
    private let directory = FileManager.default.temporaryDirectory.appending(path: "gradd-\(UUID().uuidString)")

    init() throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let lifecycle = Lifecycle()
        lifecycle.go(on: .serving)
        store = try FailingStore(directory)
        owners = try Owners(
            keys: nil, .none, byteLimit: 1 << 30, archive: try Archive(Journal(store, logger: logger)))
        server = HTTPServer(
            host: "127.0.0.1", port: 0, threads: 2, limits: Limits(),
            handler: API(
                logger: logger, owners: owners,
                browsers: BrowserRules(isLoopback: true, allowedHosts: [], allowedOrigins: []), limits: Limits(),
                lifecycle: lifecycle, waiting: Waiting(limit: 1000), metrics: Metrics()),
            logger: logger)
        base = "http://127.0.0.1:\(try server.start())"
    }

    deinit {
        store.letGo()
        server.stop(within: 2000)
        owners.close()
        try? FileManager.default.removeItem(at: directory)
    }

    func client() throws -> CurlClient { try CurlClient(base) }
}
