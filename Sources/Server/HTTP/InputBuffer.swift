#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What a connection has received and not yet used up: one message from its first byte on, and whatever follows it.
///
/// Bytes are received straight into its free end. It is never zeroed, and grows with what arrived, never with what a
/// header merely announced.
struct InputBuffer: ~Copyable {
    /// The size of a buffer that holds nothing yet.
    static let initialCapacity = 4 * 1024
    /// A buffer that grew beyond this is given back once its message is used up.
    static let keptCapacity = 64 * 1024
    /// How much a buffer that is larger than that grows at once.
    static let largeStep = 16 << 20

    private var base: UnsafeMutableRawPointer
    private(set) var capacity: Int
    private var start = 0
    private var end = 0

    init() {
        capacity = Self.initialCapacity
        base = allocateBytes(Self.initialCapacity)
    }

    deinit { free(base) }

    var count: Int { end - start }
    var isEmpty: Bool { start == end }

    /// The bytes held; valid until the buffer is next changed.
    var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base + start, count: end - start) }

    /// Room to receive into, empty only where there is no memory. `needed` is the length of the message in hand as far as it is known: growth
    /// stops there, but never outruns twice the bytes that have arrived.
    mutating func room(forMessageOf needed: Int) -> UnsafeMutableRawBufferPointer {
        if start > 0 && (end == capacity || start == end) { moveToFront() }
        if end == capacity {
            // Once much has come, room for much more: pages are taken up only as they are filled.
            let doubled = max(capacity * 2, capacity < Self.keptCapacity ? Self.keptCapacity / 4 : Self.largeStep)
            let grown = needed > end ? min(needed, doubled) : doubled
            if let moved = reallocateBytes(base, grown) { (base, capacity) = (moved, grown) }
        }
        return UnsafeMutableRawBufferPointer(start: base + end, count: capacity - end)
    }

    /// Takes in `count` bytes received into `room`.
    mutating func received(_ count: Int) {
        assert(count >= 0 && count <= capacity - end)
        end += count
    }

    /// Appends a copy of `bytes`: for callers with no socket to receive from.
    mutating func append(_ bytes: some Collection<UInt8>) {
        for byte in bytes {
            room(forMessageOf: 0).storeBytes(of: byte, as: UInt8.self)
            received(1)
        }
    }

    /// Removes the bytes from offset `lower` up to offset `upper`, and moves down what follows.
    mutating func remove(from lower: Int, to upper: Int) {
        assert(0 <= lower && lower <= upper && upper <= count)
        guard lower < upper else { return }
        memmove(base + start + lower, base + start + upper, count - upper)
        end -= upper - lower
    }

    /// Drops the first `count` bytes: a message that has been answered. A buffer that had grown large is shrunk.
    mutating func consume(_ count: Int) {
        assert(count >= 0 && count <= self.count)
        start += count
        if start == end {
            start = 0
            end = 0
        }
        guard capacity > Self.keptCapacity, self.count <= Self.keptCapacity / 2 else { return }
        let left = self.count
        let fresh = max(Self.initialCapacity, left)
        let old = base
        base = allocateBytes(fresh)
        memcpy(base, old + start, left)
        free(old)
        capacity = fresh
        start = 0
        end = left
    }

    private mutating func moveToFront() {
        memmove(base, base + start, count)
        end -= start
        start = 0
    }
}
