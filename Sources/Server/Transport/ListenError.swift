#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Why the server cannot listen where it was told to.
enum ListenError: Error, Equatable, CustomStringConvertible {
    case unknownHost(String, reason: String)
    case addressInUse(host: String, port: Int)
    case notPermitted(host: String, port: Int)
    case addressNotAvailable(host: String)
    case failed(host: String, port: Int, reason: String)

    init(_ number: Int32, host: String, port: Int) {
        switch number {
        case EADDRINUSE: self = .addressInUse(host: host, port: port)
        case EACCES, EPERM: self = .notPermitted(host: host, port: port)
        case EADDRNOTAVAIL: self = .addressNotAvailable(host: host)
        default: self = .failed(host: host, port: port, reason: String(cString: strerror(number)))
        }
    }

    /// One line that says what to do.
    var description: String {
        switch self {
        case .unknownHost(let host, let reason):
            "cannot find the address of host \"\(host)\" (\(reason)); give a name or address of this machine"
        case .addressInUse(let host, let port):
            "port \(port) on \(host) is taken; stop the program that uses it, or choose another port"
        case .notPermitted(let host, let port):
            "not permitted to listen on port \(port) of \(host); choose a port above 1023"
        case .addressNotAvailable(let host):
            "\(host) is not an address of this machine; choose one that is, such as 127.0.0.1"
        case .failed(let host, let port, let reason):
            "cannot listen on port \(port) of \(host): \(reason)"
        }
    }
}
