import Dispatch
import Foundation
import Logging

@main
enum Gradd {
    static func main() {
        var logger = Logger(label: "gradd") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .info
        let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8080
        let server = HTTPServer(
            host: "127.0.0.1", port: port, threads: 2, limits: Limits(), handler: API(logger: logger), logger: logger)
        do {
            print("gradd listening on http://127.0.0.1:\(try server.start())")
            fflush(nil)
        } catch {
            FileHandle.standardError.write(Data("gradd: \(error)\n".utf8))
            exit(1)
        }
        signal(SIGTERM, SIG_IGN)
        signal(SIGINT, SIG_IGN)
        let stop = DispatchSemaphore(value: 0)
        let sources = [SIGTERM, SIGINT].map { DispatchSource.makeSignalSource(signal: $0) }
        for source in sources {
            source.setEventHandler { @Sendable in stop.signal() }
            source.activate()
        }
        stop.wait()
        server.stop()
        for source in sources { source.cancel() }
    }
}
