#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// Memory of the buffers. It is never zeroed.

/// `malloc` of a few thousand bytes; out of memory ends the process, as it does wherever Swift allocates.
func allocateBytes(_ count: Int) -> UnsafeMutableRawPointer {
    guard let base = malloc(count) else { fatalError("out of memory: \(count) bytes") }
    return base
}

/// `realloc`, which moves large blocks by remapping pages, without a copy.
/// - Returns: nil where there is no memory; the block is as it was then.
func reallocateBytes(_ base: UnsafeMutableRawPointer, _ count: Int) -> UnsafeMutableRawPointer? {
    guard let base = realloc(base, count) else { return nil }
    adviseHugePages(base, count)
    return base
}

/// Asks the kernel for huge pages: faulting small ones in is a third of what a body of 10 MB costs. It may refuse.
private func adviseHugePages(_ base: UnsafeMutableRawPointer, _ count: Int) {
    #if os(Linux)
        let (huge, page) = (2 << 20, UInt(4096))
        guard count >= 2 * huge else { return }
        // Whole pages within the block only.
        let start = (UInt(bitPattern: base) + page - 1) & ~(page - 1)
        let end = (UInt(bitPattern: base) + UInt(count)) & ~(page - 1)
        _ = madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), MADV_HUGEPAGE)
    #endif
}
