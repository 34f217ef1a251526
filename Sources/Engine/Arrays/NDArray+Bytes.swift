extension NDArray {
    /// Bytes that were recorded, in one dimension, written by `fill`; their account is charged whatever its limit.
    /// - Throws: `EngineError` where they are no elements of the dtype, or there is no memory.
    public init(recordedBytes count: Int, _ dtype: DType, fill: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
        guard count >= 0, count % dtype.itemSize == 0 else {
            throw EngineError.fault("Recorded bytes are no elements of their dtype.")
        }
        self.init([count / dtype.itemSize], dtype, try Storage.make(byteCount: count))
        try fill(storage.bytes)
    }

    /// All elements in one dimension.
    public var flattened: NDArray { reshaped(unchecked: [size]) }

    /// An array of the bytes of its elements.
    /// - Parameters:
    ///   - isBigEndian: whether the bytes of each element are in that order; else they are little-endian.
    ///   - isFortranOrder: whether the first axis varies fastest, not the last.
    /// - Throws: `EngineError.Kind.shape` where there are not as many bytes as the shape asks for.
    public init(
        bytes: UnsafeRawBufferPointer, shape: [Int], _ dtype: DType, isBigEndian: Bool = false,
        isFortranOrder: Bool = false
    ) throws {
        let order = isFortranOrder ? Array(shape.reversed()) : shape
        let count = try NDArray.checkedSize(shape) * dtype.itemSize
        guard bytes.count == count else {
            throw EngineError(
                .shape, "The bytes are not as many as the shape and dtype ask for.", expected: "\(count) bytes",
                actual: "\(bytes.count)")
        }
        let array = try NDArray(uninitialized: order, dtype) { target in
            UnsafeMutableRawBufferPointer(start: target, count: count).copyMemory(from: bytes)
            let width = dtype.itemSize
            if isBigEndian, width > 1 {
                for start in stride(from: 0, to: count, by: width) {
                    var element = UnsafeMutableRawBufferPointer(start: target + start, count: width)
                    element.reverse()
                }
            }
            // A bool is 0 or 1 whatever came.
            if dtype == .bool {
                for i in 0..<count where target.load(fromByteOffset: i, as: UInt8.self) > 1 {
                    target.storeBytes(of: 1, toByteOffset: i, as: UInt8.self)
                }
            }
        }
        self = isFortranOrder ? try array.transposed(Array((0..<shape.count).reversed())) : array
    }
}
