/// An n-dimensional array: a value, contiguous in C order, copied when it is written while shared.
public struct NDArray {
    /// The type of every element.
    public let dtype: DType
    /// The length of each axis; empty for one number.
    public let shape: [Int]
    /// The number of elements: the product of `shape`.
    public let size: Int
    var storage: Storage

    /// The most elements that one array may hold.
    public static let sizeLimit = 1 << 28
    /// The most dimensions, as in NumPy.
    public static let dimensionLimit = 32
    /// The most lists that an array without elements may consist of: its text is long all the same.
    static let emptyLimit = 1 << 16

    /// An array whose elements are not set yet; `fill` sets every one of them.
    /// - Throws: `EngineError` where the size is beyond `sizeLimit` or the account.
    public init(
        uninitialized shape: [Int], _ dtype: DType, fill: (UnsafeMutableRawPointer) throws -> Void = { _ in }
    ) throws {
        size = try NDArray.checkedSize(shape)
        self.dtype = dtype
        self.shape = shape
        let account = Account.current
        try account.arrays.check(size, dtype)
        storage = try Storage.make(byteCount: size * dtype.itemSize, account)
        try fill(storage.base)
    }

    /// Storage that has the elements of the shape.
    init(_ shape: [Int], _ dtype: DType, _ storage: Storage) {
        self.init(dtype: dtype, shape: shape, size: storage.size / dtype.itemSize, storage: storage)
    }

    private init(dtype: DType, shape: [Int], size: Int, storage: Storage) {
        self.dtype = dtype
        self.shape = shape
        self.size = size
        self.storage = storage
    }

    /// The product of a shape, refused before memory is taken.
    /// - Throws: `EngineError.Kind.size` beyond `sizeLimit`, `.shape` for a negative dimension.
    public static func checkedSize(_ shape: [Int]) throws -> Int {
        guard shape.count <= dimensionLimit else {
            throw EngineError(
                .shape, "An array cannot have that many dimensions.", expected: "at most \(dimensionLimit)",
                actual: "\(shape.count)")
        }
        let limit = shape.contains(0) ? emptyLimit : sizeLimit
        var size = 1
        var bound = 1
        for length in shape {
            guard length >= 0 else {
                throw EngineError(.shape, "A dimension cannot be negative.", actual: describe(shape))
            }
            // An empty dimension does not excuse the others from being representable.
            let (product, overflow) = bound.multipliedReportingOverflow(by: max(length, 1))
            guard !overflow, product <= limit else {
                throw EngineError(
                    .size, "The array would be too large.",
                    expected: "a shape whose lengths multiply to at most \(limit)",
                    actual: "shape \(describe(shape))")
            }
            bound = product
            size *= length
        }
        return size
    }

    /// The number of axes.
    public var ndim: Int { shape.count }
    /// The bytes that the elements take.
    public var byteCount: Int { size * dtype.itemSize }

    /// An array of one repeated value, which an integer dtype must hold exactly.
    /// - Throws: `EngineError.Kind.dtype` where it cannot.
    public init(_ scalar: Scalar, shape: [Int] = [], _ dtype: DType) throws {
        struct Fill: ElementVisitor {
            let scalar: Scalar
            let shape: [Int]
            func visit<T: Element>(_: T.Type) throws -> NDArray {
                guard let value = T(scalar) else {
                    throw EngineError(
                        .dtype,
                        "The number cannot be held exactly in \(T.dtype): cast the array to a float dtype first.",
                        expected: "a number of dtype \(T.dtype)", actual: "\(scalar)")
                }
                return try NDArray(repeating: value, shape: shape)
            }
        }
        self = try dtype.visit(Fill(scalar: scalar, shape: shape))
    }

    /// One value everywhere.
    /// - Throws: `EngineError` beyond the size limit or the account.
    public init<T: Element>(repeating value: T, shape: [Int]) throws {
        try self.init(uninitialized: shape, T.dtype)
        writeFresh(T.self) { $0.update(repeating: value) }
    }

    /// The elements in C order.
    /// - Throws: `EngineError.Kind.shape` where they are not as many as the shape asks for.
    public init<T: Element>(_ elements: [T], shape: [Int]) throws {
        try self.init(uninitialized: shape, T.dtype)
        guard elements.count == size else {
            throw EngineError(
                .shape, "The number of elements does not fit the shape.", expected: "\(size) for \(describe(shape))",
                actual: "\(elements.count)")
        }
        elements.withUnsafeBytes { source in
            if let source = source.baseAddress { storage.base.copyMemory(from: source, byteCount: storage.size) }
        }
    }

