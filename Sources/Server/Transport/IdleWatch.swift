import Dispatch

/// Watches the socket of a connection that its loop does not poll, because nothing is expected of it soon: thousands of
/// idle connections then cost the busy ones nothing.
///
/// It belongs to the loop's thread; only the source's event comes from another. The source is suspended except while
/// the connection is parked, and the socket is closed only when the source has let go of it, so that no other source
/// meets its descriptor.
struct IdleWatch: ~Copyable {
    private let source: any DispatchSourceRead
    private var isSuspended = false
    private var isClosed = false

    /// Watches at once.
    /// - Parameter wake: called from another thread, once for each time that the connection was parked, when the socket
    ///   can be read. `hasWoken` is owed then, and before it nothing comes again.
    init(_ socket: Socket, wake: @escaping @Sendable () -> Void) {
        let source = DispatchSource.makeReadSource(fileDescriptor: socket.descriptor, queue: .global())
        self.source = source
        source.setEventHandler {
            source.suspend()
            wake()
        }
        source.setCancelHandler { socket.close() }
        source.activate()
    }

    /// Watches again.
    mutating func park() {
        isSuspended = false
        source.resume()
    }

    /// The source was suspended by its event.
    mutating func hasWoken() {
        isSuspended = true
        // What is suspended would never get to its end.
        if isClosed { source.resume() }
    }

    /// Lets go of the socket, and closes it.
    mutating func close() {
        isClosed = true
        source.cancel()
        if isSuspended { source.resume() }
    }
}
