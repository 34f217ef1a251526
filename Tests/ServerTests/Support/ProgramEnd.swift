import Foundation
import Synchronization
import Testing

/// A run of the program that ends by itself, or at the first line that it prints.
struct ProgramEnd {
    let status: Int32
    let output: String
    let errors: String

    /// Runs the program to its end; one that goes on for 20 s is ended.
    init(_ arguments: [String], environment: [String: String] = [:]) throws {
        let (process, output, errors) = ProgramEnd.prepare(arguments, environment)
        try process.run()
        let number = process.processIdentifier
        let watchdog = DispatchSource.makeTimerSource()
        watchdog.schedule(deadline: .now() + 20)
        watchdog.setEventHandler { kill(number, SIGKILL) }
        watchdog.activate()
        self.output = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        self.errors = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        watchdog.cancel()
        status = process.terminationStatus
    }

    private init(status: Int32, output: String, errors: String) {
        (self.status, self.output, self.errors) = (status, output, errors)
    }

    /// Starts the program, ends it once it is ready, and returns all that it printed.
    static func ready(_ arguments: [String], environment: [String: String] = [:]) throws -> String {
        let end = try untilReady(arguments, environment: environment, signal: SIGTERM)
        #expect(end.status == 0)
        return end.output
    }

    /// Starts the program, and sends it a signal once it is ready.
    static func untilReady(
        _ arguments: [String], environment: [String: String] = [:], signal: Int32
    ) throws -> ProgramEnd {
        let (process, output, errors) = prepare(arguments, environment)
        // It must not fill up.
        let log = Mutex(Data())
        errors.fileHandleForReading.readabilityHandler = { handle in
            log.withLock { $0 += handle.availableData }
        }
        defer { errors.fileHandleForReading.readabilityHandler = nil }
        try process.run()
        var text = Data()
        while !text.contains(UInt8(ascii: "\n")) {
            let bytes = output.fileHandleForReading.availableData
            if bytes.isEmpty { break }
            text += bytes
        }
        kill(process.processIdentifier, signal)
        text += output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return ProgramEnd(
            status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
            errors: log.withLock { String(decoding: $0, as: UTF8.self) })
    }

    private static func prepare(_ arguments: [String], _ environment: [String: String]) -> (Process, Pipe, Pipe) {
        let (process, output, errors) = (Process(), Pipe(), Pipe())
        process.executableURL = RunningService.program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output
        process.standardError = errors
        return (process, output, errors)
    }

    /// Checks that all it said is one line on standard error.
    func expectOneLine(at place: SourceLocation = #_sourceLocation) {
        #expect(output.isEmpty, "\(output)", sourceLocation: place)
        #expect(errors.hasPrefix("gradd: ") && errors.hasSuffix("\n"), "\(errors)", sourceLocation: place)
        #expect(errors.count { $0 == "\n" } == 1, "\(errors)", sourceLocation: place)
    }
}