    /// Ones or zeros like another array.
    public static func ones(like array: NDArray) throws -> NDArray {
        try NDArray(.int(1), shape: array.shape, array.dtype)
    }
    /// Zeros, or false.
    /// - Throws: `EngineError` beyond the size limit or the account.
    public static func zeros(_ shape: [Int], _ dtype: DType) throws -> NDArray {
        // All-zero bytes are zero, and false, in every dtype.
        try NDArray(uninitialized: shape, dtype).zeroed()
    }

    private func zeroed() -> NDArray {
        storage.bytes.initializeMemory(as: UInt8.self, repeating: 0)
        return self
    }

    /// The same elements in another shape of the same size; the bytes are shared.
    func reshaped(unchecked shape: [Int]) -> NDArray {
        NDArray(dtype: dtype, shape: shape, size: size, storage: storage)
    }

    /// The same bytes in a shape that was recorded; nil where it is not theirs.
    func restored(_ shape: [Int]) -> NDArray? {
        var product = 1
        for length in shape {
            let (next, isBeyond) = product.multipliedReportingOverflow(by: length)
            guard length >= 0, !isBeyond else { return nil }
            product = next
        }
        return product == size ? reshaped(unchecked: shape) : nil
    }

    /// - Throws: `EngineError.Kind.shape` where the sizes differ.
    public func reshaped(_ shape: [Int]) throws -> NDArray {
        guard try NDArray.checkedSize(shape) == size else {
            throw EngineError(
                .shape, "An array of \(size) elements cannot take this shape.",
                expected: "a shape of \(size) elements", actual: describe(shape))
        }
        return reshaped(unchecked: shape)
    }

    // MARK: Elements

    /// The bytes, in C order and the machine's byte order.
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafeRawBufferPointer(storage.bytes))
    }

    /// The elements, where `T` is this array's type. (A kernel gets `T` from `DType.visit`, so that it always is.)
    @inline(__always)
    public func read<T: Element, R>(_: T.Type, _ body: (UnsafeBufferPointer<T>) throws -> R) rethrows -> R {
        assert(T.dtype == dtype)
        defer { withExtendedLifetime(storage) {} }
        let base = UnsafePointer(storage.base.assumingMemoryBound(to: T.self))
        // Bounded by what was allocated, whatever T is.
        return try body(UnsafeBufferPointer(start: base, count: min(size, storage.size / MemoryLayout<T>.stride)))
    }

    /// The elements of an array that nobody else has seen yet.
    @inline(__always)
    func writeFresh<T: Element, R>(_: T.Type, _ body: (UnsafeMutableBufferPointer<T>) throws -> R) rethrows -> R {
        assert(T.dtype == dtype)
        defer { withExtendedLifetime(storage) {} }
        let base = storage.base.assumingMemoryBound(to: T.self)
        return try body(
            UnsafeMutableBufferPointer(start: base, count: min(size, storage.size / MemoryLayout<T>.stride)))
    }

    /// The elements for writing; copied first where the bytes are shared.
    mutating func write<T: Element, R>(_: T.Type, _ body: (UnsafeMutableBufferPointer<T>) throws -> R) throws -> R {
        if !isKnownUniquelyReferenced(&storage) { self = try copied() }
        storage.record = 0
        return try writeFresh(T.self, body)
    }

    func copied() throws -> NDArray {
        try NDArray(uninitialized: shape, dtype) { target in
            withBytes { UnsafeMutableRawBufferPointer(start: target, count: $0.count).copyMemory(from: $0) }
        }
    }

    /// All elements as `T`, for tests and small arrays.
    public func elements<T: Element>(_: T.Type) throws -> [T] {
        guard T.dtype == dtype else {
            throw EngineError(.dtype, "The array is not of that dtype.", expected: "\(T.dtype)", actual: "\(dtype)")
        }
        return read(T.self) { Array($0) }
    }

    /// The one element of an array of size 1.
    func item<T: Element>(_: T.Type) -> T? { size == 1 && T.dtype == dtype ? read(T.self) { $0[0] } : nil }
}
