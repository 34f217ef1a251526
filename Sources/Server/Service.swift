import Dispatch
import Foundation
import Logging

/// The service from its start to SIGTERM or SIGINT.
struct Service {
    private let options: ServeOptions
    private let logger: Logger

    init(_ options: ServeOptions) {
        self.options = options
        var logger = Logger(label: "gradd") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = options.logLevel.level
        self.logger = logger
    }

    /// Serves until a signal comes; then running requests are answered.
    /// - Throws: `ListenError` where it cannot listen, `KeyFile.Damage` where it cannot know who may ask.
    func run() throws {
        let owners = try options.makeOwners(logger: logger)
        let stop = DispatchSemaphore(value: 0)
        // Before anything is served, so that no signal is missed.
        var signals = [SIGTERM, SIGINT].map { number in on(number) { stop.signal() } }
        if options.apiKeys != nil { signals.append(on(SIGHUP) { readKeys(of: owners) }) }
        let threads = options.threads == 0 ? ProcessInfo.processInfo.activeProcessorCount : options.threads
        let server = HTTPServer(
            host: options.host, port: options.port, threads: threads, limits: options.limits,
            handler: API(logger: logger, owners: owners, browsers: options.browsers), logger: logger)
        let port = try server.start()
        let sweep = DispatchSource.makeTimerSource()
        sweep.schedule(deadline: .now(), repeating: .seconds(5), leeway: .seconds(1))
        sweep.setEventHandler { owners.sweep() }
        sweep.activate()
        let host = options.host.contains(":") ? "[\(options.host)]" : options.host
        if let data = options.data {
            logger.info("state is kept in \(data)")
        } else {
            logger.info("state is kept in memory and is gone when the service ends")
        }
        print("gradd listening on http://\(host):\(port)")
        fflush(nil)
        stop.wait()
        logger.info("ending: running requests are answered, new ones refused")
        if !server.stop(within: options.shutdownTimeout * 1000) {
            logger.warning("some requests were still running after \(options.shutdownTimeout) s")
        }
        for source in signals { source.cancel() }
        sweep.cancel()
        owners.close()
    }

    /// Has something done whenever a signal comes.
    private func on(_ number: Int32, _ body: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler(handler: body)
        source.activate()
        return source
    }

    private func readKeys(of owners: Owners) {
        do throws(KeyFile.Damage) {
            let count = try owners.readKeys()
            logger.notice("keys were read again: \(count) in force")
        } catch {
            logger.error("keys stay as they were: \(error)")
        }
    }
}
