import ArgumentParser
import Foundation

/// The limits that an operator may set, each with its default and its range: one declaration each.
struct LimitOptions: ParsableArguments {
    @Option(help: "Most bytes of a request's target (414).", transform: within(64...(1 << 20)))
    var maxTarget = Limits().target

    @Option(help: "Most bytes of a request's head (431).", transform: within(256...(1 << 24)))
    var maxHead = Limits().head

    @Option(help: "Most header fields of a request (431).", transform: within(1...10_000))
    var maxFields = Limits().fields

    @Option(help: "Most bytes of a request's body (413).", transform: within(1...(1 << 40)))
    var maxBody = Limits().body

    @Option(help: "Most levels of lists and objects in a body (400).", transform: within(4...512))
    var maxDepth = Limits().depth

    @Option(help: "Most steps of one run (413).", transform: within(1...(1 << 32)))
    var maxSteps = Limits().steps

    @Option(help: "Most bytes of a formula (400).", transform: within(1...(1 << 24)))
    var maxFormula = Limits().formula

    @Option(help: "Most levels of brackets, signs and powers in a formula (400).", transform: within(1...500))
    var maxFormulaDepth = Limits().formulaDepth

    @Option(help: "Most elements of one array (422).", transform: within(1...(1 << 28)))
    var maxElements = Limits().elements

    @Option(help: "Most bytes of one array (422).", transform: within(8...(1 << 31)))
    var maxArrayBytes = Limits().arrayBytes

    @Option(
        help: "Most bytes of all arrays (403), and of bodies that arrive (503); by default half the machine's memory.",
        transform: within(1...(1 << 50)))
    var maxMemory: Int?

    @Option(help: "Seconds that a request may compute (503); 0: for ever.", transform: within(0...86_400))
    var computeTimeout = Limits().computeTimeout

    @Option(
        help: "Most connections (503); by default what the limit of open files leaves, 8192 at most.",
        transform: within(1...(1 << 20)))
    var maxConnections: Int?

    @Option(
        help: "Most connections from one address other than loopback (503).", transform: within(1...(1 << 20)))
    var maxConnectionsPerAddress = Limits().connectionsPerAddress

    @Option(
        help: "Address of a proxy, which may have any number of connections; may be given again.",
        transform: PeerAddress.init(option:))
    var trustedProxy: [PeerAddress] = []

    @Option(
        help: "Most requests that wait for their session, or for a thread (503).", transform: within(0...(1 << 20)))
    var maxWaiting = Limits().waiting

    @Option(help: "Seconds in which a request's head must arrive (408).", transform: within(1...86_400))
    var headTimeout = Int(Limits().headTimeout / 1000)

    @Option(help: "Seconds that a request's body may pause (408).", transform: within(1...86_400))
    var bodyTimeout = Int(Limits().bodyTimeout / 1000)

    @Option(
        help: "Seconds in which a client may take nothing of its reply before the connection is dropped.",
        transform: within(1...86_400))
    var writeTimeout = Int(Limits().writeTimeout / 1000)

    @Option(help: "Seconds after which an idle connection is closed.", transform: within(1...86_400))
    var idleTimeout = Int(Limits().idleTimeout / 1000)

    @Option(help: "Seconds that running requests are given when the service ends.", transform: within(0...86_400))
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
