import Crypto
import Foundation
import Synchronization

/// The real program, with a file of keys.
final class KeyedService: Sendable {
    let service: RunningService
    let file: URL
    private let log: URL
    private static let folder = FileManager.default.temporaryDirectory

    /// - Parameter names: whose key is `key(name)`.
    init(_ names: [String], _ arguments: [String] = []) throws {
        let id = UUID().uuidString
        file = Self.folder.appending(path: "gradd-\(id).keys")
        log = Self.folder.appending(path: "gradd-\(id).log")
        try Self.lines(names).write(to: file, atomically: true, encoding: .utf8)
        try Data().write(to: log)
        service = try RunningService.start(
            ["--api-keys", file.path, "--log-level", "trace"] + arguments, log: try FileHandle(forWritingTo: log))
    }

    deinit {
        for file in [file, log] { try? FileManager.default.removeItem(at: file) }
        service.stop()
    }

    static func key(_ name: String) -> String { "key-of-\(name)-0123456789_0123456789" }

    /// What stands in a file of keys for those of some names.
    static func lines(_ names: [String]) -> String {
        names.map { name in
            let digest = SHA256.hash(data: Data(key(name).utf8)).map { byte in
                (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
            return "\(name):\(digest.joined())\n"
        }.joined()
    }

    /// A client that has a name's key.
    func client(_ name: String) throws -> CurlClient { try service.client(key: Self.key(name)) }

    /// A client that has a name's key, and a session for it.
    func bench(_ name: String) throws -> OverHTTP.Bench { OverHTTP.Bench(try client(name)) }

    /// All that the service has logged.
    var logged: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// Replaces the file of keys, and waits until the service has said what came of it.
    func replaceKeys(_ text: String) throws {
        // Lines of something else may still be on their way.
        func said() -> Int { logged.matches(of: #/keys (were read again|stay as they were)/#).count }
        let before = said()
        try text.write(to: file, atomically: true, encoding: .utf8)
        service.send(signal: SIGHUP)
        for _ in 0..<500 where said() == before { Thread.sleep(forTimeInterval: 0.01) }
    }
}
