/// Where text that is written goes.
protocol ByteSink: ~Copyable {
    /// Returns memory for `count` more bytes, valid until the next call.
    mutating func reserve(_ count: Int) -> UnsafeMutablePointer<UInt8>
    /// Makes the first `count` of the bytes reserved last part of the text.
    mutating func advance(_ count: Int)
}

/// Writes arrays as nested JSON lists without white space: `[[1.0,2.0],[3.0,4.0]]`.
enum ArrayWriter {
    /// Elements are written as far as `elements` and `shape` both go, row after row.
    ///
    /// The text of a shape such as `[1000000, 0]` is long without any elements: bounding it is up to the caller.
    static func write<Element: JSONElement, Sink: ByteSink & ~Copyable>(
        _ elements: UnsafeBufferPointer<Element>, shape: [Int], into sink: inout Sink
    ) {
        // Nothing is inside of an empty dimension.
        let shape = Array(shape.prefix { $0 > 0 }) + (shape.first { $0 <= 0 } == nil ? [] : [0])
        guard let length = shape.last else {
            writeRow(elements.prefix(1), into: &sink)
            return
        }
        let outer = shape.dropLast()
        var index = [Int](repeating: 0, count: outer.count)
        var opened = shape.count
        var rest = elements[...]
        while true {
            write(UInt8(ascii: "["), times: opened, into: &sink)
            writeRow(rest.prefix(length), into: &sink)
            rest = rest.dropFirst(length)

            // The next row, and how many lists end before it.
            var level = outer.count
            while level > 0 {
                index[level &- 1] &+= 1
                if index[level &- 1] < outer[level &- 1] { break }
                index[level &- 1] = 0
                level &-= 1
            }
            opened = shape.count &- level
            write(UInt8(ascii: "]"), times: opened, into: &sink)
            if level == 0 { return }
            write(UInt8(ascii: ","), times: 1, into: &sink)
        }
    }

    /// Elements with commas between them.
    private static func writeRow<Element: JSONElement, Sink: ByteSink & ~Copyable>(
        _ row: Slice<UnsafeBufferPointer<Element>>, into sink: inout Sink
    ) {
        let elements = UnsafeBufferPointer(rebasing: row)
        let powers = PowersOfTen.shared
        let most = 256
        var done = 0
        while done < elements.count {
            let next = min(done &+ most, elements.count)
            let start = sink.reserve((next &- done) &* (NumberWriter.maximumLength &+ 1))
            let run = UnsafeBufferPointer(rebasing: elements[done..<next])
            let length = Element.writeRun(run, to: start, powers)
            done = next
            // No comma behind the last.
            sink.advance(done == elements.count ? length &- 1 : length)
        }
    }

    private static func write<Sink: ByteSink & ~Copyable>(_ byte: UInt8, times count: Int, into sink: inout Sink) {
        // `count` bytes, all of them reserved.
        sink.reserve(count).initialize(repeating: byte, count: count)
        sink.advance(count)
    }
}
