import Foundation
import Synchronization
import TestSupport
import Testing

/// The real program, running for a suite.
final class RunningService: Sendable {
    @TaskLocal static var current: RunningService?

    let base: String
    private let process: Mutex<Process>

    /// Starts the program that stands beside the tests, on a free port.
    /// - Parameters:
    ///   - log: where its standard error goes; nil: where that of the tests goes.
    ///   - ulimit: what the shell's `ulimit` is given first: `-n 64`.
    static func start(
        _ arguments: [String] = [], environment: [String: String] = [:], log: Any? = nil, ulimit: String? = nil
    ) throws -> RunningService {
        let (process, output) = (Process(), Pipe())
        let options = ["--port", "0", "--log-level", ulimit == nil ? "warning" : "error"] + arguments
        if let ulimit {
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments = ["-c", "ulimit \(ulimit); exec \"$0\" \"$@\"", program.path()] + options
        } else {
            process.executableURL = program
            process.arguments = options
        }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output
        if let log { process.standardError = log }
        try process.run()
        var line = ""
        while !line.hasSuffix("\n") {
            let bytes = output.fileHandleForReading.availableData
            if bytes.isEmpty { break }
            line += String(decoding: bytes, as: UTF8.self)
        }
        let base = try #require(
            line.wholeMatch(of: #/gradd listening on (http://127\.0\.0\.1:\d+)\n/#)?.1, "no ready line, but \"\(line)\""
        )
        return RunningService(String(base), process)
    }

    static var program: URL {
        // The test bundle and the program are built into one folder.
        var folder = Bundle.main.bundleURL
        for argument in CommandLine.arguments where argument.hasSuffix(".xctest") {
            folder = URL(filePath: argument).deletingLastPathComponent()
        }
        return folder.appending(path: "gradd")
    }

    private init(_ base: String, _ process: sending Process) {
        self.base = base
        self.process = Mutex(process)
    }

    /// - Parameter key: the API key that goes with every request.
    func client(key: String? = nil) throws -> CurlClient {
        try CurlClient(base, headers: key.map { ["Authorization: Bearer \($0)"] } ?? [])
    }

    var port: UInt16 { base.split(separator: ":").last.flatMap { UInt16($0) } ?? 0 }

    /// The process's number.
    var identifier: Int32 { process.withLock { $0.processIdentifier } }

    func send(signal number: Int32) { process.withLock { _ = kill($0.processIdentifier, number) } }

    /// Its exit status, once it has ended by itself.
    func end() -> Int32 {
        process.withLock { process in
            process.waitUntilExit()
            return process.terminationStatus
        }
    }

    /// Ends it, and returns its exit status.
    @discardableResult
    func stop() -> Int32 {
        process.withLock { process in
            if process.isRunning { process.terminate() }
            process.waitUntilExit()
            return process.terminationStatus
        }
    }
}

/// Runs the program for as long as a suite runs.
struct ServiceTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let service = try RunningService.start()
        defer { service.stop() }
        try await RunningService.$current.withValue(service) { try await function() }
    }
}

extension Trait where Self == ServiceTrait {
    static var service: ServiceTrait { ServiceTrait() }
}

/// All tests that talk to one running service over libcurl.
@Suite("Over HTTP", .service)
struct OverHTTP {
    /// A client of its own, and a session whose name nobody else has.
    struct Bench {
        let client: CurlClient
        let session: String
        var graph: String { "/v1/sessions/\(session)/graphs/g" }

        init() throws { self.init(try #require(RunningService.current).client()) }

        init(_ client: CurlClient, session: String = "s\(UInt64.random(in: 0 ... .max))") {
            (self.client, self.session) = (client, session)
        }

        func variable(_ name: String, _ body: String) throws -> Reply {
            try client.put("\(graph)/variables/\(name)", body)
        }
        func read(_ name: String) throws -> Reply { try client.get("\(graph)/variables/\(name)") }
        func op(_ body: String) throws -> Reply { try client.post("\(graph)/ops", body) }
        func post(_ path: String, _ body: String = "") throws -> Reply { try client.post("\(graph)/\(path)", body) }

        /// x0 = [0, 1], x1 = [2, 3], y = 2 x0 + 3 x1, z = 2 y: the article's graph.
        func buildArticle() throws {
            #expect(try variable("x0", #"{"data": [0, 1]}"#).status == 201)
            #expect(try variable("x1", #"{"data": [2, 3]}"#).status == 201)
            try buildArticleAgain()
        }

        /// The ops anew.
        func buildArticleAgain() throws {
            for body in [
                #"{"op": "mul", "inputs": [2, "x0"], "output": "a"}"#,
                #"{"op": "mul", "inputs": [3, "x1"], "output": "b"}"#,
                #"{"op": "add", "inputs": ["a", "b"], "output": "y"}"#,
                #"{"op": "mul", "inputs": [2, "y"], "output": "z"}"#,
            ] { #expect(try op(body).status == 201) }
        }

        func grad(_ name: String) throws -> JSON? { try read(name).json["grad"] }
    }
}
