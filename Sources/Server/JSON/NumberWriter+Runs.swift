extension NumberWriter {
    /// The text of a Float, but for its sign, before its digits are put in their places.
    private struct FloatText {
        /// Nine digits as a number, then all but the first as characters.
        var digits: UInt64
        /// The power of ten of the first digit.
        var exponent: Int32
        var first: UInt8
        /// Not to be had by `nineDigits`.
        var isSpecial: Bool
    }

    /// Writes floats with a comma behind each; `maximumLength + 1` bytes for each must be free at `start`.
    ///
    /// In three passes over a few at a time: a number takes a long chain of multiplications, of which a processor works
    /// on several at once only if each is a short loop of its own and does not wait for where the text before it ends.
    @inline(__always)
    static func writeRun(
        _ values: UnsafeBufferPointer<Float>, to start: UnsafeMutablePointer<UInt8>, _ powers: PowersOfTen
    ) -> Int {
        let most = 64
        return withUnsafeTemporaryAllocation(of: FloatText.self, capacity: most) { buffer in
            // Neither is empty where it is used: `texts` has room for `most`, and `next` counts no more of them.
            guard let texts = buffer.baseAddress, var next = values.baseAddress else { return 0 }
            var p = start
            var left = values.count
            while left > 0 {
                let count = min(left, most)
                for i in 0..<count {
                    let bits = next[i].bitPattern
                    let field = bits >> 23 & 0xff
                    let (nine, exponent) = nineDigits(bits, powers)
                    // Zero, of which there are many, has the digits 0 and the exponent 0.
                    let notZero: UInt32 = bits << 1 == 0 ? 0 : 1
                    (texts + i).initialize(
                        to: FloatText(
                            digits: UInt64(nine &* notZero),
                            exponent: Int32(truncatingIfNeeded: exponent) &* Int32(truncatingIfNeeded: notZero),
                            first: 0,
                            isSpecial: field &- notZero > 0xfd))
                }
                for i in 0..<count {
                    let (first, rest) = spellNine(UInt32(truncatingIfNeeded: texts[i].digits))
                    texts[i].digits = rest
                    texts[i].first = first
                }
                for i in 0..<count {
                    let text = texts[i]
                    if text.isSpecial {
                        p += write(next[i], to: p, powers)
                    } else {
                        let sign = UInt8(truncatingIfNeeded: next[i].bitPattern >> 31)
                        p += format(text.first, text.digits, Int(text.exponent), sign, p)
                    }
                    p.pointee = UInt8(ascii: ",")
                    p += 1
                }
                next += count
                left &-= count
            }
            return p - start
        }
    }
}
