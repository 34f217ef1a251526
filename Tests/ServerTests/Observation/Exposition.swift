import Testing

/// A page of metrics, read by the letter of Prometheus' text format, version 0.0.4, and stricter: every family is
/// described, by HELP and then TYPE, and its samples follow at once.
struct Exposition {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// By name and labels as they are written: `name{route="/health"}`.
    private(set) var samples: [String: Double] = [:]
    private(set) var kinds: [String: String] = [:]

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Failure(description: "The last line does not end.") }
        var family = ""
        var helped = ""
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            if let match = line.wholeMatch(of: #/# HELP ([a-z_:][a-z0-9_:]*) \S.*/#) {
                helped = String(match.1)
            } else if let match = line.wholeMatch(of: #/# TYPE ([a-z_:][a-z0-9_:]*) (counter|gauge|histogram)/#) {
                family = String(match.1)
                guard helped == family else { throw Failure(description: "\(line): HELP comes first") }
                guard kinds.updateValue(String(match.2), forKey: family) == nil else {
                    throw Failure(description: "\(line): twice")
                }
            } else {
                try read(line, of: family)
            }
        }
        for (name, kind) in kinds {
            guard kind != "counter" || name.hasSuffix("_total") else { throw Failure(description: "\(name): _total") }
            if kind == "histogram" { try checkHistogram(name) }
        }
    }

    private mutating func read(_ line: Substring, of family: String) throws {
        let form = #/([a-z_:][a-z0-9_:]*)(\{(?:[a-z_]+="(?:[^"\\]|\\["\\n])*",?)+\})? (\S+)/#
        guard let match = line.wholeMatch(of: form), match.2?.hasSuffix(",}") != true else {
            throw Failure(description: "\(line): no sample")
        }
        let isPart = ["_bucket", "_sum", "_count"].contains { match.1 == family + $0 }
        guard kinds[family] == "histogram" ? isPart : match.1 == family else {
            throw Failure(description: "\(line): in the family \(family)")
        }
        let text = match.3.replacing("+Inf", with: "inf")
        guard text.wholeMatch(of: #/-?\d+(\.\d+)?(e[+-]?\d+)?|inf/#) != nil, let value = Double(text) else {
            throw Failure(description: "\(line): no number")
        }
        guard samples.updateValue(value, forKey: String(match.1) + String(match.2 ?? "")) == nil else {
            throw Failure(description: "\(line): twice")
        }
    }

    /// Buckets grow, end with +Inf, which is the count, and there is a sum.
    private func checkHistogram(_ name: String) throws {
        var buckets: [String: [(bound: Double, count: Double)]] = [:]
        for (sample, value) in samples {
            guard let match = sample.wholeMatch(of: #/(\w+)_bucket\{(.*?),?le="([^"]+)"\}/#), match.1 == name else {
                continue
            }
            let bound = match.3 == "+Inf" ? .infinity : Double(match.3) ?? .nan
            buckets[String(match.2), default: []].append((bound, value))
        }
        for (labels, list) in buckets {
            let sorted = list.sorted { $0.bound < $1.bound }
            let counts = sorted.map(\.count)
            guard counts == counts.sorted(), sorted.last?.bound == .infinity,
                counts.last == samples["\(name)_count{\(labels)}"], samples["\(name)_sum{\(labels)}"] != nil
            else { throw Failure(description: "\(name){\(labels)}: \(sorted)") }
        }
    }

    subscript(_ sample: String) -> Double? { samples[sample] }

    /// The number of requests of a kind.
    func requests(_ route: String, _ method: String, _ status: Int) -> Double {
        samples[#"gradd_requests_total{route="\#(route)",method="\#(method)",status="\#(status)"}"#] ?? 0
    }
}

extension CurlClient {
    func metrics() throws -> Exposition { try Exposition(get("/metrics").text) }
}
