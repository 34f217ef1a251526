#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The bytes of one array, shared by all copies of it until one is written. Those of a small array stand behind the
/// object itself, so that it takes one piece of memory.
///
/// Unsafe memory ends here and in `NDArray`'s accessors: the buffer has at least `size` bytes, lives as long as this
/// object, and is written only while uniquely referenced.
final class Storage: ManagedBuffer<Storage.Header, UInt64> {
    struct Header {
        let base: UnsafeMutableRawPointer
        let size: Int
        let account: Account
        /// Whether the bytes are memory of their own.
        let ownsMemory: Bool
        /// Its number among what was recorded of its graph, or 0. The bytes of what has one do not change.
        var record = 0
    }

    /// Arrays of fewer bytes stand behind the object.
    private static let large = 1024

    var base: UnsafeMutableRawPointer { header.base }
    /// `header.record`.
    var record: Int {
        get { header.record }
        set { header.record = newValue }
    }
    /// The bytes that elements take.
    var size: Int { header.size }
    var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base, count: size) }

    /// Uninitialized memory, charged to an account first.
    /// - Throws: `EngineError.Kind.quota` or `.size`.
    static func make(byteCount: Int, _ account: Account = .current) throws -> Storage {
        try account.charge(bytes: byteCount)
        if byteCount < large {
            let stride = MemoryLayout<UInt64>.stride
            return make(capacity: (byteCount + stride - 1) / stride) { elements in
                Header(base: elements, size: byteCount, account: account, ownsMemory: false)
            }
        }
        // Large arrays start on a cache line.
        var memory: UnsafeMutableRawPointer?
        guard posix_memalign(&memory, 64, byteCount) == 0, let memory else {
            account.repay(bytes: byteCount)
            throw Storage.outOfMemory(byteCount)
        }
        return make(base: memory, size: byteCount, account: account)
    }

    /// Takes over memory that has been charged.
    fileprivate static func make(base: UnsafeMutableRawPointer, size: Int, account: Account) -> Storage {
        make(capacity: 0) { _ in Header(base: base, size: size, account: account, ownsMemory: true) }
    }

    private static func make(capacity: Int, _ header: (UnsafeMutableRawPointer) -> Header) -> Storage {
        let buffer = create(minimumCapacity: capacity) { buffer in
            buffer.withUnsafeMutablePointerToElements { header(UnsafeMutableRawPointer($0)) }
        }
        // `create` makes an object of the class that it is called on.
        return unsafeDowncast(buffer, to: Storage.self)
    }

    deinit {
        if header.ownsMemory { free(header.base) }
        header.account.repay(bytes: header.size)
    }

    fileprivate static func outOfMemory(_ byteCount: Int) -> EngineError {
        EngineError(.size, "There is no memory for an array of \(byteCount) bytes.", actual: "\(byteCount) bytes")
    }
}

/// Memory that grows until all elements of an array have come; then it is the array, without a copy.
public struct ArrayBuilder: ~Copyable {
    private let dtype: DType
    private let account: Account
    private var base: UnsafeMutableRawPointer?
    private var charged = 0

    /// The memory is charged to the account that is current now.
    public init(_ dtype: DType) {
        self.dtype = dtype
        account = Account.current
    }

    /// The most elements that an array may hold.
    public var limit: Int { min(account.arrays.elements, account.arrays.bytes / dtype.itemSize) }

    /// Memory for at least so many bytes, with all that was written before at its start. It is valid until the next
    /// call, and is not initialized.
    /// - Throws: `EngineError` where it is beyond the account, or what an array may hold.
    public mutating func grow(toBytes bytes: Int) throws -> UnsafeMutableRawPointer {
        try account.arrays.check(bytes / dtype.itemSize, dtype)
        if bytes > charged {
            try account.charge(bytes: bytes - charged)
            charged = bytes
        }
        guard let grown = realloc(base, max(charged, 1)) else { throw Storage.outOfMemory(bytes) }
        base = grown
        return grown
    }

    /// The array, of a shape whose elements have all been written.
    /// - Throws: `EngineError.Kind.shape` where more elements are asked for than there is memory.
    public consuming func finish(_ shape: [Int]) throws -> NDArray {
        let size = try NDArray.checkedSize(shape) * dtype.itemSize
        guard size <= charged else { throw EngineError.fault("An array was finished before it was read.") }
        // What was taken too much is given back; a little may stay, which saves moving it.
        guard let memory = charged - size > size / 16 || base == nil ? realloc(base, max(size, 1)) : base else {
            throw Storage.outOfMemory(size)
        }
        account.repay(bytes: charged - size)
        let storage = Storage.make(base: memory, size: size, account: account)
        (base, charged) = (nil, 0)
        return NDArray(shape, dtype, storage)
    }

    deinit {
        free(base)
        account.repay(bytes: charged)
    }
}
