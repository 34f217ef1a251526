import HTTPTypes
import Testing

@testable import Server

struct ResponseTests {
    private func text(_ buffer: borrowing OutputBuffer) -> String { String(decoding: buffer.unsent, as: UTF8.self) }

    private func written(
        _ status: HTTPResponse.Status = .ok, version: Version = .http11, isHead: Bool = false, closes: Bool = false,
        _ write: (inout ResponseWriter) -> Void = { _ in }
    ) -> [String] {
        var writer = ResponseWriter()
        writer.prepare(version: version, isHead: isHead, closes: closes)
        writer.begin(status, contentType: "text/plain")
        write(&writer)
        writer.end()
        return text(writer.body).split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test("A response has its status line, the fields every response has, and its length")
    func whole() {
        let lines = written {
            $0.header("X-Name", "a b")
            $0.beginBody()
            $0.body.append("hello")
        }
        #expect(lines.first == "HTTP/1.1 200 OK")
        #expect(lines[1].hasPrefix("Date: ") && lines[1].hasSuffix(" GMT"))
        let expected = [
            "X-Content-Type-Options: nosniff", "Content-Length:            5", "Content-Type: text/plain",
            "X-Name: a b", "", "hello",
        ]
        #expect(Array(lines.dropFirst(2)) == expected)
    }

    @Test("HEAD keeps the length and leaves the body out")
    func head() {
        let lines = written(isHead: true) {
            $0.beginBody()
            $0.body.append("hello")
        }
        #expect(lines.contains("Content-Length:            5") && lines.last == "")
    }

    @Test("204 and 304 have neither length nor body", arguments: [HTTPResponse.Status.noContent, .notModified])
    func bodiless(status: HTTPResponse.Status) {
        let lines = written(status) {
            $0.beginBody()
            $0.body.append("hello")
        }
        #expect(!lines.contains { $0.hasPrefix("Content-Length") } && lines.last == "")
    }

    @Test("A response says whether its connection is closed, where the version does not")
    func connection() {
        #expect(written(closes: true).contains("Connection: close"))
        #expect(!written().contains { $0.hasPrefix("Connection") })
        #expect(written(version: .http10).contains("Connection: keep-alive"))
    }

    @Test("No value can end its line")
    func injection() {
        let lines = written { $0.header("Location", "/a\r\nSet-Cookie: b\u{0}c") }
        #expect(lines.contains("Location: /a  Set-Cookie: b c"))
    }

    @Test("A problem replaces what was written, and nothing before it")
    func problem() {
        var writer = ResponseWriter()
        writer.prepare(version: .http11, isHead: false, closes: false)
        writer.begin(.ok)
        writer.end()
        let before = writer.body.count
        writer.prepare(version: .http11, isHead: false, closes: false)
        writer.begin(.created, contentType: "application/json")
        writer.beginBody()
        writer.body.append("{\"half\":")
        var problem = Problem("/problems/method", "Method not allowed", .methodNotAllowed, "a \"b\"\n\u{1}é")
        problem.allow = "GET, HEAD"
        problem.pointer = "/x"
        problem.line = 3
        problem.write(to: &writer)
        let reply = String(decoding: UnsafeRawBufferPointer(rebasing: writer.body.unsent[before...]), as: UTF8.self)
        #expect(reply.hasPrefix("HTTP/1.1 405 Method Not Allowed\r\n"))
        #expect(reply.contains("\r\nAllow: GET, HEAD\r\n"))
        #expect(!reply.contains("half"))
        #expect(
            reply.hasSuffix(
                "\r\n\r\n{\"type\":\"/problems/method\",\"title\":\"Method not allowed\",\"status\":405,"
                    + "\"detail\":\"a \\\"b\\\"\\n\\u0001é\",\"pointer\":\"/x\",\"line\":3}\n"))
    }

    @Test("Numbers are written in decimal", arguments: [0, 7, 10, 1234, -5, Int.max, Int.min])
    func decimal(number: Int) {
        var buffer = OutputBuffer()
        buffer.append(decimal: number)
        let written = text(buffer)
        #expect(written == "\(number)")
    }

    @Test(
        "Dates are those of the calendar",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        ])
    func date(seconds: Int, expected: String) {
        var bytes = [UInt8](repeating: 0, count: HTTPDate.length)
        bytes.withUnsafeMutableBytes { HTTPDate.write(seconds, into: $0) }
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test("A buffer that grew large is given back once it is sent")
    func shrinks() {
        var buffer = OutputBuffer()
        for _ in 0..<100_000 { buffer.append("0123456789") }
        buffer.consume(400_000)
        let left = buffer.count
        #expect(left == 600_000)
        buffer.consume(left)
        let shrunk = buffer.capacity
        #expect(shrunk == OutputBuffer.initialCapacity)
    }
}
