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

    @inline(never)
    private mutating func grow(by count: Int) {
        let needed = end + count
        capacity = max(needed, capacity * 2)
        base = reallocateBytes(base, capacity)
    }
}
