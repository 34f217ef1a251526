/// Where text that is written goes.
protocol ByteSink: ~Copyable {
    /// Returns memory for `count` more bytes, valid until the next call.
    mutating func reserve(_ count: Int) -> UnsafeMutablePointer<UInt8>
    /// Makes the first `count` of the bytes reserved last part of the text.
    mutating func advance(_ count: Int)
}

/// Writes arrays as nested JSON lists without white space: `[[1.0,2.0],[3.0,4.0]]`.
enum ArrayWriter {
    /// Writes the part of an array's text that belongs to some of its elements, counted in C order: parts beside each
    /// other are the text of their elements together. An array without elements is written whole.
    ///
    /// The text of a shape such as `[1000000, 0]` is long without any elements: bounding it is up to the caller.
    static func write<Element: JSONElement, Sink: ByteSink & ~Copyable>(
        _ elements: UnsafeBufferPointer<Element>, shape: [Int], elements part: Range<Int>, into sink: inout Sink
    ) {
        // Nothing is inside of an empty dimension.
        let shape = Array(shape.prefix { $0 > 0 }) + (shape.first { $0 <= 0 } == nil ? [] : [0])
        guard let length = shape.last else {
            writeRow(elements[part.clamped(to: elements.indices)], into: &sink)
            return
        }
        let outer = shape.dropLast()
        let (first, end) = length == 0 ? (0, outer.reduce(1, *)) : (part.lowerBound / length, 0)
        // Which row it is, in each dimension, and how many lists begin with it.
        var index = [Int](repeating: 0, count: outer.count)
        var number = first
        for level in outer.indices.reversed() {
            index[level] = number % outer[level]
            number /= outer[level]
        }
        var opened = 1 + index.reversed().prefix { $0 == 0 }.count
        var row = first
        var next = part.lowerBound
        while length == 0 ? row < end : next < part.upperBound {
            let rowEnd = min((row &+ 1) &* length, part.upperBound)
            if row > 0 || next > 0 { write(UInt8(ascii: ","), times: 1, into: &sink) }
            if next == row &* length { write(UInt8(ascii: "["), times: opened, into: &sink) }
            writeRow(elements[next..<rowEnd], into: &sink)
            next = rowEnd
            if next < (row &+ 1) &* length { return }
            row &+= 1

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
