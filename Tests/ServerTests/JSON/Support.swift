import Foundation

@testable import Server

#if DEBUG
    let sampleCount = 50_000
#else
    let sampleCount = 1_000_000
#endif

func written<T: JSONElement>(_ value: T) -> String {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: NumberWriter.maximumLength + 1) { buffer in
        guard let start = buffer.baseAddress else { return "" }
        // What lies behind may not be touched.
        start[NumberWriter.maximumLength] = 0xa5
        let length = T.write(value, to: start, .shared)
        precondition(start[NumberWriter.maximumLength] == 0xa5 && length <= NumberWriter.maximumLength)
        return String(decoding: buffer[..<length], as: UTF8.self)
    }
}

/// Text that ends where memory ends: reading on beyond it is a fault.
final class GuardedText {
    private let memory: UnsafeMutableRawPointer
    private let size: Int

    init(capacity: Int = 4096) {
        let page = Int(getpagesize())
        size = (capacity + page - 1) / page * page
        guard let memory = mmap(nil, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            memory != MAP_FAILED, mprotect(memory + size, page, PROT_NONE) == 0
        else { fatalError("mmap") }
        self.memory = memory
    }

    deinit { munmap(memory, size + Int(getpagesize())) }

    func place(_ bytes: some Collection<UInt8>) -> UnsafeBufferPointer<UInt8> {
        precondition(bytes.count <= size)
        let start = (memory + size - bytes.count).assumingMemoryBound(to: UInt8.self)
        let buffer = UnsafeMutableBufferPointer(start: start, count: bytes.count)
        _ = buffer.initialize(from: bytes)
        return UnsafeBufferPointer(buffer)
    }
}

/// C's printf.
func formatted(_ format: String, _ arguments: CVarArg...) -> [UInt8] {
    withVaList(arguments) { list in
        [UInt8](unsafeUninitializedCapacity: 2000) { buffer, count in
            count = buffer.withMemoryRebound(to: CChar.self) { text in
                Int(vsnprintf(text.baseAddress, text.count, format, list))
            }
        }
    }
}
