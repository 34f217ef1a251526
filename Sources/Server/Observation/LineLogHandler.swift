import Logging

/// Writes what the service itself has to say, in the same form as the lines of its requests.
struct LineLogHandler: LogHandler {
    let sink: LogSink
    let format: LogFormat
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    init(_ sink: LogSink, _ format: LogFormat) { (self.sink, self.format) = (sink, format) }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var lines = LogLines(format)
        lines.begin(event.level.rawValue, event.message.description)
        let fields = event.metadata.map { metadata.merging($0) { $1 } } ?? metadata
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) { lines.field(key, "\(value)") }
        lines.end()
        sink.take(&lines, isUrgent: true)
    }
}
