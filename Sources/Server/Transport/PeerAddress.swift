#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Where a client is: an IPv6 address, or one of IPv4 mapped into IPv6 (RFC 4291, 2.5.5.2).
struct PeerAddress: Hashable, Sendable {
    private var high: UInt64
    private var low: UInt64

    private static let mapped: UInt64 = 0xFFFF << 32

    private init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

    /// - Parameter bytes: the 16 bytes of an IPv6 address, or the 4 of an IPv4 one, in network order.
    init?(_ bytes: some Collection<UInt8>) {
        func number(_ bytes: some Collection<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        switch bytes.count {
        case 4: self.init(high: 0, low: PeerAddress.mapped | number(bytes))
        case 16: self.init(high: number(bytes.prefix(8)), low: number(bytes.suffix(8)))
        default: return nil
        }
    }

    /// Reads an address as people write it: `127.0.0.1`, `::1`.
    init?(_ text: String) {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 {
                self.init(bytes)
                return
            }
        }
        return nil
    }

    private var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    var isLoopback: Bool { isIPv4 ? low >> 24 & 0xFF == 127 : high == 0 && low == 1 }

    /// What counts as one client: of IPv6 a network of 64 bits, whose every address one machine may take.
    var client: PeerAddress { isIPv4 ? self : PeerAddress(high: high, low: 0) }
}
