#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// Outside of `Socket` these names still mean the system's calls.
private func systemSend(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, _ flags: Int32) -> Int {
    send(descriptor, bytes.baseAddress, bytes.count, flags)
}
private func systemAccept(_ descriptor: Int32, _ address: UnsafeMutablePointer<sockaddr>?, _ length: inout socklen_t)
    -> Int32
{
    accept(descriptor, address, &length)
}
private func systemClose(_ descriptor: Int32) { _ = close(descriptor) }
private func systemListen(_ descriptor: Int32, _ info: addrinfo) -> Bool {
    bind(descriptor, info.ai_addr, info.ai_addrlen) == 0 && listen(descriptor, SOMAXCONN) == 0
}

/// A descriptor that does not block, and every system call that the transport makes.
///
/// It is a plain number: whoever holds it last closes it, once.
struct Socket: Sendable {
    let descriptor: Int32

    /// What came of a call that reads, writes or accepts.
    enum Outcome {
        /// So many bytes were moved; never 0.
        case moved(Int)
        /// The peer has sent all it will send.
        case ended
        /// Nothing can be done now without waiting.
        case wouldBlock
        /// The connection is gone; the error number.
        case failed(Int32)
    }

    /// Receives into `room`, which must not be empty.
    func receive(into room: UnsafeMutableRawBufferPointer) -> Outcome {
        while true {
            let count = recv(descriptor, room.baseAddress, room.count, 0)
            if count > 0 { return .moved(count) }
            if count == 0 { return .ended }
            if errno == EINTR { continue }
            return errno == EAGAIN || errno == EWOULDBLOCK ? .wouldBlock : .failed(errno)
        }
    }

    /// Sends from `bytes`, which must not be empty, as much as the kernel takes. Never raises SIGPIPE.
    func send(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        #if os(Linux)
            let flags = Int32(MSG_NOSIGNAL)
        #else
            let flags: Int32 = 0  // SO_NOSIGPIPE was set when the connection was accepted.
        #endif
        while true {
            let count = systemSend(descriptor, bytes, flags)
            if count >= 0 { return .moved(count) }
            if errno == EINTR { continue }
            return errno == EAGAIN || errno == EWOULDBLOCK ? .wouldBlock : .failed(errno)
        }
    }

    /// Tells the peer that nothing more will be sent.
    func shutdownWriting() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    func close() { systemClose(descriptor) }

    /// What came of `accept`.
    enum Acceptance {
        /// A connection, and who is at its other end, if that is known.
        case accepted(Socket, PeerAddress?)
        case wouldBlock
        /// The connection was gone before it was accepted; the next may be fine.
        case lost
        /// No descriptor or memory is left; the error number.
        case exhausted(Int32)
    }

    /// Accepts one connection: not blocking, closed on exec, with small segments sent at once.
    func accept() -> Acceptance {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let accepted = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { systemAccept(descriptor, $0, &length) }
        }
        guard accepted >= 0 else {
            switch errno {
            case EAGAIN, EWOULDBLOCK: return .wouldBlock
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted(errno)
            default: return .lost
            }
        }
        let socket = Socket(descriptor: accepted)
        socket.setNonBlocking()
        #if !os(Linux)
            socket.set(SOL_SOCKET, SO_NOSIGPIPE, 1)
        #endif
        socket.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        return .accepted(socket, PeerAddress(address))
    }

    /// Reads and throws away what has arrived, within reason: closing with unread bytes would reset the connection, and
    /// the client might lose what was sent last.
    func discardReceived() {
        withUnsafeTemporaryAllocation(byteCount: 16 * 1024, alignment: 1) { scratch in
            for _ in 0..<64 { guard case .moved = receive(into: scratch) else { return } }
        }
    }

    /// The port of the socket's own address; 0 when it has none.
    var port: Int {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &address) { bytes -> Int in
            guard let base = bytes.baseAddress else { return 0 }
            let name = base.assumingMemoryBound(to: sockaddr.self)
            guard getsockname(descriptor, name, &length) == 0 else { return 0 }
            // sockaddr_in and sockaddr_in6 have the port, in network order, at the same place.
            return Int(UInt16(bigEndian: base.load(fromByteOffset: 2, as: UInt16.self)))
        }
    }

    @discardableResult
    private func set(_ level: Int32, _ option: Int32, _ value: Int32) -> Bool {
        var value = value
        return setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    }

    /// Has calls return at once, and programs that are started not inherit the descriptor.
    fileprivate func setNonBlocking() {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }
}

