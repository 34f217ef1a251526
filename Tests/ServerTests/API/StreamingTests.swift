import Foundation
import TestSupport
import Testing

@testable import Server

extension OverHTTP {
    /// Replies too long to be in memory at once: written piece by piece.
    @Suite struct StreamingTests {
        private static let count = 1_500_000

        /// A graph with `x`: 0, 1, 2, … of int32 in 3 rows.
        private func bench() throws -> Bench {
            let bench = try Bench()
            try bench.variable("one", #"{"data": 1}"#).expect(201)
            let body = #"{"op": "arange", "args": {"start": \#(Self.count), "dtype": "int32"}, "output": "line"}"#
            try bench.client.post("\(bench.graph)/ops?arrays=none", body).expect(201)
            let reshape = #"{"op": "reshape", "inputs": ["line"], "args": {"shape": [3, -1]}, "output": "x"}"#
            try bench.client.post("\(bench.graph)/ops?arrays=none", reshape).expect(201)
            return bench
        }

        private func text(_ range: Range<Int>) -> String { range.map(String.init).joined(separator: ",") }

        private var nested: String {
            let row = Self.count / 3
            return "[" + (0..<3).map { "[\(text($0 * row..<($0 + 1) * row))]" }.joined(separator: ",") + "]"
        }

        @Test("A long array comes in chunks, element for element, and the connection goes on")
        func chunked() throws {
            let bench = try bench()
            let path = "\(bench.graph)/variables/x"
            let data = try bench.client.get(path + "/data")
            data.expect(200)
            #expect(data.headers["transfer-encoding"] == "chunked" && data.headers["content-length"] == nil)
            #expect(data.text == nested + "\n")
            let whole = try bench.client.get(path)
            #expect(bench.client.newConnections == 0)
            #expect(whole.headers["etag"] == data.headers["etag"])
            #expect(whole.text.contains(#""dtype":"int32","requires_grad":false,"data":"# + nested + #","grad":null,"#))
            let flat = try bench.client.get(path + "/data?arrays=flat")
            #expect(flat.text == #"{"shape":[3,500000],"dtype":"int32","data":["# + text(0..<Self.count) + "]}\n")
            #expect(bench.client.newConnections == 0)
        }

        @Test("Where the length is known it is told: base64 and .npy")
        func knownLength() throws {
            let bench = try bench()
            let path = "\(bench.graph)/variables/x/data"
            let bytes = (0..<Int32(Self.count)).withContiguousBytes()
            let base64 = try bench.client.get(path + "?arrays=base64")
            #expect(base64.headers["content-length"] == "\(base64.body.count)")
            #expect(
                base64.text == #"{"shape":[3,500000],"dtype":"int32","base64":""# + bytes.base64EncodedString()
                    + "\"}\n")
            let npy = try bench.client.get(path, headers: ["Accept: application/x-npy"])
            #expect(npy.headers["content-length"] == "\(npy.body.count)" && npy.headers["transfer-encoding"] == nil)
            #expect(npy.body.suffix(bytes.count) == bytes && npy.body.count % 64 == 0)
        }

