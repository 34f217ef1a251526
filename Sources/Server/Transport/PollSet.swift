#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The `pollfd`s that a loop waits on, one a slot. A slot that is removed is filled by the last.
struct PollSet: ~Copyable {
    private var entries: UnsafeMutablePointer<pollfd>
    private var capacity = 64
    private(set) var count = 0

    /// What a slot waits for.
    struct Interest: OptionSet {
        let rawValue: Int16
        static let read = Interest(rawValue: Int16(POLLIN))
        static let write = Interest(rawValue: Int16(POLLOUT))
    }

    init() { entries = .allocate(capacity: 64) }
    deinit { entries.deallocate() }

    /// Adds a slot, the last.
    mutating func append(_ socket: Socket, _ interest: Interest) {
        if count == capacity {
            let grown = UnsafeMutablePointer<pollfd>.allocate(capacity: capacity * 2)
            grown.moveInitialize(from: entries, count: count)
            entries.deallocate()
            entries = grown
            capacity *= 2
        }
        (entries + count).initialize(to: pollfd(fd: socket.descriptor, events: interest.rawValue, revents: 0))
        count += 1
    }

    mutating func set(_ slot: Int, _ interest: Interest) {
        assert(slot < count)
        entries[slot].events = interest.rawValue
    }

    mutating func remove(_ slot: Int) {
        assert(slot < count)
        count -= 1
        entries[slot] = entries[count]
    }

    /// Whether the last `wait` found the slot ready, or broken.
    func isReady(_ slot: Int) -> Bool { entries[slot].revents != 0 }

    /// Waits until a slot is ready, for so many milliseconds at most; for ever when negative. The number of ready slots.
    mutating func wait(_ milliseconds: Int32) -> Int {
        Socket.wait(entries, count, milliseconds)
    }
}
