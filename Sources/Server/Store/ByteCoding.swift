/// Writes numbers and texts as bytes, the same on every machine: integers as LEB128 (signed ones in zigzag order), texts
/// and lists behind their length.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(byte: UInt8) { bytes.append(byte) }

    mutating func write(_ value: Int) { write(Int64(value)) }

    mutating func write(_ value: Int64) { write(bits: UInt64(bitPattern: value << 1 ^ value >> 63)) }

    mutating func write(bits: UInt64) {
        var rest = bits
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func write(_ text: String) {
        write(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func write(_ source: UnsafeRawBufferPointer) { bytes.append(contentsOf: source) }

    mutating func write<T>(_ items: [T], _ writeItem: (T, inout ByteWriter) -> Void) {
        write(items.count)
        for item in items { writeItem(item, &self) }
    }

    mutating func write(_ numbers: [Int]) { write(numbers) { $1.write($0) } }
}

/// Reads what `ByteWriter` wrote.
struct ByteReader {
    /// They are not what was written.
    struct Damage: Error {}

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func readByte() throws(Damage) -> UInt8 {
        guard position < bytes.count else { throw Damage() }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func readBits() throws(Damage) -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try readByte()
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return result }
        }
        throw Damage()
    }

    mutating func readInt64() throws(Damage) -> Int64 {
        let bits = try readBits()
        return Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1)
    }

    mutating func readInt() throws(Damage) -> Int {
        guard let value = Int(exactly: try readInt64()) else { throw Damage() }
        return value
    }

    mutating func readBool() throws(Damage) -> Bool {
        switch try readByte() {
        case 0: false
        case 1: true
        default: throw Damage()
        }
    }

    /// The next bytes, which live as long as the reader's.
    mutating func readBytes(_ count: Int) throws(Damage) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= bytes.count - position else { throw Damage() }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    mutating func readText() throws(Damage) -> String {
        let bytes = try readBytes(try readInt())
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Damage() }
        return text
    }

    mutating func readList<T>(_ readItem: (inout ByteReader) throws(Damage) -> T) throws(Damage) -> [T] {
        let count = try readInt()
        // An item takes a byte at least, so that nothing is allocated for what cannot be there.
        guard count >= 0, count <= bytes.count - position else { throw Damage() }
        var items: [T] = []
        items.reserveCapacity(count)
        for _ in 0..<count { items.append(try readItem(&self)) }
        return items
    }

    mutating func readInts() throws(Damage) -> [Int] { try readList { reader throws(Damage) in try reader.readInt() } }
}
