import Foundation
import Synchronization
import TestSupport
import Testing

extension OverHTTP {
    /// Requests that stand in line behind a long one, and what ends while they do.
    @Suite(.serialized) struct WaitingTests {
        @Test("While one session is busy another answers")
        func otherSession() throws {
            let (busy, other) = (try Bench(), try Bench())
            try busy.bindMatrix()
            try other.variable("x", #"{"data": 1}"#).expect(201)
            let work = try busy.startLong()
            var answers = 0
            while !work.isDone {
                try other.read("x").expect(200)
                answers += 1
                Thread.sleep(forTimeInterval: 0.001)
            }
            #expect(try work.reply().status == 200)
            // One that waited for the long request would be the only one.
            #expect(answers > 3)
        }

        @Test("A request behind a long one on its session waits, and sees what that one did")
        func sameSession() throws {
            let bench = try Bench()
            try bench.bindMatrix()
            let work = try bench.startLong()
            bench.waitUntilBusy()
            // Behind it, however long that takes.
            #expect(try bench.gradient("row") != "null")
            #expect(try work.reply().status == 200)
        }

        @Test("Requests in line while their session is deleted are answered: 404, or in a new session")
        func deletion() async throws {
            let bench = try Bench()
            let (service, graph) = (try #require(RunningService.current), bench.graph)
            let session = bench.session
            for _ in 0..<3 {
                try bench.bindMatrix()
                let work = try bench.startLong()
                bench.waitUntilBusy()
                let statuses = Mutex<[Int]>([])
                try await onThreads(9) { number in
                    let client = try service.client()
                    let reply =
                        switch number {
                        case 0: try client.delete("/v1/sessions/\(session)")
                        case 1...4: try client.put("\(graph)/variables/late\(number)", #"{"data": 1}"#)
                        default: try client.post("\(graph)/backward", #"{"output": "m"}"#)
                        }
                    // Those before the deletion see the session that was: m is no root without a grad.
                    let wanted = number == 0 ? [204] : number <= 4 ? [201] : [404, 422]
                    #expect(wanted.contains(reply.status), "\(number): \(reply.status) \(reply.text.prefix(300))")
                    statuses.withLock { $0.append(reply.status) }
                }
                #expect(statuses.withLock { $0.count } == 9)
                #expect(try work.reply().status == 200)
                // What is there now is whole, whether a late request made it anew or nobody did.
                let now = try bench.client.get("/v1/sessions/\(bench.session)")
                if now.status == 404 {
                    try bench.client.get(graph).expectProblem(404, "not-found")
                } else {
                    now.expect(200)
                    // Leaves only.
                    let variables = try bench.client.get(graph).json["variables"]?.number
                    #expect(try now.json["nodes"]?.number == variables)
                    try bench.client.delete("/v1/sessions/\(bench.session)").expectNoContent()
                }
            }
        }

        @Test("A graph deleted while requests stand in line is gone for those behind")
        func graphDeletion() async throws {
            let bench = try Bench()
            let (service, graph) = (try #require(RunningService.current), bench.graph)
            try bench.bindMatrix()
            let work = try bench.startLong()
            bench.waitUntilBusy()
            try await onThreads(4) { number in
                let client = try service.client()
                let reply = number == 0 ? try client.delete(graph) : try client.get("\(graph)/variables/m/grad")
                #expect((number == 0 ? [204] : [200, 404]).contains(reply.status))
            }
            #expect(try work.reply().status == 200)
            try bench.client.get(graph).expectProblem(404, "not-found")
            #expect(try bench.client.get("/v1/sessions/\(bench.session)").json["bytes"]?.number == 0)
        }

        // MARK: The end

        @Test("SIGTERM ends the program at once, with status 0, though connections are kept alive")
        func ending() throws {
            let service = try RunningService.start()
            let clients = try (0..<3).map { _ in try service.client() }
            for client in clients { try client.get("/health").expect(200) }
            let start = ContinuousClock.now
            #expect(service.stop() == 0)
            #expect(ContinuousClock.now - start < .seconds(3))
            for client in clients { #expect(throws: CurlClient.Failure.self) { try client.get("/health") } }
        }

        @Test("On SIGTERM a request that runs is answered, then the program ends with status 0")
        func endingWhileBusy() throws {
            let service = try RunningService.start()
            let bench = try RunningService.$current.withValue(service) { try Bench() }
            try bench.bindMatrix()
            let work = try RunningService.$current.withValue(service) { try bench.startLong() }
            bench.waitUntilBusy()
            #expect(service.stop() == 0)
            let reply = try work.reply()
            #expect(reply.status == 200)
            #expect(reply.headers["content-length"] == "\(reply.body.count)")
        }
    }
}
