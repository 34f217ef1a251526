/// What the service tells of itself to who watches it: families of samples, collected when they are asked for.
///
/// A number that somebody else keeps is one line: `metrics.gauge("gradd_sessions", "Sessions.") { sessions.count }`.
struct Metrics: Sendable {
    private var collectors: [@Sendable (inout OutputBuffer) -> Void] = []

    /// Adds what writes families; it may be called on any thread.
    mutating func add(_ collect: @escaping @Sendable (inout OutputBuffer) -> Void) { collectors.append(collect) }

    /// Adds a number that goes up and down.
    mutating func gauge(_ name: String, _ help: String, _ value: @escaping @Sendable () -> Int) {
        add { $0.append(.gauge, name, help, Double(value())) }
    }

    /// Adds a number that only grows while the service runs.
    mutating func counter(_ name: String, _ help: String, _ value: @escaping @Sendable () -> Int) {
        add { $0.append(.counter, name, help, Double(value())) }
    }

    /// Appends all of it in Prometheus' text format, version 0.0.4.
    func write(to out: inout OutputBuffer) {
        for collect in collectors { collect(&out) }
    }

    static let contentType: StaticString = "text/plain; version=0.0.4; charset=utf-8"
}

extension Observer {
    /// Appends what the loops have counted.
    func write(to out: inout OutputBuffer) {
        let total = total
        let routes = zip(routes, total.routes).filter { !$1.kinds.isEmpty }
        out.append(family: "gradd_requests_total", .counter, "Requests that were answered.")
        for (route, tally) in routes {
            for (kind, count) in tally.kinds {
                let method = kind.method.map { "\($0.token)" } ?? ""
                out.append(
                    sample: "gradd_requests_total",
                    [("route", route), ("method", method), ("status", "\(kind.status)")], Double(count))
            }
        }
        let duration = "gradd_request_duration_seconds"
        out.append(
            family: duration, .histogram, "From when a request was there as a whole until its reply was written.")
        for (route, tally) in routes {
            var below = 0
            for (index, count) in tally.buckets.enumerated() {
                below += count
                let bound = index < RouteTally.bounds.count ? Double(RouteTally.bounds[index]) / 1e9 : .infinity
                out.append(
                    sample: duration + "_bucket", [("route", route), ("le", OutputBuffer.text(of: bound))],
                    Double(below))
            }
            out.append(sample: duration + "_sum", [("route", route)], Double(tally.nanoseconds) / 1e9)
            out.append(sample: duration + "_count", [("route", route)], Double(below))
        }
        out.append(.gauge, "gradd_requests_in_flight", "Requests being answered.", Double(total.inFlight))
        out.append(.gauge, "gradd_connections", "Open connections.", Double(total.accepted - total.closed))
        out.append(.counter, "gradd_connections_total", "Connections that were accepted.", Double(total.accepted))
        out.append(.counter, "gradd_received_bytes_total", "Bytes received from clients.", Double(total.received))
        out.append(.counter, "gradd_sent_bytes_total", "Bytes sent to clients.", Double(total.sent))
    }
}

/// What kind of numbers a family has.
enum MetricKind: String { case counter, gauge, histogram }

extension OutputBuffer {
    /// Appends the lines that say what a family is, before its samples. `help` is plain text on one line.
    mutating func append(family name: String, _ kind: MetricKind, _ help: String) {
        append("# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n")
    }

    /// Appends a family of one sample without labels.
    mutating func append(_ kind: MetricKind, _ name: String, _ help: String, _ value: Double) {
        append(family: name, kind, help)
        append(sample: name, [], value)
    }

    mutating func append(sample name: String, _ labels: [(name: String, value: String)], _ value: Double) {
        append(name)
        if !labels.isEmpty {
            append(list: labels, "{", "}") { out, label in
                out.append(label.name)
                out.append("=\"")
                out.append(
                    label.value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
                )
                out.append("\"")
            }
        }
        append(" ")
        append(OutputBuffer.text(of: value))
        append("\n")
    }

    /// A number as the format has it.
    fileprivate static func text(of value: Double) -> String {
        if let whole = Int(exactly: value) { return "\(whole)" }
        return value.isFinite ? "\(value)" : value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf"
    }
}
