import ArgumentParser
import Foundation
import Logging

/// The program: its options, its one line on standard output, its exit status.
@main
enum Gradd {
    static let version = "0.1.0"

    static func main() {
        // A closed standard output must not end the service.
        signal(SIGPIPE, SIG_IGN)
        let options: ServeOptions
        do {
            options = try ServeOptions.parse(EnvironmentOptions.arguments + CommandLine.arguments.dropFirst())
        } catch {
            guard ServeOptions.exitCode(for: error).isSuccess else {
                return fail(ServeOptions.message(for: error), usage: true)
            }
            print(ServeOptions.fullMessage(for: error))
            return
        }
        do {
            try Service(options).run()
        } catch {
            fail("\(error)", usage: false)
        }
    }

    /// One line on standard error, and the exit status: 64 for usage (`EX_USAGE`), else 1.
    private static func fail(_ message: String, usage: Bool) {
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        let hint = usage ? " (gradd --help lists the options)" : ""
        FileHandle.standardError.write(Data("gradd: \(line)\(hint)\n".utf8))
        exit(usage ? 64 : 1)
    }
}