        @Test("HEAD has the head alone, HTTP/1.0 no chunks, and requests behind a long reply are answered after it")
        func connections() throws {
            let bench = try bench()
            let path = "\(bench.graph)/variables/x/data"
            let head = try bench.client.send("HEAD", path)
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(try bench.client.get("/health").status == 200 && bench.client.newConnections == 0)

            let port = Int(try #require(RunningService.current).port)
            let old = try Client(port: port)
            old.write("GET \(path) HTTP/1.0\r\nHost: localhost\r\n\r\n")
            #expect(try old.read().text == nested + "\n")
            #expect(old.isClosed())

            let client = try Client(port: port)
            client.write(
                "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try client.read().fields.contains("Transfer-Encoding:   chunked"))
            #expect(try client.readChunks() == nested + "\n")
            #expect(try client.read().status == 200)

            // One who goes away in the midst of it.
            let gone = try Client(port: port)
            gone.write("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try gone.read()
            gone.close()
            #expect(try bench.client.get("/health").status == 200)
        }

        @Test("What is sent is the array as it was asked for, whatever becomes of it")
        func snapshot() throws {
            let bench = try bench()
            let path = "\(bench.graph)/variables/x/data"
            let port = Int(try #require(RunningService.current).port)
            let slow = try Client(port: port, receiveBuffer: 4096)
            slow.write("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try slow.read()
            let zeros =
                "["
                + Array(repeating: "[0" + String(repeating: ",0", count: 499_999) + "]", count: 3).joined(
                    separator: ",") + "]"
            try bench.client.put(path, zeros).expectNoContent()
            try bench.client.delete("\(bench.graph)/variables/x").expectNoContent()
            #expect(try slow.readChunks() == nested + "\n")
        }

        @Test("Of a reply of many arrays what comes behind many megabytes is streamed too")
        func many() throws {
            let bench = try Bench()
            try bench.variable("one", #"{"data": 1}"#).expect(201)
            let make = #"{"op": "arange", "args": {"start": 800000, "dtype": "int32"}, "output": "x"}"#
            try bench.client.post("\(bench.graph)/ops?arrays=none", make).expect(201)
            let get = #"{"get": "x"}"#
            let reply = try bench.client.post("\(bench.graph)/run", #"{"steps": [\#(get), \#(get), \#(get)]}"#)
            reply.expect(200)
            #expect(reply.headers["transfer-encoding"] == "chunked")
            #expect(reply.text.components(separatedBy: "\"data\":[" + text(0..<800_000) + "]").count == 4)
        }

        @Test("A reply that only its indentation makes long is kept in its minimal form too")
        func keptPretty() throws {
            let bench = try Bench()
            let list = Array(repeating: "1.5", count: 14_000).joined(separator: ",")
            let body = Data(#"{"data": [\#(list)]}"#.utf8)
            let key = ["Idempotency-Key: pretty"]
            let path = "\(bench.graph)/variables/x?pretty"
            let first = try bench.client.send("PUT", path, body, headers: key)
            first.expect(201)
            #expect(first.body.count > 65_536)
            let second = try bench.client.send("PUT", path, body, headers: key)
            #expect(second.headers["idempotency-replayed"] == "true")
            #expect(try second.json["shape"] != nil, "\(second.text)")
        }

        @Test("A long reply to a request with a key is kept in its minimal form")
        func kept() throws {
            let bench = try bench()
            let body = Data(#"{"op": "neg", "inputs": ["x"], "output": "y"}"#.utf8)
            let key = ["Idempotency-Key: long"]
            let first = try bench.client.send("POST", "\(bench.graph)/ops", body, headers: key)
            first.expect(201)
            #expect(first.headers["transfer-encoding"] == "chunked" && first.body.count > 10_000_000)
            let second = try bench.client.send("POST", "\(bench.graph)/ops", body, headers: key)
            #expect(second.headers["idempotency-replayed"] == "true" && second.body.count < 1000)
            #expect(second.headers["preference-applied"] == "return=minimal")
        }
    }

    /// The same texts in parts.
    @Suite struct ArrayPartTests {
        @Test(
            "Parts of an array's text beside each other are the whole, wherever it is cut",
            arguments: [
                [], [1], [7], [2, 3], [3, 1], [1, 3], [2, 3, 2], [1, 1, 4], [2, 1, 1, 3],
            ])
        func parts(_ shape: [Int]) {
            let count = shape.reduce(1, *)
            let elements = (0..<Int32(count)).map { $0 }
            func write(_ part: Range<Int>) -> String {
                var body = OutputBuffer()
                elements.withUnsafeBufferPointer {
                    ArrayWriter.write($0, shape: shape, elements: part, into: &body)
                }
                return String(decoding: body.unsent, as: UTF8.self)
            }
            var position = 0
            var whole = ""
            func list(_ shape: ArraySlice<Int>) {
                guard let length = shape.first else {
                    whole += "\(position)"
                    position += 1
                    return
                }
                whole += "["
                for index in 0..<length {
                    if index > 0 { whole += "," }
                    list(shape.dropFirst())
                }
                whole += "]"
            }
            list(shape[...])
            #expect(write(0..<count) == whole)
            for a in 0...count {
                for b in a...count {
                    let parts = [0..<a, a..<b, b..<count].filter { !$0.isEmpty }
                    #expect(parts.map(write).joined() == whole)
                }
            }
        }
    }
}

extension Range<Int32> {
    /// The numbers as the machine holds them.
    fileprivate func withContiguousBytes() -> Data {
        Array(self).withUnsafeBytes { Data($0) }
    }
}