extension Socket {
    /// A socket that listens at `host`, a name or an address of either version, and `port`; 0 takes a free one. Of the
    /// addresses a name has, the first that can be bound is taken, IPv4 before IPv6.
    static func listen(host: String, port: Int) throws(ListenError) -> Socket {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_family = AF_UNSPEC
        #if os(Linux)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(host, String(port), &hints, &list)
        guard result == 0 else { throw .unknownHost(host, reason: String(cString: gai_strerror(result))) }
        defer { freeaddrinfo(list) }

        var failure = ListenError.unknownHost(host, reason: "it has no address")
        for family in [AF_INET, AF_INET6] {
            var next = list
            while let info = next {
                next = info.pointee.ai_next
                guard info.pointee.ai_family == family else { continue }
                do throws(ListenError) { return try listen(at: info.pointee, host: host, port: port) } catch {
                    failure = error
                }
            }
        }
        throw failure
    }

    private static func listen(at info: addrinfo, host: String, port: Int) throws(ListenError) -> Socket {
        let descriptor = socket(info.ai_family, info.ai_socktype, info.ai_protocol)
        guard descriptor >= 0 else { throw ListenError(errno, host: host, port: port) }
        let socket = Socket(descriptor: descriptor)
        socket.setNonBlocking()
        socket.set(SOL_SOCKET, SO_REUSEADDR, 1)
        guard systemListen(descriptor, info) else {
            let error = ListenError(errno, host: host, port: port)
            socket.close()
            throw error
        }
        return socket
    }
}

extension PeerAddress {
    fileprivate init?(_ address: sockaddr_storage) {
        // Where each family's structure has the address: behind the port, and behind IPv6's flow information.
        let place =
            switch Int32(address.ss_family) {
            case AF_INET: 4..<8
            case AF_INET6: 8..<24
            default: 0..<0
            }
        guard let known = withUnsafeBytes(of: address, { PeerAddress($0[place]) }) else { return nil }
        self = known
    }
}

/// The files that the process may have open.
enum Descriptors {
    /// Raises their number to the most that is allowed, and returns it.
    static func raiseLimit() -> Int {
        #if os(Linux)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return 256 }
        var raised = limit
        #if os(Linux)
            raised.rlim_cur = limit.rlim_max
        #else
            // Darwin allows no more than this, whatever its limit says.
            raised.rlim_cur = min(limit.rlim_max, rlim_t(OPEN_MAX))
        #endif
        let isRaised = raised.rlim_cur > limit.rlim_cur && setrlimit(resource, &raised) == 0
        return Int(clamping: isRaised ? raised.rlim_cur : limit.rlim_cur)
    }
}

/// A pipe by which other threads wake a loop that sleeps in `poll`.
struct WakePipe: Sendable {
    let reader: Socket
    private let writer: Socket

    /// Fails when no descriptor is left.
    init() throws(ListenError) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw ListenError(errno, host: "a pipe", port: 0) }
        reader = Socket(descriptor: ends[0])
        writer = Socket(descriptor: ends[1])
        reader.setNonBlocking()
        writer.setNonBlocking()
    }

    func wake() {
        var byte: UInt8 = 1
        // A full pipe wakes as well.
        _ = write(writer.descriptor, &byte, 1)
    }

    func drain() {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { scratch in
            while read(reader.descriptor, scratch.baseAddress, scratch.count) == scratch.count {}
        }
    }

    func close() {
        reader.close()
        writer.close()
    }
}

extension Socket {
    /// Waits until one of `count` descriptors is ready, and returns how many are; 0 when the time is up or a signal came.
    static func wait(_ entries: UnsafeMutablePointer<pollfd>, _ count: Int, _ milliseconds: Int32) -> Int {
        max(0, Int(poll(entries, nfds_t(count), milliseconds)))
    }

    static func sleep(milliseconds: UInt32) { _ = usleep(milliseconds * 1000) }

    /// Lets other threads that wait for this core run first.
    static func yield() { _ = sched_yield() }
}

/// The clocks.
enum Clock {
    /// Nanoseconds of a clock that never jumps.
    static var nanoseconds: Int64 { read(CLOCK_MONOTONIC) }

    /// Milliseconds of the same.
    static var milliseconds: Int64 { nanoseconds / 1_000_000 }

    /// Nanoseconds since the start of 1970, by the clock on the wall.
    static var wall: Int64 { read(CLOCK_REALTIME) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
