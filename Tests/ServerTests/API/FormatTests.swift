import Foundation
import TestSupport
import Testing

extension OverHTTP {
    /// The forms that arrays and replies take.
    @Suite struct FormatTests {
        private func npy(_ header: String, _ data: [UInt8], version: UInt8 = 1) -> Data {
            var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [version, 0]
            let size = header.utf8.count
            bytes += (0..<(version == 1 ? 2 : 4)).map { UInt8(size >> (8 * $0) & 0xFF) }
            return Data(bytes + Array(header.utf8) + data)
        }

        private func putNpy(_ bench: Bench, _ body: Data) throws -> Reply {
            try bench.client.send(
                "PUT", "\(bench.graph)/variables/x/data", body, headers: ["Content-Type: application/x-npy"])
        }

        @Test("arrays=flat, base64 and none replace the arrays of a reply, and what they give is read again")
        func forms() throws {
            let bench = try Bench()
            _ = try bench.variable("x", #"{"data": [[1, 2], [3, "NaN"]], "dtype": "float64"}"#)
            let flat = try bench.client.get("\(bench.graph)/variables/x?arrays=flat").json
            #expect(try flat["data"] == JSON(#"{"shape": [2, 2], "dtype": "float64", "data": [1, 2, 3, "NaN"]}"#))
            let base64 = try bench.client.get("\(bench.graph)/variables/x?arrays=base64").json
            let text = try #require(base64["data"]?["base64"]?.string)
            let bytes = try #require(Data(base64Encoded: text))
            #expect(bytes.count == 32)
            #expect(Array(bytes.prefix(8)) == [0, 0, 0, 0, 0, 0, 0xF0, 0x3F])
            for (name, form) in [("a", flat), ("b", base64)] {
                #expect(try bench.variable(name, try #require(form["data"]).encoded()).status == 201)
                #expect(try bench.read(name).json["data"] == JSON(#"[[1, 2], [3, "NaN"]]"#))
            }
            let inline = try #require(base64["data"]).encoded()
            let sum = try bench.op(#"{"op": "add", "inputs": ["x", \#(inline)], "output": "s"}"#)
            #expect(try sum.json["data"] == JSON(#"[[2, 4], [6, "NaN"]]"#))
            let none = try bench.client.get("\(bench.graph)/variables/x?arrays=none").json
            #expect(none["data"] == nil && none["grad"] == nil && none["shape"] == JSON.list([.int(2), .int(2)]))
            #expect(try bench.client.get("\(bench.graph)/variables/x/data?arrays=none").status == 204)
            #expect(try bench.client.get("\(bench.graph)/variables/x?arrays=round").status == 400)
        }

        @Test(
            "Every dtype survives base64 and .npy bit for bit",
            arguments: [
                ("float16", "[65504, -0.0, 6e-8]"), ("float32", "[1e-45, 3.4e38]"),
                ("float64", "[5e-324, \"-Infinity\"]"),
                ("int8", "[-128, 127]"), ("int16", "[-32768, 32767]"), ("int32", "[-2147483648, 2147483647]"),
                ("int64", "[-9223372036854775808, 9223372036854775807]"), ("uint8", "[0, 255]"),
                ("bool", "[true, false]"),
            ])
        func dtypes(_ dtype: String, _ data: String) throws {
            let bench = try Bench()
            let put = try bench.variable("x", #"{"data": \#(data), "dtype": "\#(dtype)"}"#)
            #expect(put.status == 201, "\(put.text)")
            let written = try bench.client.get("\(bench.graph)/variables/x/data").text
            let form = try bench.client.get("\(bench.graph)/variables/x?arrays=base64").json
            _ = try bench.variable("y", try #require(form["data"]).encoded())
            #expect(try bench.client.get("\(bench.graph)/variables/y/data").text == written)
            let npy = try bench.client.get("\(bench.graph)/variables/x/data", headers: ["Accept: application/x-npy"])
            #expect(npy.headers["content-type"] == "application/x-npy")
            #expect(
                (npy.body.count - (try #require(Data(base64Encoded: form["data"]?["base64"]?.string ?? ""))).count) % 64
                    == 0)
            #expect(try putNpy(bench, npy.body).status == 204)
            #expect(try bench.client.get("\(bench.graph)/variables/x/data").text == written)
        }

        @Test("prefer return=minimal leaves arrays out and says so")
        func minimal() throws {
            let bench = try Bench()
            let reply = try bench.client.send(
                "PUT", "\(bench.graph)/variables/x", Data(#"{"data": [1, 2]}"#.utf8),
                headers: ["Prefer: return=minimal"])
            #expect(reply.status == 201)
            #expect(reply.headers["preference-applied"] == "return=minimal")
            #expect(reply.headers["etag"]?.hasSuffix("-minimal\"") == true)
            #expect(try reply.json["data"] == nil)
        }

        @Test("pretty indents, with rows of numbers on one line, and changes nothing else")
        func pretty() throws {
            let bench = try Bench()
            _ = try bench.variable("x", #"{"data": [[1, 2], [3, 4]]}"#)
            let plain = try bench.read("x")
            let pretty = try bench.client.get("\(bench.graph)/variables/x?pretty")
            #expect(try pretty.json == plain.json)
            #expect(pretty.text.contains("\n    [1.0, 2.0],\n    [3.0, 4.0]\n"))
            #expect(pretty.headers["content-length"] == "\(pretty.body.count)")
        }

        @Test("npy is read in both versions, orders and byte orders")
        func npyForms() throws {
            let bench = try Bench()
            _ = try bench.variable("x", #"{"data": [[0, 0], [0, 0], [0, 0]], "dtype": "int16"}"#)
            let little: [UInt8] = [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0]
            let big: [UInt8] = [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6]
            for (descr, order, data, version, wanted) in [
                ("<i2", "False", little, UInt8(1), "[[1, 2], [3, 4], [5, 6]]"),
                (">i2", "False", big, 2, "[[1, 2], [3, 4], [5, 6]]"),
                ("<i2", "True", little, 2, "[[1, 4], [2, 5], [3, 6]]"),
                (">i2", "True", big, 1, "[[1, 4], [2, 5], [3, 6]]"),
            ] {
                let header = "{'descr': '\(descr)', 'fortran_order': \(order), 'shape': (3, 2), }\n"
                let reply = try putNpy(bench, npy(header, data, version: version))
                #expect(reply.status == 204, "\(reply.text)")
                #expect(try bench.client.get("\(bench.graph)/variables/x/data").json == JSON(wanted))
            }
        }

        @Test("What is no .npy, or of a type that there is none of, is refused and changes nothing")
        func npyRefusals() throws {
            let bench = try Bench()
            _ = try bench.variable("x", #"{"data": [1, 2], "dtype": "int16"}"#)
            let before = try bench.read("x").text
            func header(_ descr: String, _ shape: String) -> String {
                "{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(shape)), }\n"
            }
            for (body, status) in [
                (Data("nothing".utf8), 400), (Data(), 400), (npy(header("<i2", "2,"), [1, 0, 2, 0], version: 3), 400),
                (npy("{'descr': [('a', '<i2')]}", [1, 0]), 400), (npy(header("<c8", "2,"), [1, 0]), 422),
                (npy(header("<i2", "2,"), [1, 0, 2]), 422), (npy(header("<i4", "1,"), [1, 0, 2, 0]), 422),
                (npy(header("<i2", "99999999999999999999"), []), 400),
                (npy(header("<i2", "4611686018427387904, 4"), []), 422),
                (npy(header("<i2", "3,"), [1, 0, 2, 0, 3, 0]), 422),
                (Data([0x93] + Array("NUMPY".utf8) + [1, 0, 255, 255]), 400),
            ] {
                let reply = try putNpy(bench, body)
                #expect(reply.status == status, "\(reply.text)")
                #expect(reply.headers["content-type"] == "application/problem+json")
                #expect(try bench.read("x").text == before)
            }
        }

        @Test("Accept that excludes what there is gets 406 before anything is done")
        func notAcceptable() throws {
            let bench = try Bench()
            for accept in ["text/html", "application/json;q=0", "application/x-npy", "image/*"] {
                let reply = try bench.client.send(
                    "PUT", "\(bench.graph)/variables/x", Data(#"{"data": 1}"#.utf8), headers: ["Accept: \(accept)"])
                #expect(reply.status == 406, "\(accept)")
            }
            #expect(try bench.client.get("/v1/sessions/\(bench.session)").status == 404)
            for accept in ["*/*", "application/*", "text/html, application/json;q=0.1", "APPLICATION/JSON"] {
                #expect(try bench.client.get("/health", headers: ["Accept: \(accept)"]).status == 200, "\(accept)")
            }
        }
    }

    /// Entity tags and preconditions.
    @Suite struct PreconditionTests {
        @Test("A graph's tag grows by one with each request that changes it, and by no other")
        func tags() throws {
            let bench = try Bench()
            func tag(_ reply: Reply) throws -> (id: Substring, number: Int) {
                let text = try #require(reply.headers["etag"]).filter { $0 != "\"" }
                let parts = text.split(separator: ".")
                return (parts[0], try #require(Int(parts[1])))
            }
            let first = try tag(bench.variable("x", #"{"data": [1, 2]}"#))
            #expect(first.number == 1)
            var number = 1
            func expect(_ reply: Reply, changes: Bool, _ what: String) throws {
                if changes { number += 1 }
                let now = try tag(reply)
                #expect(now == (first.id, number), "\(what)")
            }
            try expect(bench.read("x"), changes: false, "GET")
            try expect(bench.op(#"{"op": "sum", "inputs": ["x"], "output": "y"}"#), changes: true, "op")
            try expect(bench.post("grad", #"{"outputs": ["y"], "inputs": ["x"]}"#), changes: false, "grad")
            let grad = #"{"outputs": ["y"], "inputs": ["x"], "set_grad": false, "names": null}"#
            try expect(bench.post("grad", grad), changes: false, "grad with false")
            let setting = #"{"outputs": ["y"], "inputs": ["x"], "set_grad": true}"#
            try expect(bench.post("grad", setting), changes: true, "grad that sets")
            try expect(bench.post("backward", #"{"output": "y"}"#), changes: true, "backward")
            try expect(bench.post("cleargrad", #"{"variables": []}"#), changes: true, "cleargrad of none")
            try expect(
                bench.post("run", #"{"steps": [{"get": "x"}, {"grad": \#(grad)}]}"#), changes: false, "run that reads")
            try expect(
                bench.post("run", #"{"steps": [{"get": "x"}, {"cleargrad": {}}, {"zerograd": {}}]}"#), changes: true,
                "run of many")
            #expect(try bench.post("backward", #"{"output": "nothing"}"#).status == 422)
            try expect(bench.client.get(bench.graph), changes: false, "after a failure")
            try expect(bench.client.delete("\(bench.graph)/variables/y"), changes: true, "DELETE")
            #expect(try bench.client.delete(bench.graph).status == 204)
            #expect(try tag(bench.variable("x", #"{"data": 1}"#)).id != first.id)
        }

        @Test("If-Match lets only the one through who has seen the last change")
        func ifMatch() throws {
            let bench = try Bench()
            let seen = try #require(bench.variable("x", #"{"data": 1}"#).headers["etag"])
            func put(_ name: String, _ header: String) throws -> Int {
                try bench.client.send(
                    "PUT", "\(bench.graph)/variables/\(name)", Data(#"{"data": 2}"#.utf8), headers: [header]
                ).status
            }
            #expect(try put("x", "If-Match: \"other.1\", \(seen)") == 200)
            #expect(try put("x", "If-Match: \(seen)") == 412)
            #expect(try put("y", "If-Match: \(seen)") == 412)
            #expect(try put("x", "If-Match: *") == 200)
            #expect(try bench.read("y").status == 404)
            let absent = try Bench()
            let reply = try absent.client.send(
                "PUT", "\(absent.graph)/variables/x", Data(#"{"data": 2}"#.utf8), headers: ["If-Match: *"])
            #expect(reply.status == 412)
            #expect(try absent.client.get("/v1/sessions/\(absent.session)").status == 404)
        }

        @Test("If-None-Match: * makes a PUT create only, and a tag makes a GET 304")
        func ifNoneMatch() throws {
            let bench = try Bench()
            let path = "\(bench.graph)/variables/x"
            let (body, header) = (Data(#"{"data": 1}"#.utf8), ["If-None-Match: *"])
            #expect(try bench.client.send("PUT", path, body, headers: header).status == 201)
            #expect(try bench.client.send("PUT", path, body, headers: header).status == 412)
            #expect(try bench.client.send("PUT", bench.graph, Data(), headers: header).status == 412)
            #expect(
                try bench.client.send("PUT", "/v1/sessions/\(bench.session)", Data(), headers: header).status == 412)
            let tag = try #require(bench.read("x").headers["etag"])
            let same = try bench.client.get(path, headers: ["If-None-Match: W/\(tag)"])
            #expect(same.status == 304 && same.body.isEmpty && same.headers["etag"] == tag)
            let npy = ["If-None-Match: \(tag)", "Accept: application/x-npy"]
            #expect(try bench.client.get("\(path)/data", headers: npy).status == 200)
            _ = try bench.post("cleargrad")
            #expect(try bench.client.get(path, headers: ["If-None-Match: \(tag)"]).status == 200)
        }
    }
}
