import ArgumentParser
import Engine
import Foundation
import Logging

/// The options of the program. Each has an environment variable, `GRADD_` and its name: `GRADD_PORT`.
struct ServeOptions: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gradd", abstract: "Gradients over HTTP: serves until SIGINT or SIGTERM.",
        discussion: """
            Every option has an environment variable too, GRADD_PORT for --port; the command line wins. When it is \
            ready it prints one line on standard output; the log goes to standard error.
            """,
        version: "gradd \(Gradd.version)", subcommands: [KeyCommand.self])

    @Option(help: "Address or name to listen on.")
    var host = "127.0.0.1"

    @Option(help: "Port to listen on; 0 takes a free one.")
    var port = 8080

    @Option(help: "Threads that answer requests; 0: one for each processor.")
    var threads = 0

    @Option(help: "Least level of the log.")
    var logLevel = LogLevel.info

    @Option(help: "Form of the log's lines.")
    var logFormat = LogFormat.text

    @Flag(inversion: .prefixedNo, exclusivity: .chooseLast, help: "A line in the log for each request.")
    var accessLog = false

    @Option(help: "Directory that sessions are kept in; without one they are gone when the service ends.")
    var data: String?

    @Option(
        help: """
            With --data, when a change is safe from a loss of power: always, before it is answered, or interval, a \
            second later. From the end of the process it is safe in both.
            """)
    var fsync = SQLiteStore.Durability.always

    @Option(
        help: """
            File of the keys of those who may ask, each a line that gradd key NAME prints; read again on SIGHUP. \
            Without one everybody may.
            """)
    var apiKeys: String?

    @OptionGroup(title: "Quotas")
    var quotas: QuotaOptions

    @Flag(help: "Serve other machines too (a --host that is not loopback), though nobody is asked for a key.")
    var allowAnonymous = false

    @Option(name: .customLong("allowed-host"), help: "A further name that the service goes by; may be given again.")
    var allowedHosts: [String] = []

    @Option(
        name: .customLong("allow-origin"),
        help: "An origin, https://example.org, whose pages may ask the service; may be given again.")
    var allowedOrigins: [String] = []

    @OptionGroup(title: "Limits, and what a request beyond them is answered with")
    var limits: LimitOptions

    func validate() throws {
        try check("--port", port, 0...65535)
        try check("--threads", threads, 0...1024)
        guard allowAnonymous || isLoopback || apiKeys != nil else {
            throw ValidationError(
                "--host \(host) can be reached by others, and nobody is asked for a key; give --api-keys, add"
                    + " --allow-anonymous if you mean it, or listen on 127.0.0.1")
        }
    }

    func run() throws { try Service(self).run() }

    private var isLoopback: Bool { ["127.0.0.1", "::1", "localhost"].contains(host) }

    var browsers: BrowserRules {
        BrowserRules(
            isLoopback: isLoopback, allowedHosts: Set(allowedHosts.map { $0.lowercased() }),
            allowedOrigins: Set(allowedOrigins.map { $0.lowercased() }))
    }

    /// - Throws: `KeyFile.Damage`, `DataDirectory.Refusal`, and what the store throws.
    func makeOwners(logger: Logger) throws -> Owners {
        let archive = try data.map { path in
            try Archive(Journal(try SQLiteStore(try DataDirectory(path), fsync), logger: logger))
        }
        return try Owners(
            keys: apiKeys.map(KeyFile.init), quotas.quotas(hasKeys: apiKeys != nil, maxMemory: limits.memory),
            byteLimit: limits.memory,
            arrays: ArrayLimits(elements: limits.maxElements, bytes: limits.maxArrayBytes), archive: archive)
    }
}

/// `Logger.Level` as an option.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
    case trace, debug, info, notice, warning, error, critical

    var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}

extension SQLiteStore.Durability: ExpressibleByArgument {}
extension LogFormat: ExpressibleByArgument {}

/// The options that the environment gives: arguments that stand before those of the command line, which win.
enum EnvironmentOptions {
    private static let options =
        [
            "host", "port", "threads", "log-level", "log-format", "allowed-host", "allow-origin", "api-keys",
            "key-rate",
            "key-concurrency", "key-memory", "key-sessions", "key-nodes", "data", "fsync",
        ] + limits
    /// A property wrapper's storage is called by the property's name and an underscore: `_maxHead` is `--max-head`.
    static let limits = Mirror(reflecting: LimitOptions()).children.compactMap { child in
        child.label.map { label in
            label.dropFirst().reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
        }
    }
    private static let flags = ["allow-anonymous", "access-log"]

    static var arguments: [String] {
        let environment = ProcessInfo.processInfo.environment
        func value(_ name: String) -> String? {
            environment["GRADD_" + name.uppercased().replacing("-", with: "_")].flatMap { $0.isEmpty ? nil : $0 }
        }
        return options.compactMap { name in value(name).map { "--\(name)=\($0)" } }
            + flags.compactMap { name in
                switch value(name) {
                case "1", "true", "yes": "--\(name)"
                case nil, "0", "false", "no": nil
                // Which is refused, as it would be on the command line.
                case let other?: "--\(name)=\(other)"
                }
            }
    }
}
