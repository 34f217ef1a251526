import Synchronization

/// A number that one thread changes, and any may read: no thread waits for another to count.
struct Count: ~Copyable, Sendable {
    private let number = Atomic<Int>(0)

    var value: Int { number.load(ordering: .relaxed) }

    /// By the one thread that changes it: a plain load and store, which cost a tenth of an atomic addition.
    func add(_ amount: Int) { number.store(value &+ amount, ordering: .relaxed) }
}

/// What one loop counts.
final class Tally: Sendable {
    let received = Count()
    let sent = Count()
    let accepted = Count()
    let closed = Count()
    /// Requests that handlers have, less those that they have answered.
    let inFlight = Count()
    /// By the number of the route. (The lock is free but for the moment of a reading.)
    private let routes: Mutex<[RouteTally]>

    init(routes count: Int) { routes = Mutex(Array(repeating: RouteTally(), count: count)) }

    func count(_ answer: Answer) {
        routes.withLock { routes in
            if answer.route < routes.count { routes[answer.route].count(answer) }
        }
    }

    var byRoute: [RouteTally] { routes.withLock { $0 } }
}

/// What is counted of a route's requests.
struct RouteTally: Sendable {
    struct Kind: Equatable {
        var method: Method?
        var status: Int
    }

    /// How many there were of each kind, in the order in which they came up first.
    private(set) var kinds: [(kind: Kind, count: Int)] = []
    /// How many took at most so long, and more than the bound before; the last are those beyond all bounds.
    private(set) var buckets = Array(repeating: 0, count: RouteTally.bounds.count + 1)
    /// What all took together, in nanoseconds.
    private(set) var nanoseconds: Int64 = 0

    /// The bounds of the buckets in nanoseconds, two to a decade: from 10 µs to 30 s.
    static let bounds: [Int64] = (4...10).flatMap { exponent in
        let decade = (0..<exponent).reduce(Int64(1)) { product, _ in product * 10 }
        return [decade, decade * 3]
    }

    var count: Int { buckets.reduce(0, +) }

    mutating func count(_ answer: Answer) {
        let kind = Kind(method: answer.method, status: answer.status)
        if let index = kinds.firstIndex(where: { $0.kind == kind }) {
            kinds[index].count += 1
        } else {
            kinds.append((kind, 1))
        }
        let bounds = RouteTally.bounds
        var bucket = 0
        while bucket < bounds.count, answer.duration > bounds[bucket] { bucket += 1 }
        buckets[bucket] += 1
        nanoseconds += answer.duration
    }

    mutating func add(_ other: RouteTally) {
        for (kind, count) in other.kinds {
            if let index = kinds.firstIndex(where: { $0.kind == kind }) {
                kinds[index].count += count
            } else {
                kinds.append((kind, count))
            }
        }
        for index in buckets.indices { buckets[index] += other.buckets[index] }
        nanoseconds += other.nanoseconds
    }
}
