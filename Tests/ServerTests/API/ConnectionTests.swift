import Foundation
import TestSupport
import Testing

extension OverHTTP {
    /// Several clients, connections and requests at once.
    @Suite struct ConnectionTests {
        // MARK: State outlives connections

        @Test("One client builds a graph, another goes on with it, and the grads add up")
        func twoClients() throws {
            let bench = try Bench()
            let other = try #require(RunningService.current).client()
            try bench.variable("x", #"{"data": [1]}"#).expect(201)
            try bench.op(#"{"op": "mul", "inputs": [2, "x"], "output": "y"}"#).expect(201)
            for sum in ["2.0", "4.0", "6.0", "8.0"] {
                // By turns.
                let client = ["2.0", "6.0"].contains(sum) ? bench.client : other
                try client.post("\(bench.graph)/backward", #"{"output": "y"}"#)
                    .expect(200, #"{"grads":{"x":[\#(sum)]}}"#)
            }
            try other.post("\(bench.graph)/ops", #"{"op": "mul", "inputs": ["y", "y"], "output": "z"}"#).expect(201)
            try bench.post("grad", #"{"outputs": ["z"], "inputs": ["x"]}"#).expect(200, #"{"grads":{"x":[8.0]}}"#)
            #expect(try bench.gradient("x") == "[8.0]")
        }

        @Test("Each request over a connection of its own: the state is the same")
        func connectionForEach() throws {
            let bench = try Bench()
            let service = try #require(RunningService.current)
            try bench.variable("x", #"{"data": [1]}"#).expect(201)
            try bench.op(#"{"op": "mul", "inputs": [2, "x"], "output": "y"}"#).expect(201)
            for i in 1...5 {
                let client = try service.client()
                let reply = try client.send(
                    "POST", "\(bench.graph)/backward", Data(#"{"output": "y"}"#.utf8), headers: ["Connection: close"])
                reply.expect(200, #"{"grads":{"x":[\#(2 * i).0]}}"#)
                #expect(reply.headers["connection"] == "close")
            }
        }

        @Test("A connection is kept, after a refusal too")
        func keepAlive() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [1]}"#).expect(201)
            #expect(bench.client.newConnections == 1)
            try bench.read("x").expect(200)
            #expect(bench.client.newConnections == 0)
            for (body, status) in [("{", 400), (#"{"output": "w"}"#, 422), (#"{"output": "x"}"#, 200)] {
                try bench.post("backward", body).expect(status)
                #expect(bench.client.newConnections == 0)
            }
            try bench.client.get("/nothing").expectProblem(404, "not-found")
            #expect(bench.client.newConnections == 0)
        }

        // MARK: At once

        @Test("Two clients that call backward at once on one session lose nothing", arguments: [2, 4])
        func oneSession(clients: Int) async throws {
            let bench = try Bench()
            let (service, graph) = (try #require(RunningService.current), bench.graph)
            try bench.variable("x", #"{"data": [1]}"#).expect(201)
            try bench.op(#"{"op": "mul", "inputs": [2, "x"], "output": "y"}"#).expect(201)
            try await onThreads(clients) { _ in
                let client = try service.client()
                for _ in 0..<200 { try client.post("\(graph)/backward", #"{"output": "y"}"#).expect(200) }
            }
            #expect(try bench.gradient("x") == "[\(clients * 400).0]")
        }

        @Test("Clients in sessions of their own do not see each other")
        func differentSessions() async throws {
            let service = try #require(RunningService.current)
            try await onThreads(4) { number in
                let bench = try RunningService.$current.withValue(service) { try Bench() }
                try bench.variable("x", #"{"data": [\#(number + 1)]}"#).expect(201)
                try bench.op(#"{"op": "mul", "inputs": ["x", "x"], "output": "y"}"#).expect(201)
                for i in 1...100 {
                    try bench.post("backward", #"{"output": "y"}"#)
                        .expect(200, #"{"grads":{"x":[\#(2 * (number + 1) * i).0]}}"#)
                }
            }
        }

        @Test("Clients that bind names at once in one new session all find theirs")
        func firstRequests() async throws {
            let bench = try Bench()
            let (service, graph) = (try #require(RunningService.current), bench.graph)
            try await onThreads(8) { number in
                let client = try service.client()
                // Every other one fails, and must not take the session with it.
                let body = number.isMultiple(of: 2) ? #"{"data": \#(number)}"# : #"{"data": [1,}"#
                for _ in 0..<20 {
                    let status = try client.put("\(graph)/variables/v\(number)", body).status
                    #expect(number.isMultiple(of: 2) ? (200...201).contains(status) : status == 400)
                }
            }
            for number in [0, 2, 4, 6] { #expect(try bench.array("v\(number)") == "\(number).0") }
            #expect(try bench.client.get(graph).json["variables"]?.number == 4)
        }

        // MARK: On the wire

        @Test("20 requests in one go are answered in order")
        func pipelining() throws {
            let bench = try Bench()
            try bench.variable("x", #"{"data": [1]}"#).expect(201)
            try bench.op(#"{"op": "mul", "inputs": [2, "x"], "output": "y"}"#).expect(201)
            let client = try Client(port: Int(try #require(RunningService.current).port))
            defer { client.close() }
            let body = #"{"output":"y"}"#
            var text = ""
            for i in 0..<20 {
                // Some are refused, some wait for others: the order stays.
                text +=
                    i % 4 == 3
                    ? "GET \(bench.graph)/variables/missing\(i) HTTP/1.1\r\nHost: localhost\r\n\r\n"
                    : "POST \(bench.graph)/backward HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)"
                        + "\r\n\r\n\(body)"
            }
            client.write(text)
            var sum = 0
            for i in 0..<20 {
                let reply = try client.read()
                if i % 4 == 3 {
                    #expect(reply.status == 404 && reply.text.contains("missing\(i)"))
                } else {
                    sum += 2
                    #expect(reply.status == 200 && reply.text == "{\"grads\":{\"x\":[\(sum).0]}}\n", "\(reply.text)")
                }
            }
        }

        @Test("A pipeline whose requests are too large for the loop is answered in order too")
        func heavyPipelining() throws {
            let bench = try Bench()
            let zeros = "[" + Array(repeating: "0", count: 50_000).joined(separator: ",") + "]"
            try bench.variable("x", #"{"data": \#(zeros)}"#).expect(201)
            let client = try Client(port: Int(try #require(RunningService.current).port))
            defer { client.close() }
            var text = ""
            for i in 0..<10 {
                let body = #"{"op":"add","inputs":["x",\#(i)],"output":"x\#(i)"}"#
                text +=
                    "POST \(bench.graph)/ops HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                text += "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
            }
            client.write(text)
            for i in 0..<10 {
                let reply = try client.read()
                #expect(
                    reply.status == 201 && reply.text.hasPrefix("{\"name\":\"x\(i)\","), "\(reply.text.prefix(100))")
                #expect(try client.read().text == "{\"status\":\"ok\"}\n")
            }
        }

        @Test("A body in chunks is read as one with its length told", arguments: [1, 70_000, 300_000])
        func chunks(count: Int) throws {
            let bench = try Bench()
            let numbers = "[" + (0..<count).map { "\($0)" }.joined(separator: ",") + "]"
            let body = Data(#"{"data": \#(numbers), "dtype": "int32"}"#.utf8)
            let reply = try bench.client.send("PUT", "\(bench.graph)/variables/x", body, chunked: true)
            #expect(reply.status == 201)
            #expect(try bench.array("x") == numbers)
        }

        @Test("10 MB of numbers go up and come back equal", arguments: ["float32", "int64"])
        func largeBodies(dtype: String) throws {
            let bench = try Bench()
            // Swift writes numbers of this size as the service does: the shortest text.
            let numbers = (0..<50_000).map { _ in
                dtype == "float32"
                    ? "\(Float.random(in: -1000 ... -1))" : "\(Int64.random(in: -1_000_000_000_000 ... -1_000_000_000))"
            }.joined(separator: ",")
            let last = dtype == "int64" ? "-1" : "-1.5"
            let array = Data(("[" + String(repeating: numbers + ",", count: 20) + last + "]").utf8)
            let body = Data(#"{"dtype":"\#(dtype)","data":"#.utf8) + array + Data("}".utf8)
            #expect(body.count > 9_000_000)
            let reply = try bench.client.send("PUT", "\(bench.graph)/variables/x", body)
            #expect(reply.status == 201 && reply.body.count > array.count)
            let back = try bench.client.get("\(bench.graph)/variables/x/data").body
            #expect(back.count == array.count + 1 && back.dropLast() == array, "the numbers differ")
        }
    }
}

/// Runs work on threads of its own, `count` of them, and waits for all.
func onThreads(_ count: Int, _ work: @escaping @Sendable (Int) throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<count {
            group.addTask {
                try await withCheckedThrowingContinuation { continuation in
                    Thread.detachNewThread { continuation.resume(with: Result { try work(number) }) }
                }
            }
        }
        try await group.waitForAll()
    }
}
