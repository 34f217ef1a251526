import ArgumentParser

/// What an owner may ask for and hold; nil: as much as it likes.
struct Quotas: Sendable {
    /// Requests a second.
    var rate: Int?
    /// Requests that run, or wait for their turn, at once.
    var concurrency: Int?
    /// Bytes of arrays.
    var memory: Int?
    var sessions: Int?
    /// Nodes of all graphs.
    var nodes: Int?

    static let none = Quotas()
}

/// The options that say what each key may ask for and hold.
struct QuotaOptions: ParsableArguments {
    @Option(help: "Requests a second of a key, and as many at once; 0: any number. (default with keys: 10000)")
    var keyRate: Int?

    @Option(help: "Requests of a key that run or wait at once; 0: any number. (default with keys: 256)")
    var keyConcurrency: Int?

    @Option(help: "Most bytes of a key's arrays together; 0: all there is. (default with keys: half of --max-memory)")
    var keyMemory: Int?

    @Option(help: "Most sessions of a key; 0: any number. (default with keys: 10000)")
    var keySessions: Int?

    @Option(help: "Most nodes of a key's graphs together; 0: any number. (default with keys: 1000000)")
    var keyNodes: Int?

    func validate() throws {
        try check("--key-rate", keyRate, 0...1_000_000)
        try check("--key-concurrency", keyConcurrency, 0...1_000_000)
        try check("--key-memory", keyMemory, 0...(1 << 50))
        try check("--key-sessions", keySessions, 0...(1 << 32))
        try check("--key-nodes", keyNodes, 0...(1 << 40))
    }

    /// Without keys all callers are one owner, whom only a quota that was given holds back.
    func quotas(hasKeys: Bool, maxMemory: Int) -> Quotas {
        func quota(_ given: Int?, _ fallback: Int) -> Int? {
            let value = given ?? (hasKeys ? fallback : 0)
            return value == 0 ? nil : value
        }
        return Quotas(
            rate: quota(keyRate, 10_000), concurrency: quota(keyConcurrency, 256),
            memory: quota(keyMemory, max(1, maxMemory / 2)), sessions: quota(keySessions, 10_000),
            nodes: quota(keyNodes, 1_000_000))
    }
}

extension ParsableArguments {
    /// - Throws: `ValidationError` for a value out of range.
    func check(_ name: String, _ value: Int?, _ range: ClosedRange<Int>) throws {
        if let value, !range.contains(value) {
            throw ValidationError("\(name) is from \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
    }
}
