/// Indents JSON text for people: members and items on lines of their own, but rows of plain values on one.
enum JSONIndenter {
    static func indent(_ text: UnsafeRawBufferPointer) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(text.count * 2)
        /// For each open list or object, whether it is written on one line.
        var inline: [Bool] = []
        var p = 0
        func newLine() { out += [0x0A] + Array(repeating: 0x20, count: 2 * inline.count) }
        while p < text.count {
            let byte = text[p]
            switch byte {
            case UInt8(ascii: "\""):
                let end = stringEnd(text, p)
                out += text[p..<end]
                p = end
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                out.append(byte)
                inline.append(isRow(text, p))
                if inline.last == false { newLine() }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if inline.popLast() == false { newLine() }
                out.append(byte)
            case UInt8(ascii: ","):
                out.append(byte)
                if inline.last == true { out.append(0x20) } else { newLine() }
            case UInt8(ascii: ":"): out += [byte, 0x20]
            default: out.append(byte)
            }
            p += 1
        }
        return out
    }

    /// Whether a list or object has no other within it.
    private static func isRow(_ text: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        let isObject = text[start] == UInt8(ascii: "{")
        var p = start + 1
        while p < text.count {
            switch text[p] {
            case UInt8(ascii: "\""):
                p = stringEnd(text, p)
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"): return false
            case UInt8(ascii: "]"): return true
            case UInt8(ascii: "}"): return isObject && p == start + 1
            default: p += 1
            }
        }
        return true
    }

    private static func stringEnd(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var p = start + 1
        while p < text.count, text[p] != UInt8(ascii: "\"") { p += text[p] == UInt8(ascii: "\\") ? 2 : 1 }
        return min(p + 1, text.count)
    }
}
