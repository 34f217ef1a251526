/// How much, and for how long, a client may ask of the service before it is refused: the defaults of the program's options.
///
/// Sizes are in bytes, times in milliseconds of a monotonic clock where nothing else is said.
struct Limits: Sendable {
    // MARK: A request

    /// Longest request target; a longer one is 414.
    var target = 8 * 1024
    /// Longest head, from the method to the empty line; a longer one is 431. Also bounds all trailers of a body.
    var head = 32 * 1024
    /// Most header fields, and most trailer fields; more are 431.
    var fields = 100
    /// Longest body, after removal of the chunked coding; a longer one is 413.
    var body = 256 * 1024 * 1024
    /// Longest line that starts a chunk, its extensions included; a longer one is 400.
    var chunkLine = 1024
    /// Most bytes of chunk extensions in one body; more are 400.
    var chunkExtensions = 16 * 1024
    /// Most empty lines tolerated before a request line (RFC 9112, 2.2).
    var emptyLines = 4
    /// How deep lists and objects of a body may stand within each other; deeper is 400.
    var depth = 64
    /// Most steps of one `run`; more are 413.
    var steps = 100_000
    /// Longest formula; a longer one is 400.
    var formula = 64 * 1024
    /// How deep brackets, signs and powers of a formula may stand within each other; deeper is 400.
    var formulaDepth = 100

    // MARK: What is computed

    /// Most elements of an array; more are 422. The kernels count on there being no more than 2^28.
    var elements = 1 << 28
    /// Most bytes of an array; more are 422.
    var arrayBytes = 1 << 31
    /// Seconds that a request may compute, waiting not counted; longer is 503. 0: for ever.
    var computeTimeout = 60

    // MARK: The whole service

    /// Most connections; one more is 503, and closed.
    var connections = 8192
    /// Most connections from one address, of IPv6 from one network of 64 bits, that is neither loopback nor a trusted
    /// proxy's; one more is 503, and closed.
    var connectionsPerAddress = 1024
    /// Most requests that wait for their session, or for a thread; one more is 503.
    var waiting = 1024

    // MARK: A connection

    /// From the first byte of a head to its end; later is 408.
    var headTimeout: Int64 = 10_000
    /// Longest pause within a body; a longer one is 408.
    var bodyTimeout: Int64 = 30_000
    /// Longest time in which a client takes no byte of a reply; after it the connection is dropped.
    var writeTimeout: Int64 = 30_000
    /// Longest time a connection may stay open between requests.
    var idleTimeout: Int64 = 60_000
    /// After how long without a request a connection is parked, where there are many.
    var parkAfter: Int64 = 100
    /// How many connections a loop polls, however idle they are.
    var polledConnections = 64
    /// How long a connection that is being closed goes on reading, so that its last reply can be read (RFC 9112, 9.6).
    var lingerTimeout: Int64 = 3_000
    /// How many bytes are read and thrown away in that time.
    var lingerBytes = 256 * 1024 * 1024

    /// Milliseconds between two looks at the clock for connections that are late: a fraction of the shortest timeout.
    var sweepInterval: Int64 {
        let shortest = min(headTimeout, bodyTimeout, writeTimeout, idleTimeout, lingerTimeout)
        return max(10, min(500, shortest / 4))
    }
}
