/// The bytes of one array, shared by all copies of it until one is written.
///
/// Unsafe memory ends here and in `NDArray`'s accessors: the buffer is as long as `byteCount` says, lives as long as
/// this object, and is written only while uniquely referenced.
final class Storage {
    let bytes: UnsafeMutableRawBufferPointer
    private let account: Account

    /// Uninitialized memory, charged to the current account first.
    /// - Throws: `EngineError.Kind.quota` or `.size`.
    init(byteCount: Int) throws {
        let account = Account.current
        try account.charge(bytes: byteCount)
        self.account = account
        // Large arrays start on a cache line; small ones take what malloc gives, which is faster.
        bytes = .allocate(byteCount: max(byteCount, 1), alignment: byteCount < 1024 ? 16 : 64)
        size = byteCount
    }

    /// The bytes that were asked for (the buffer has at least one).
    let size: Int

    deinit {
        bytes.deallocate()
        account.repay(bytes: size)
    }
}
