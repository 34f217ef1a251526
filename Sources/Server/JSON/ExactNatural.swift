/// A natural number of any size, for the rare number that 128 bits do not decide.
struct ExactNatural {
    /// The lowest first, without zeros at the top.
    private var words: [UInt64]

    init(_ value: UInt64) { words = value == 0 ? [] : [value] }

    mutating func multiply(by factor: UInt64, adding summand: UInt64 = 0) {
        var carry = summand
        for i in words.indices {
            let product = words[i].multipliedFullWidth(by: factor)
            let (sum, overflow) = product.low.addingReportingOverflow(carry)
            words[i] = sum
            carry = product.high &+ (overflow ? 1 : 0)
        }
        if carry > 0 { words.append(carry) }
    }

    mutating func multiply(byPowerOfTen n: Int) {
        var rest = n
        while rest > 0 {
            let step = min(rest, 19)
            multiply(by: PowersOfTen.shared.integer(step))
            rest &-= step
        }
    }

    mutating func shiftLeft(_ bits: Int) {
        multiply(by: 1 << UInt64(bits % 64))
        if !words.isEmpty { words.insert(contentsOf: repeatElement(0, count: bits / 64), at: 0) }
    }

    func compare(_ other: ExactNatural) -> Int {
        if words.count != other.words.count { return words.count < other.words.count ? -1 : 1 }
        for (a, b) in zip(words.reversed(), other.words.reversed()) where a != b { return a < b ? -1 : 1 }
        return 0
    }
}
