#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A growable raw buffer that is appended to at its end and sent from its start. Its memory is never zeroed.
struct OutputBuffer: ~Copyable {
    /// The size of a buffer that holds nothing yet.
    static let initialCapacity = 4 * 1024
    /// A buffer that grew beyond this is given back once it is empty.
    static let keptCapacity = 64 * 1024

    private var base: UnsafeMutableRawPointer
    private(set) var capacity: Int
    /// The offset of the first byte not yet sent.
    private(set) var start = 0
    /// The offset behind the last byte written.
    private(set) var end = 0
    /// Whether long parts may be left to be written later.
    var streams = false
    /// Parts that are to be written later, and the offsets where they belong.
    private var streamed: [(offset: Int, part: any StreamedPart)] = []

    init() {
        capacity = Self.initialCapacity
        base = allocateBytes(Self.initialCapacity)
    }

    deinit { free(base) }

    /// The number of bytes not yet sent.
    var count: Int { end - start }

    /// The bytes not yet sent; valid until the buffer is next changed.
    var unsent: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base + start, count: end - start) }

    /// Room for `count` bytes at the end, uninitialised. `advance` then says how many of them were written.
    @inline(__always)
    mutating func reserve(_ count: Int) -> UnsafeMutableRawPointer {
        if capacity - end < count { grow(by: count) }
        return base + end
    }

    /// Takes in `count` bytes written to what `reserve` returned; `count` must not exceed what was reserved.
    @inline(__always)
    mutating func advance(_ count: Int) {
        assert(count >= 0 && count <= capacity - end)
        end += count
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1).storeBytes(of: byte, as: UInt8.self)
        end += 1
    }

    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return }
        memcpy(reserve(bytes.count), source, bytes.count)
        end += bytes.count
    }

    @inline(__always)
    mutating func append(_ text: StaticString) {
        assert(text.hasPointerRepresentation)
        let count = text.utf8CodeUnitCount
        memcpy(reserve(count), text.utf8Start, count)
        end += count
    }

    /// Appends the UTF-8 of `text`.
    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends `number` in decimal.
    mutating func append(decimal number: Int) {
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { scratch in
            var rest = number.magnitude
            var at = scratch.count
            repeat {
                at -= 1
                scratch[at] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
                rest /= 10
            } while rest > 0
            if number < 0 {
                at -= 1
                scratch[at] = 0x2D
            }
            append(UnsafeRawBufferPointer(rebasing: scratch[at...]))
        }
    }

    /// Drops everything from the offset `mark` on; `mark` must lie between `start` and `end`.
    mutating func truncate(to mark: Int) {
        assert(mark >= start && mark <= end)
        end = mark
        while let last = streamed.last, last.offset >= mark { streamed.removeLast() }
    }

    /// Appends a part: later, where the response is streamed, if it is long or much stands here already.
    mutating func append(part: some StreamedPart) {
        if streams, part.count > part.whole || (count > Self.much && part.count > Self.little) {
            streamed.append((end, part))
        } else {
            part.write(0..<part.count, to: &self)
        }
    }

    /// From so many bytes on what comes behind them waits, unless it is little.
    private static let much = 4 << 20
    private static let little = 1 << 12

    /// Whether parts are to be written later.
    var hasStreamed: Bool { !streamed.isEmpty }

    /// Takes out everything from the offset `mark` on, with the parts that are to be written later in their places.
    mutating func takeParts(from mark: Int) -> [any StreamedPart] {
        var parts: [any StreamedPart] = []
        var next = mark
        func written(to offset: Int) -> [UInt8] {
            Array(UnsafeRawBufferPointer(start: base + next, count: offset - next))
        }
        for (offset, part) in streamed {
            if offset > next { parts.append(WrittenPart(bytes: written(to: offset))) }
            parts.append(part)
            next = offset
        }
        if end > next { parts.append(WrittenPart(bytes: written(to: end))) }
        truncate(to: mark)
        return parts
    }

    /// Writes `number` in decimal so that its last digit stands just before the offset `end`. No wider than 12 digits.
    mutating func patch(decimal number: Int, endingAt end: Int) {
        var rest = number.magnitude
        var at = end
        repeat {
            at -= 1
            base.storeBytes(of: UInt8(truncatingIfNeeded: 0x30 + rest % 10), toByteOffset: at, as: UInt8.self)
            rest /= 10
        } while rest > 0 && end - at < 12
    }

    /// Writes `number` in hexadecimal so that its last digit stands just before the offset `end`.
    mutating func patch(hexadecimal number: Int, endingAt end: Int) {
        let text = String(number, radix: 16)
        overwrite(at: end - text.utf8.count, text)
    }

    /// Writes over what stands at an offset.
    mutating func overwrite(at offset: Int, _ text: String) {
        var text = text
        text.withUTF8 { bytes in
            assert(offset >= start && offset + bytes.count <= end)
            if let source = bytes.baseAddress { memcpy(base + offset, source, bytes.count) }
        }
    }

    mutating func overwrite(at offset: Int, _ byte: UInt8) {
        assert(offset >= start && offset < end)
        base.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }

    /// Takes `count` bytes off the start, which have been sent. A buffer emptied by it that had grown large is shrunk.
    mutating func consume(_ count: Int) {
        assert(count >= 0 && count <= self.count)
        start += count
        guard start == end else { return }
        start = 0
        end = 0
        guard capacity > Self.keptCapacity else { return }
        free(base)
        base = allocateBytes(Self.initialCapacity)
        capacity = Self.initialCapacity
    }

    /// Makes room for `count` bytes at the end: to be called before much is written.
    /// - Returns: whether there is memory for it.
    mutating func makeRoom(for count: Int) -> Bool {
        guard capacity - end < count else { return true }
        let grown = max(end + count, capacity * 2)
        guard let moved = reallocateBytes(base, grown) else { return false }
        (base, capacity) = (moved, grown)
        return true
    }

    @inline(never)
    private mutating func grow(by count: Int) {
        // What is large was made room for before; of what is small there is always some.
        guard makeRoom(for: count) else { fatalError("out of memory: \(end + count) bytes") }
    }
}
