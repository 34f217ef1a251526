extension ArrayReader where Sink: ~Copyable {
    /// Reads the one value of an array without dimensions.
    mutating func readScalar(_ sink: inout Sink) throws(ArrayError) {
        rank = 0
        try ensureCapacity(&sink)
        var value = Element.zero
        let result = Element.read(p, end, powers, into: &value)
        if result.status == .ok { p = result.next } else { value = try readSpecial(result) }
        elements?.initialize(to: value)
        count = 1
    }

    /// Reads the rest of an innermost list, up to the element that no comma follows.
    mutating func readRow(_ sink: inout Sink) throws(ArrayError) {
        let level = indices.count &- 1
        if rank < 0 { rank = indices.count }
        guard rank == indices.count else { throw error(isElementNext ? .expectedList : .invalidJSON) }
        let expected = shape[level]
        while true {
            if indices[level] == expected { throw error(isElementNext ? tooLong(expected) : .invalidJSON) }
            if count == capacity { try ensureCapacity(&sink) }
            guard let elements else { throw error(.refused) }

            let free = capacity &- count
            let room = expected < 0 ? free : min(free, expected &- indices[level])
            // `room` elements fit behind the `count` that are there: the sink gave `capacity` of them.
            let (read, result) = readRun(elements + count, room)
            count &+= read
            indices[level] &+= read
            guard let result else { return }
            if result.status != .ok {
                let value = try readSpecial(result)
                // Not counted in `read`, so there is room for it.
                elements[count] = value
                count &+= 1
                indices[level] &+= 1
                guard skipComma() else { return }
            }
        }
    }

    /// Reads elements from `p` on into `start`, `room` at most, while commas follow.
    ///
    /// Returns how many, and nil when no comma follows, or else why it stopped: the end of the room, or an element that
    /// is no number, at which `p` is left.
    @inline(__always)
    private mutating func readRun(
        _ start: UnsafeMutablePointer<Element>, _ room: Int
    ) -> (read: Int, result: NumberEnd?) {
        // Everything is in local variables, which what is stored cannot alias.
        let end = self.end
        let powers = self.powers
        var q = p
        var out = start
        let limit = start + room
        while out < limit {
            var value = Element.zero
            let result = Element.read(q, end, powers, into: &value)
            guard result.status == .ok else {
                p = q
                return (out - start, result)
            }
            out.initialize(to: value)
            out += 1
            q = result.next
            // Mostly a comma and the next element follow at once.
            if end - q >= 2, q[0] == UInt8(ascii: ","), q[1] > 0x20 {
                q += 1
            } else {
                p = q
                guard skipComma() else { return (out - start, nil) }
                q = p
            }
        }
        p = q
        return (out - start, NumberEnd(q, .ok))
    }

    /// Skips white space, and if then a comma comes that and the white space after it.
    @inline(never)
    private mutating func skipComma() -> Bool {
        skipWhiteSpace()
        guard p < end, p.pointee == UInt8(ascii: ",") else { return false }
        p += 1
        skipWhiteSpace()
        return true
    }

    func tooLong(_ expected: Int) -> ArrayError.Kind { .raggedLength(expected: expected, found: nil) }

    @inline(__always)
    mutating func skipWhiteSpace() {
        while p < end, p.pointee <= 0x20 {
            let byte = p.pointee
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return }
            p += 1
        }
    }

    /// Whether what is next may be a number, a boolean or a string.
    var isElementNext: Bool {
        guard p < end else { return false }
        switch p.pointee {
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return true
        case UInt8(ascii: "\""), UInt8(ascii: "t"), UInt8(ascii: "f"): return true
        default: return false
        }
    }

    /// The element at `p`, which is no number, if it is one of the strings for what JSON has no number for.
    @inline(never)
    private mutating func readSpecial(_ result: NumberEnd) throws(ArrayError) -> Element {
        guard p < end else { throw error(.unexpectedEnd) }
        switch result.status {
        case .outOfRange: throw error(.outOfRange)
        case .fraction: throw error(.fraction)
        case .incomplete: throw error(.unexpectedEnd, at: end)
        case .ok, .notANumber: break
        }
        switch p.pointee {
        case UInt8(ascii: "\""):
            for (text, kind) in [
                ("\"NaN\"", .nan), ("\"Infinity\"", .infinity), ("\"-Infinity\"", .negativeInfinity),
            ] as [(StaticString, NonFinite)] {
                let match = JSONLiteral.match(text, p, end)
                if match.status == .ok, let value = Element.special(kind) {
                    p = match.next
                    return value
                }
            }
            throw error(.wrongType)
        case UInt8(ascii: "["): throw error(.unexpectedList)
        case UInt8(ascii: "{"): throw error(.wrongType)
        case UInt8(ascii: "t"): throw wrongLiteral("true")
        case UInt8(ascii: "f"): throw wrongLiteral("false")
        case UInt8(ascii: "n"): throw wrongLiteral("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            if !Element.isBoolean { throw error(.invalidJSON, at: result.next) }
            var decimal = DecimalText()
            let number = DecimalText.scan(p, end, into: &decimal)
            switch number.status {
            case .ok: throw error(.notABoolean)
            case .incomplete: throw error(.unexpectedEnd, at: end)
            default: throw error(.invalidJSON, at: number.next)
            }
        default: throw error(.invalidJSON)
        }
    }

    private func wrongLiteral(_ text: StaticString) -> ArrayError {
        let match = JSONLiteral.match(text, p, end)
        switch match.status {
        case .ok: return error(.wrongType)
        case .incomplete: return error(.unexpectedEnd, at: end)
        default: return error(.invalidJSON, at: match.next)
        }
    }

    @inline(never)
    func error(_ kind: ArrayError.Kind) -> ArrayError { error(kind, at: p) }

    func error(_ kind: ArrayError.Kind, at place: UnsafePointer<UInt8>) -> ArrayError {
        ArrayError(kind: kind, offset: place - base, path: indices)
    }

    /// Asks the sink for memory for more elements.
    @inline(never)
    private mutating func ensureCapacity(_ sink: inout Sink) throws(ArrayError) {
        // An element takes two bytes of text at least, so there are never more than this.
        let (remaining, tooMany) = count.addingReportingOverflow((end - p) / 2 &+ 1)
        var wanted: Int
        if count == 0 {
            wanted = 4096
        } else {
            // As many as there are if the rest is like what was read, and some more.
            let estimate = Double(end - base) / Double(max(p - base, 1)) * Double(count) * 1.02 + 64
            wanted = max(count &+ count / 2, estimate < 0x1p52 ? Int(estimate) : count)
        }
        if !tooMany { wanted = min(wanted, remaining) }
        wanted = min(wanted, max(sink.limit, count &+ 1))
        let (bytes, overflow) = wanted.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        guard !overflow, wanted > count,
            let memory = sink.grow(toBytes: bytes, keeping: count &* MemoryLayout<Element>.stride)
        else { throw error(.refused) }
        // The sink gives this memory to this array alone and all elements in it are trivial.
        elements = memory.bindMemory(to: Element.self, capacity: wanted)
        capacity = wanted
    }
}
