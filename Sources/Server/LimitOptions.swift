import ArgumentParser
import Foundation

/// The limits that an operator may set, each with its default and its range: one declaration each.
struct LimitOptions: ParsableArguments {
    @Option("Most bytes of a request's target (414).", 64...(1 << 20))
    var maxTarget = Limits().target

    @Option("Most bytes of a request's head (431).", 256...(1 << 24))
    var maxHead = Limits().head

    @Option("Most header fields of a request (431).", 1...10_000)
    var maxFields = Limits().fields

    @Option("Most bytes of a request's body (413).", 1...(1 << 40))
    var maxBody = Limits().body

    @Option("Most levels of lists and objects in a body (400).", 4...512)
    var maxDepth = Limits().depth

    @Option("Most steps of one run (413).", 1...(1 << 32))
    var maxSteps = Limits().steps

    @Option("Most bytes of a formula (400).", 1...(1 << 24))
    var maxFormula = Limits().formula

    @Option("Most levels of brackets, signs and powers in a formula (400).", 1...500)
    var maxFormulaDepth = Limits().formulaDepth

    @Option("Most elements of one array (422).", 1...(1 << 28))
    var maxElements = Limits().elements

    @Option("Most bytes of one array (422).", 8...(1 << 31))
    var maxArrayBytes = Limits().arrayBytes

    @Option(
        "Most bytes of all arrays (403), and of bodies that arrive (503); by default half the machine's memory.",
        1...(1 << 50))
    var maxMemory: Int?

    @Option("Seconds that a request may compute (503); 0: for ever.", 0...86_400)
    var computeTimeout = Limits().computeTimeout

    @Option("Most connections (503); by default what the limit of open files leaves, 8192 at most.", 1...(1 << 20))
    var maxConnections: Int?

    @Option("Most connections from one address other than loopback (503).", 1...(1 << 20))
    var maxConnectionsPerAddress = Limits().connectionsPerAddress

    @Option(
        help: "Address of a proxy, which may have any number of connections; may be given again.",
        transform: PeerAddress.init(option:))
    var trustedProxy: [PeerAddress] = []

    @Option("Most requests that wait for their session, or for a thread (503).", 0...(1 << 20))
    var maxWaiting = Limits().waiting

    @Option("Seconds in which a request's head must arrive (408).", 1...86_400)
    var headTimeout = Int(Limits().headTimeout / 1000)

    @Option("Seconds that a request's body may pause (408).", 1...86_400)
    var bodyTimeout = Int(Limits().bodyTimeout / 1000)

    @Option("Seconds in which a client may take nothing of its reply before the connection is dropped.", 1...86_400)
    var writeTimeout = Int(Limits().writeTimeout / 1000)

    @Option("Seconds after which an idle connection is closed.", 1...86_400)
    var idleTimeout = Int(Limits().idleTimeout / 1000)

    @Option("Seconds that running requests are given when the service ends.", 0...86_400)
    var shutdownTimeout = 10

    /// The most bytes of all arrays.
    var memory: Int { maxMemory ?? Int(clamping: ProcessInfo.processInfo.physicalMemory / 2) }

    /// - Parameters:
    ///   - descriptors: how many files the process may have open.
    ///   - threads: that answer requests.
    func limits(descriptors: Int, threads: Int) -> Limits {
        var limits = Limits()
        (limits.target, limits.head, limits.fields, limits.body) = (maxTarget, maxHead, maxFields, maxBody)
        (limits.depth, limits.steps) = (maxDepth, maxSteps)
        (limits.formula, limits.formulaDepth) = (maxFormula, maxFormulaDepth)
        (limits.elements, limits.arrayBytes, limits.computeTimeout) = (maxElements, maxArrayBytes, computeTimeout)
        (limits.connectionsPerAddress, limits.waiting) = (maxConnectionsPerAddress, maxWaiting)
        (limits.headTimeout, limits.bodyTimeout) = (Int64(headTimeout) * 1000, Int64(bodyTimeout) * 1000)
        (limits.writeTimeout, limits.idleTimeout) = (Int64(writeTimeout) * 1000, Int64(idleTimeout) * 1000)
        // Each loop has a pipe; the rest is for Dispatch, files, and those that are told that there is no room.
        let own = 2 * threads + 2 * Listener.lingering
        let left = max(descriptors - own, descriptors / 4, 1)
        limits.connections = maxConnections ?? min(limits.connections, left)
        return limits
    }
}

extension Option where Value == Int {
    /// A whole number of a range, with its default.
    fileprivate init(wrappedValue: Int, _ help: String, _ range: ClosedRange<Int>) {
        self.init(wrappedValue: wrappedValue, help: "\(help) (default: \(wrappedValue))", transform: within(range))
    }
}

extension Option where Value == Int? {
    /// A whole number of a range.
    fileprivate init(_ help: String, _ range: ClosedRange<Int>) {
        self.init(help: "\(help)", transform: within(range))
    }
}

/// Reads a whole number of a range.
private func within(_ range: ClosedRange<Int>) -> @Sendable (String) throws -> Int {
    { text in
        guard let number = Int(text), range.contains(number) else {
            throw ValidationError("it is a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

extension PeerAddress {
    fileprivate init(option text: String) throws {
        guard let address = PeerAddress(text) else {
            throw ValidationError("it is an IPv4 or IPv6 address, such as 10.0.0.1")
        }
        self = address
    }
}
