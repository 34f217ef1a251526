import Engine

extension OutputBuffer: ByteSink {
    mutating func reserve(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        (reserve(count) as UnsafeMutableRawPointer).assumingMemoryBound(to: UInt8.self)
    }

    /// Appends an array as nested lists, in the shortest text that reads back the same. A very large one is streamed
    /// where the response may be.
    /// - Throws: `EngineError.Kind.size` where the text would be longer than `textLimit` at once.
    mutating func append(_ array: NDArray) throws {
        let length = array.size * OutputBuffer.expectedLength
        guard streams || length <= OutputBuffer.textLimit else {
            throw EngineError(
                .size, "The array is too large to be written as JSON at once: read it as .npy, or a slice of it.",
                expected: "about \(OutputBuffer.textLimit / OutputBuffer.expectedLength) elements at most",
                actual: "\(array.size) elements")
        }
        let part = StreamedArray(array: array)
        let isLong = array.size >= OutputBuffer.parallelSize && !(streams && array.size > part.whole)
        guard !isLong || makeRoom(for: length) else {
            throw EngineError(.size, "There is no memory for a reply of that length.", actual: "about \(length) bytes")
        }
        append(part: part)
    }

    /// The most bytes of text that one array may become at once, about.
    private static let textLimit = 1 << 30
    /// Elements from which on a second core pays.
    private static let parallelSize = 1 << 16
    /// About as many bytes as an element takes with its comma.
    private static let expectedLength = 14

    /// Appends the part of an array's text that belongs to some elements, both halves of a long one at once.
    fileprivate mutating func append(_ array: NDArray, elements: Range<Int>) {
        guard elements.count >= OutputBuffer.parallelSize else { return write(array, elements) }
        let middle = elements.lowerBound + elements.count / 2
        var second = OutputBuffer()
        // Address space for all of it at once; pages are taken up only as they are filled.
        let expected = elements.count / 2 * OutputBuffer.expectedLength
        _ = reserve(2 * expected) as UnsafeMutableRawPointer
        _ = second.reserve(expected) as UnsafeMutableRawPointer
        withUnsafeMutablePointer(to: &self) { body in
            withUnsafeMutablePointer(to: &second) { second in
                // The array is read only; each buffer is touched for one half alone, and both are done before the
                // pointers end.
                Parallel.both {
                    body.pointee.write(array, elements.lowerBound..<middle)
                } _: {
                    second.pointee.write(array, middle..<elements.upperBound)
                }
            }
        }
        append(second.unsent)
    }

    private mutating func write(_ array: NDArray, _ elements: Range<Int>) {
        struct Write: JSONElementVisitor {
            let array: NDArray
            let elements: Range<Int>
            let body: UnsafeMutablePointer<OutputBuffer>
            func visit<T: JSONElement & Element>(_ type: T.Type) {
                array.read(type) {
                    ArrayWriter.write($0, shape: array.shape, elements: elements, into: &body.pointee)
                }
            }
        }
        // The pointer lives as long as the call.
        withUnsafeMutablePointer(to: &self) { body in
            try? array.dtype.visitJSON(Write(array: array, elements: elements, body: body))
        }
    }
}

/// The text of an array.
private struct StreamedArray: StreamedPart {
    let array: NDArray
    var count: Int { array.size }
    var piece: Int { 1 << 16 }
    var whole: Int { 1 << 20 }
    var byteCount: Int? { nil }
    func write(_ elements: Range<Int>, to body: inout OutputBuffer) { body.append(array, elements: elements) }
}
