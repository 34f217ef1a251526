import Foundation
import Synchronization

/// The real program with a directory of its own, which can be ended and started again.
final class StoredService: Sendable {
    let directory = FileManager.default.temporaryDirectory.appending(path: "gradd-\(UUID().uuidString)")
    private let arguments: [String]
    private let running: Mutex<RunningService>

    init(_ arguments: [String] = []) throws {
        self.arguments = ["--data", directory.path] + arguments
        running = Mutex(try RunningService.start(self.arguments))
    }

    deinit {
        service.stop()
        try? FileManager.default.removeItem(at: directory)
    }

    var service: RunningService { running.withLock { $0 } }
    var database: URL { directory.appending(path: "gradd.sqlite") }

    /// Ends the program, and starts it again.
    /// - Parameter signal: what it is ended with.
    func restart(_ signal: Int32 = SIGKILL, _ more: [String] = []) throws {
        end(signal)
        try start(more)
    }

    func end(_ signal: Int32 = SIGKILL) {
        service.send(signal: signal)
        service.stop()
    }

    func start(_ more: [String] = []) throws {
        let service = try RunningService.start(arguments + more)
        running.withLock { $0 = service }
    }

    /// Runs the tests' statements on its client.
    func bench() throws -> OverHTTP.Bench { OverHTTP.Bench(try service.client()) }

    /// The same session, of the program that runs now.
    func again(_ bench: OverHTTP.Bench) throws -> OverHTTP.Bench {
        OverHTTP.Bench(try service.client(), session: bench.session)
    }
}

extension StoredService {
    /// Has the running program's files grow no longer than so many bytes: what it writes beyond fails.
    func limitFiles(to bytes: Int) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/prlimit")
        process.arguments = ["--pid", "\(service.identifier)", "--fsize=\(bytes):"]
        try process.run()
        process.waitUntilExit()
    }
}
