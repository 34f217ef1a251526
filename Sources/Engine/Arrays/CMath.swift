#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The C library's functions that swift-numerics does not offer.
enum CMath {
    /// `pow` of IEEE 754: negative bases with whole exponents are defined.
    static func pow(_ x: Double, _ y: Double) -> Double {
        #if canImport(Glibc)
            Glibc.pow(x, y)
        #elseif canImport(Musl)
            Musl.pow(x, y)
        #else
            Darwin.pow(x, y)
        #endif
    }
}
