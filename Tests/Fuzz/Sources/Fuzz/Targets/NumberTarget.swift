import Foundation

/// Numbers, against C's reader, and back to text.
enum NumberTarget {
    static func run(_ bytes: UnsafeRawBufferPointer) {
        // A copy of just their length: reading on beyond it is a fault.
        let text = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
        defer { text.deallocate() }
        UnsafeMutableRawBufferPointer(start: text, count: bytes.count).copyMemory(from: bytes)
        let end = text + bytes.count

        var (double, float, half, integer) = (0.0, Float(0), Float16(0), Int64(0))
        let found = NumberReader.read(text, end, into: &double)
        precondition(found.next >= text && found.next <= end)
        let others = [
            NumberReader.read(text, end, into: &float), NumberReader.read(text, end, into: &half),
        ]
        precondition(others.allSatisfy { $0.status == found.status && $0.next == found.next })
        let asInteger = NumberReader.read(text, end, into: &integer)
        guard found.status == .ok else { return precondition(asInteger.status != .ok) }

        let word = String(
            decoding: UnsafeBufferPointer(start: text, count: found.next - UnsafePointer(text)), as: UTF8.self)
        precondition(double == strtod(word, nil) && double.sign == strtod(word, nil).sign, "as double: \(word)")
        precondition(float == strtof(word, nil), "as float: \(word)")
        if asInteger.status == .ok, let exact = Int64(word) { precondition(exact == integer, "as integer: \(word)") }
        if let exact = Int64(word) { precondition(asInteger.status == .ok && exact == integer, "no integer: \(word)") }
        checkRoundTrip(double)
        checkRoundTrip(float)
        checkRoundTrip(half)
    }

    private static func checkRoundTrip<T: JSONElement & BinaryFloatingPoint>(_ value: T) {
        guard value.isFinite else { return }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: NumberWriter.maximumLength) { buffer in
            guard let start = buffer.baseAddress else { return }
            let length = T.write(value, to: start, .shared)
            precondition(length <= NumberWriter.maximumLength)
            let word = String(decoding: buffer[..<length], as: UTF8.self)
            precondition(T(strtod(word, nil)) == value, "\(value) is written \(word)")
        }
    }
}
