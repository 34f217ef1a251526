import CCurl
import Foundation
import TestSupport

/// A reply as libcurl received it.
struct Reply {
    var status = 0
    /// By lower-case name; the last of repeated ones.
    var headers: [String: String] = [:]
    var body = Data()

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSON { get throws { try JSON(body) } }
}

/// A client with one keep-alive connection, as users have it: libcurl's easy interface.
final class CurlClient {
    struct Failure: Error { let message: String }

    private let curl: UnsafeMutableRawPointer
    let base: String
    /// Header fields that go with every request.
    let headers: [String]

    init(_ base: String, headers: [String] = []) throws {
        guard let curl = curl_easy_init() else { throw Failure(message: "libcurl does not start") }
        self.curl = curl
        (self.base, self.headers) = (base, headers)
    }

    deinit { curl_easy_cleanup(curl) }

    func get(_ path: String, headers: [String] = []) throws -> Reply { try send("GET", path, headers: headers) }
    func put(_ path: String, _ body: String = "") throws -> Reply { try send("PUT", path, Data(body.utf8)) }
    func post(_ path: String, _ body: String = "") throws -> Reply { try send("POST", path, Data(body.utf8)) }
    func delete(_ path: String) throws -> Reply { try send("DELETE", path) }

    /// Sends a request and waits for its reply.
    /// - Parameter chunked: whether the body goes in chunks, its length untold.
    func send(
        _ method: String, _ path: String, _ body: Data? = nil, headers: [String] = [], chunked: Bool = false
    ) throws -> Reply {
        curl_easy_reset(curl)
        var list: UnsafeMutablePointer<curl_slist>?
        for header in self.headers + headers + (chunked ? ["Transfer-Encoding: chunked"] : []) + ["Expect:"] {
            list = curl_slist_append(list, header)
        }
        defer { curl_slist_free_all(list) }
        let exchange = Exchange(body ?? Data())
        let pointer = Unmanaged.passUnretained(exchange).toOpaque()
        // `exchange` outlives `curl_easy_perform`, the only place where the callbacks run.
        let result = withExtendedLifetime(exchange) {
            gradd_curl_set_string(curl, CURLOPT_URL, base + path)
            gradd_curl_set_long(curl, CURLOPT_NOSIGNAL, 1)
            gradd_curl_set_long(curl, CURLOPT_TIMEOUT, 60)
            gradd_curl_set_pointer(curl, CURLOPT_HTTPHEADER, list)
            gradd_curl_set_callback(curl, CURLOPT_WRITEFUNCTION, receiveBody)
            gradd_curl_set_pointer(curl, CURLOPT_WRITEDATA, pointer)
            gradd_curl_set_callback(curl, CURLOPT_HEADERFUNCTION, receiveHeader)
            gradd_curl_set_pointer(curl, CURLOPT_HEADERDATA, pointer)
            if method == "HEAD" {
                gradd_curl_set_long(curl, CURLOPT_NOBODY, 1)
            } else if body != nil {
                gradd_curl_set_long(curl, CURLOPT_UPLOAD, 1)
                gradd_curl_set_callback(curl, CURLOPT_READFUNCTION, sendBody)
                gradd_curl_set_pointer(curl, CURLOPT_READDATA, pointer)
                if !chunked { gradd_curl_set_long(curl, CURLOPT_INFILESIZE, exchange.upload.count) }
            }
            gradd_curl_set_string(curl, CURLOPT_CUSTOMREQUEST, method)
            return curl_easy_perform(curl)
        }
        guard result == CURLE_OK else { throw Failure(message: String(cString: curl_easy_strerror(result))) }
        var status = 0
        gradd_curl_get_long(curl, CURLINFO_RESPONSE_CODE, &status)
        exchange.reply.status = status
        return exchange.reply
    }

    /// Connections that the last request opened: 0 where it went over the one that was there.
    var newConnections: Int {
        var count = 0
        gradd_curl_get_long(curl, CURLINFO_NUM_CONNECTS, &count)
        return count
    }
}

/// What the callbacks of one request fill and read.
private final class Exchange {
    let upload: Data
    var sent = 0
    var reply = Reply()
    init(_ upload: Data) { self.upload = upload }
}

private func exchange(_ pointer: UnsafeMutableRawPointer?) -> Exchange? {
    pointer.map { Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
}

private let receiveBody: gradd_curl_callback = { bytes, size, count, pointer in
    guard let bytes, let exchange = exchange(pointer) else { return 0 }
    exchange.reply.body.append(UnsafeRawPointer(bytes).assumingMemoryBound(to: UInt8.self), count: size * count)
    return size * count
}

private let receiveHeader: gradd_curl_callback = { bytes, size, count, pointer in
    guard let bytes, let exchange = exchange(pointer) else { return 0 }
    let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self)
    if let colon = line.firstIndex(of: ":") {
        exchange.reply.headers[line[..<colon].lowercased()] =
            line[line.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines)
    }
    return size * count
}

private let sendBody: gradd_curl_callback = { bytes, size, count, pointer in
    guard let bytes, let exchange = exchange(pointer) else { return 0 }
    let length = min(size * count, exchange.upload.count - exchange.sent)
    exchange.upload.copyBytes(
        to: UnsafeMutableRawPointer(bytes).assumingMemoryBound(to: UInt8.self),
        from: exchange.sent..<exchange.sent + length)
    exchange.sent += length
    return length
}
