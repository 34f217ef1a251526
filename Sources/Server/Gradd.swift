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
        // The environment is that of the service: other commands do not look at it.
        let own = Array(CommandLine.arguments.dropFirst())
        let arguments = own.first == KeyCommand.name ? own : EnvironmentOptions.arguments + own
        do {
            var command = try ServeOptions.parseAsRoot(arguments)
            try command.run()
        } catch {
            switch ServeOptions.exitCode(for: error) {
            case .success: print(ServeOptions.fullMessage(for: error))
            case .validationFailure: fail(ServeOptions.message(for: error), usage: true)
            default: fail("\(error)", usage: false)
            }
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
