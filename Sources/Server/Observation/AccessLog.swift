/// A line for each answer: what was asked for and how it went, and nothing that is the caller's own (no name, key, query,
/// path or body).
///
/// Lines are collected, and given to the sink together, once in a loop's turn.
struct AccessLog: ~Copyable {
    private let sink: LogSink
    /// By the number of the route: the field that names it, written once for all lines.
    private let routes: [[UInt8]]
    private var lines: LogLines

    init(_ sink: LogSink, _ format: LogFormat, routes: [String]) {
        self.sink = sink
        self.routes = routes.map { LogLines.written(format, "route", $0) }
        lines = LogLines(format)
    }

    mutating func append(_ answer: Answer) {
        lines.begin("info", "request")
        if let id = answer.id { lines.field("id", id) }
        if let method = answer.method { lines.field("method", word: method.token) } else { lines.field("method", "") }
        lines.append(written: routes[answer.route])
        lines.field("status", answer.status)
        lines.field("bytes", answer.bytes)
        lines.field("ms", nanoseconds: answer.duration)
        if let trace = answer.trace { lines.field("trace", trace) }
        lines.end()
    }

    mutating func flush() {
        if lines.count > 0 { sink.take(&lines, isUrgent: false) }
    }
}
