/// The methods the server knows; a request with any other token is 501 and reaches no handler.
enum Method: Sendable {
    case get, head, post, put, delete, options, patch

    /// The method that `token` names, exactly (RFC 9110, 9.1: methods are case-sensitive).
    init?(_ token: UnsafeRawBufferPointer) {
        func `is`(_ name: StaticString) -> Bool {
            token.elementsEqual(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        }
        switch token.count {
        case 3 where `is`("GET"): self = .get
        case 3 where `is`("PUT"): self = .put
        case 4 where `is`("POST"): self = .post
        case 4 where `is`("HEAD"): self = .head
        case 5 where `is`("PATCH"): self = .patch
        case 6 where `is`("DELETE"): self = .delete
        case 7 where `is`("OPTIONS"): self = .options
        default: return nil
        }
    }

    /// The method's token.
    var token: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .patch: "PATCH"
        }
    }
}

/// The protocol versions that are spoken.
enum Version: Sendable { case http10, http11 }

/// One whole request, as views into its connection's buffer: nothing is copied, and every pointer is valid until the
/// response has been finished.
///
/// It is not `Sendable`: it travels only inside the `Exchange` that owns the buffer's turn.
struct Request {
    fileprivate(set) var method = Method.get
    fileprivate(set) var version = Version.http11
    /// The path as sent, percent-encoded: it starts with "/", or is "*" (`OPTIONS` only).
    fileprivate(set) var path = UnsafeRawBufferPointer(start: nil, count: 0)
    /// What follows "?" in the target, percent-encoded; nil when there is no "?".
    fileprivate(set) var query: UnsafeRawBufferPointer?
    /// The authority of the target if it has one, else the value of `Host` (RFC 9112, 3.2.2); nil only in HTTP/1.0.
    fileprivate(set) var authority: UnsafeRawBufferPointer?
    /// The header fields in the order they came.
    fileprivate(set) var fields = Fields()
    /// The whole body, without the chunked coding; empty when there is none.
    fileprivate(set) var body = UnsafeRawBufferPointer(start: nil, count: 0)

    /// The header fields of a request.
    struct Fields: RandomAccessCollection {
        fileprivate var base = UnsafeRawBufferPointer(start: nil, count: 0)
        fileprivate var table = UnsafeBufferPointer<FieldTable.Entry>(start: nil, count: 0)

        var startIndex: Int { 0 }
        var endIndex: Int { table.count }

        /// The field's name in lower case, and its value without white space at its ends.
        subscript(position: Int) -> (name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
            let entry = table[position]
            return (
                UnsafeRawBufferPointer(rebasing: base[entry.nameRange]),
                UnsafeRawBufferPointer(rebasing: base[entry.valueRange])
            )
        }

        /// The value of the first field called `name`, which is given in lower case; nil when there is none.
        subscript(_ name: StaticString) -> UnsafeRawBufferPointer? {
            for entry in table where names(entry, name) {
                return UnsafeRawBufferPointer(rebasing: base[entry.valueRange])
            }
            return nil
        }

        /// Calls `body` with the value of every field called `name`, which is given in lower case, in order.
        func forEach(_ name: StaticString, _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
            for entry in table where names(entry, name) {
                try body(UnsafeRawBufferPointer(rebasing: base[entry.valueRange]))
            }
        }

        /// The values of all fields called `name`, which is given in lower case, as the one list that they are (RFC
        /// 9110, 5.3); nil when there is none.
        func list(_ name: StaticString) -> String? {
            var values: [String] = []
            forEach(name) { values.append(String(decoding: $0, as: UTF8.self)) }
            return values.isEmpty ? nil : values.joined(separator: ", ")
        }

        /// The number of fields called `name`, which is given in lower case.
        func count(of name: StaticString) -> Int {
            var count = 0
            for entry in table where names(entry, name) { count += 1 }
            return count
        }

        @inline(__always)
        private func names(_ entry: FieldTable.Entry, _ name: StaticString) -> Bool {
            guard Int(entry.nameCount) == name.utf8CodeUnitCount else { return false }
            let bytes = base[entry.nameRange]
            var at = 0
            for byte in bytes {
                if byte != name.utf8Start[at] { return false }
                at += 1
            }
            return true
        }
    }
}

/// Where the header fields of a message lie, counted from its first byte. Kept from one request to the next.
struct FieldTable: ~Copyable {
    struct Entry {
        var name: UInt32
        var nameCount: UInt32
        var value: UInt32
        var valueCount: UInt32

        fileprivate var nameRange: Range<Int> { Int(name)..<Int(name) + Int(nameCount) }
        fileprivate var valueRange: Range<Int> { Int(value)..<Int(value) + Int(valueCount) }
    }

    private var entries: UnsafeMutablePointer<Entry>
    private var capacity = 8
    private(set) var count = 0

    init() { entries = .allocate(capacity: 8) }
    deinit { entries.deallocate() }

    mutating func removeAll() { count = 0 }

    mutating func append(name: Range<Int>, value: Range<Int>) {
        if count == capacity {
            let grown = UnsafeMutablePointer<Entry>.allocate(capacity: capacity * 2)
            grown.moveInitialize(from: entries, count: count)
            entries.deallocate()
            entries = grown
            capacity *= 2
        }
        // A head is at most as long as `Limits.head` allows, far below 4 GiB.
        let entry = Entry(
            name: UInt32(truncatingIfNeeded: name.lowerBound), nameCount: UInt32(truncatingIfNeeded: name.count),
            value: UInt32(truncatingIfNeeded: value.lowerBound), valueCount: UInt32(truncatingIfNeeded: value.count))
        (entries + count).initialize(to: entry)
        count += 1
    }

    /// The fields as views into `message`, whose first byte is that of the request line.
    func fields(in message: UnsafeRawBufferPointer) -> Request.Fields {
        Request.Fields(base: message, table: UnsafeBufferPointer(start: entries, count: count))
    }
}

/// What the request line of a message said, as offsets from its first byte.
struct RequestLine {
    var method: Method?
    var methodToken = 0..<0
    var version = Version.http11
    var path = 0..<0
    var query: Range<Int>?
    var authority: Range<Int>?
    /// Absolute-form with an empty path stands for "/", or for "*" with `OPTIONS` (RFC 9112, 3.2.4).
    var impliedPath: StaticString?
}

extension Request {
    /// The request whose head is `line` and `fields`, and whose body is `body`, all of them within `message`.
    init(
        _ line: RequestLine, method: Method, fields: Fields, body: Range<Int>, in message: UnsafeRawBufferPointer
    ) {
        self.method = method
        version = line.version
        if let implied = line.impliedPath {
            path = UnsafeRawBufferPointer(start: implied.utf8Start, count: implied.utf8CodeUnitCount)
        } else {
            path = UnsafeRawBufferPointer(rebasing: message[line.path])
        }
        query = line.query.map { UnsafeRawBufferPointer(rebasing: message[$0]) }
        authority = line.authority.map { UnsafeRawBufferPointer(rebasing: message[$0]) } ?? fields["host"]
        self.fields = fields
        self.body = UnsafeRawBufferPointer(rebasing: message[body])
    }
}
