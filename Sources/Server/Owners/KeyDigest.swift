import Crypto
import Foundation

/// The SHA-256 of a key: all that the service knows of it.
struct KeyDigest: Hashable, Sendable {
    private let words: SIMD4<UInt64>

    init(of key: UnsafeRawBufferPointer) {
        var hash = SHA256()
        hash.update(bufferPointer: key)
        words = hash.finalize().withUnsafeBytes { $0.loadUnaligned(as: SIMD4<UInt64>.self) }
    }

    /// Nil for anything but 64 hexadecimal digits.
    init?(hex: some StringProtocol) {
        guard hex.utf8.count == 64, hex.utf8.allSatisfy(Grammar.hex.contains) else { return nil }
        var (words, rest) = (SIMD4<UInt64>(), hex[...])
        for index in 0..<4 {
            guard let word = UInt64(rest.prefix(16), radix: 16) else { return nil }
            words[index] = word.bigEndian
            rest = rest.dropFirst(16)
        }
        self.words = words
    }

    /// 64 hexadecimal digits.
    var hex: String {
        (0..<4).map { index in
            let digits = String(UInt64(bigEndian: words[index]), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// All ones where the other is the same, else zero: found without a branch, in a time that tells nothing of either.
    @inline(__always)
    func equality(with other: KeyDigest) -> UInt {
        let words = words ^ other.words
        let difference = UInt(words[0] | words[1] | words[2] | words[3])
        return ((difference | (0 &- difference)) >> (UInt.bitWidth - 1)) &- 1
    }
}
