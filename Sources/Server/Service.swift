import Dispatch
import Engine
import Foundation
import Logging

/// The service from its start to SIGTERM or SIGINT.
struct Service {
    private let options: ServeOptions
    private let log = LogSink()
    private let logger: Logger
    private let process = ProcessFigures()

    init(_ options: ServeOptions) {
        self.options = options
        let handler = LineLogHandler(log, options.logFormat)
        var logger = Logger(label: "gradd") { _ in handler }
        logger.logLevel = options.logLevel.level
        self.logger = logger
    }

    /// Serves until a signal comes; then running requests are answered.
    /// - Throws: `ListenError` where it cannot listen, `KeyFile.Damage` where it cannot know who may ask.
    func run() throws {
        let owners = try options.makeOwners(logger: logger)
        let stop = DispatchSemaphore(value: 0)
        let lifecycle = Lifecycle()
        // Before anything is served, so that no signal is missed.
        var signals = [SIGTERM, SIGINT].map { number in
            on(number) { [logger] in
                // Whoever asks twice does not want to wait.
                guard lifecycle.go(on: .ending) else {
                    logger.warning("ending at once, as a second signal asks")
                    exit(EXIT_FAILURE)
                }
                stop.signal()
            }
        }
        if options.apiKeys != nil { signals.append(on(SIGHUP) { readKeys(of: owners) }) }
        let threads = options.threads == 0 ? ProcessInfo.processInfo.activeProcessorCount : options.threads
        let limits = options.limits.limits(descriptors: Descriptors.raiseLimit(), threads: threads)
        let waiting = Waiting(limit: limits.waiting)
        let observer = Observer(routes: API.routes, log: options.accessLog ? (log, options.logFormat) : nil)
        let server = HTTPServer(
            host: options.host, port: options.port, threads: threads, limits: limits,
            trustedProxies: options.limits.trustedProxy,
            handler: API(
                logger: logger, owners: owners, browsers: options.browsers, limits: limits, lifecycle: lifecycle,
                waiting: waiting, metrics: metrics(owners, waiting, observer)),
            logger: logger, observer: observer)
        let port = try server.start()
        let sweep = DispatchSource.makeTimerSource()
        sweep.schedule(deadline: .now(), repeating: .seconds(5), leeway: .seconds(1))
        sweep.setEventHandler { owners.sweep() }
        sweep.activate()
        let sync = DispatchSource.makeTimerSource()
        if let journal = owners.archive?.journal {
            sync.schedule(deadline: .now(), repeating: .seconds(1))
            sync.setEventHandler { journal.sync() }
        }
        sync.activate()
        let host = options.host.contains(":") ? "[\(options.host)]" : options.host
        if let data = options.data {
            logger.info("state is kept in \(data)")
        } else {
            logger.info("state is kept in memory and is gone when the service ends")
        }
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
        sync.cancel()
        owners.close()
        log.flush(within: 1)
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

    /// What `/metrics` shows.
    private func metrics(_ owners: Owners, _ waiting: Waiting, _ observer: Observer) -> Metrics {
        var metrics = Metrics()
        metrics.add { out in
            out.append(family: "gradd_build_info", .gauge, "Always 1; its labels say what is running.")
            out.append(sample: "gradd_build_info", [("version", Gradd.version)], 1)
        }
        metrics.add(observer.write)
        metrics.gauge("gradd_requests_waiting", "Requests that wait for their session, or for a thread.") {
            waiting.value
        }
        metrics.gauge("gradd_sessions", "Sessions.") { owners.sessionCount }
        metrics.gauge("gradd_nodes", "Variables and what else graphs hold in memory.") { owners.account.nodes }
        metrics.gauge("gradd_array_bytes", "Bytes of all arrays in memory.") { owners.account.bytes }
        metrics.gauge("gradd_array_bytes_limit", "The most bytes that arrays may have.") { owners.account.byteLimit }
        metrics.gauge("gradd_journal_lag", "Changes that wait to be written to the disk.") {
            owners.archive?.journal.lag ?? 0
        }
        metrics.gauge("gradd_journal_read_only", "1 where the disk has failed, so that nothing is changed.") {
            owners.archive?.journal.isReadOnly == true ? 1 : 0
        }
        metrics.counter("gradd_log_lines_dropped_total", "Lines of the log that nobody took in time.") { [log] in
            log.dropped
        }
        metrics.add(process.write)
        return metrics
    }
}
