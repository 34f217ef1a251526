#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A client that sends exactly the bytes it is told to, over a blocking socket of the loopback interface.
final class Client {
    struct Reply: Equatable {
        var status = 0
        /// The lines between the status line and the empty line.
        var fields: [String] = []
        var body: [UInt8] = []

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    enum Failure: Error {
        case connect(Int32)
        case ended
        case malformed(String)
    }

    private let descriptor: Int32
    private var received: [UInt8] = []
    private var isOpen = true

    /// Connects; a call that waits for more than 10 s fails.
    init(port: Int, receiveBuffer: Int32? = nil) throws {
        #if os(Linux)
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var wait = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(truncatingIfNeeded: port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            let number = errno
            close()
            throw Failure.connect(number)
        }
    }

    deinit { close() }

    func close() {
        guard isOpen else { return }
        isOpen = false
        #if canImport(Darwin)
            _ = Darwin.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #else
            _ = Glibc.close(descriptor)
        #endif
    }

    func write(_ text: String) { write(Array(text.utf8)) }

    /// Sends as much of `bytes` as the server takes, and returns how many that was.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Int {
        #if os(Linux)
            let flags = Int32(MSG_NOSIGNAL)
        #else
            let flags: Int32 = 0
        #endif
        var sent = 0
        bytes.withUnsafeBytes { bytes in
            while sent < bytes.count, let base = bytes.baseAddress {
                let count = send(descriptor, base + sent, bytes.count - sent, flags)
                if count <= 0 { break }
                sent += count
            }
        }
        return sent
    }

    func shutdownWriting() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    /// Reads one response. `hasBody` is false for the answer to HEAD.
    func read(hasBody: Bool = true) throws -> Reply {
        var end = headEnd()
        while end == nil {
            try receive()
            end = headEnd()
        }
        let head = String(decoding: received[..<(end ?? 0)], as: UTF8.self)
        received.removeFirst((end ?? 0) + 4)
        var lines = head.split(separator: "\r\n").map(String.init)
        guard let first = lines.first, first.hasPrefix("HTTP/1.1 "), let status = Int(first.dropFirst(9).prefix(3))
        else { throw Failure.malformed(head) }
        lines.removeFirst()
        var reply = Reply(status: status, fields: lines)
        let length = lines.first { $0.hasPrefix("Content-Length:") }.flatMap {
            Int($0.dropFirst(15).drop { $0 == " " })
        }
        if hasBody, let length {
            while received.count < length { try receive() }
            reply.body = Array(received[..<length])
            received.removeFirst(length)
        }
        return reply
    }

    /// Reads a chunked body, behind the head that `read` returned.
    func readChunks() throws -> String {
        var body: [UInt8] = []
        while true {
            var end = received.firstIndex(of: 13)
            while end == nil {
                try receive()
                end = received.firstIndex(of: 13)
            }
            let line = String(decoding: received[..<(end ?? 0)], as: UTF8.self)
            guard let size = Int(line, radix: 16) else { throw Failure.malformed(line) }
            let start = (end ?? 0) + 2
            while received.count < start + size + 2 { try receive() }
            body += received[start..<start + size]
            received.removeFirst(start + size + 2)
            if size == 0 { return String(decoding: body, as: UTF8.self) }
        }
    }

    /// Whether the server closes the connection in order, and sends nothing before that.
    func isClosed() -> Bool {
        var byte: UInt8 = 0
        return received.isEmpty && recv(descriptor, &byte, 1, 0) == 0
    }

    private func headEnd() -> Int? {
        guard received.count >= 4 else { return nil }
        return (0...received.count - 4).first {
            received[$0] == 13 && received[$0 + 1] == 10 && received[$0 + 2] == 13 && received[$0 + 3] == 10
        }
    }

    private func receive() throws {
        let room = 256 * 1024
        let chunk = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            count = max(0, recv(descriptor, buffer.baseAddress, room, 0))
        }
        guard !chunk.isEmpty else { throw Failure.ended }
        received += chunk
    }
}
