import Dispatch
import Engine
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
    /// - Throws: `ListenError` where it cannot listen.
    func run() throws {
        let stop = DispatchSemaphore(value: 0)
        let lifecycle = Lifecycle()
        // Before anything is served, so that no signal is missed.
        let signals = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { @Sendable [logger] in
                // Whoever asks twice does not want to wait.
                guard lifecycle.go(on: .ending) else {
                    logger.warning("ending at once, as a second signal asks")
                    exit(EXIT_FAILURE)
                }
                stop.signal()
            }
            source.activate()
            return source
        }
        let threads = options.threads == 0 ? ProcessInfo.processInfo.activeProcessorCount : options.threads
        let limits = options.limits.limits(descriptors: Descriptors.raiseLimit(), threads: threads)
        let sessions = SessionStore(
            byteLimit: options.limits.memory,
            arrays: ArrayLimits(elements: limits.elements, bytes: limits.arrayBytes))
        let server = HTTPServer(
            host: options.host, port: options.port, threads: threads, limits: limits,
            trustedProxies: options.limits.trustedProxy,
            handler: API(
                logger: logger, sessions: sessions, browsers: options.browsers, limits: limits, lifecycle: lifecycle),
            logger: logger)
        let port = try server.start()
        let sweep = DispatchSource.makeTimerSource()
        sweep.schedule(deadline: .now(), repeating: .seconds(5), leeway: .seconds(1))
        sweep.setEventHandler { sessions.sweep() }
        sweep.activate()
        let host = options.host.contains(":") ? "[\(options.host)]" : options.host
        logger.info("state is kept in memory and is gone when the service ends")
        lifecycle.go(on: .serving)
        print("gradd listening on http://\(host):\(port)")
        fflush(nil)
        stop.wait()
        logger.info("ending: running requests are answered, new ones refused")
        if !server.stop(within: options.limits.shutdownTimeout * 1000) {
            logger.warning("some requests were still running after \(options.limits.shutdownTimeout) s")
        }
        for source in signals { source.cancel() }
        sweep.cancel()
    }
}
