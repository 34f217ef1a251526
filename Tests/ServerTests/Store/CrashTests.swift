import Foundation
import Synchronization
import TestSupport
import Testing

/// The program is killed at random under load; every change that it acknowledged is there, exactly once.
///
/// `GRADD_CRASH_ROUNDS` says how often; 20 times where it does not.
@Suite("Killed under load")
struct CrashTests {
    /// A client that adds gradients up, one acknowledged request after the other, in a session of its own.
    private final class Adder: Sendable {
        let number: Int
        private let state = Mutex(State())
        private struct State {
            var acknowledged = 0
            /// The key of the request whose answer never came.
            var isOpen = false
        }

        init(_ number: Int) { self.number = number }

        var session: String { "crash\(number)" }
        var acknowledged: Int { state.withLock { $0.acknowledged } }
        private var graph: String { "/v1/sessions/\(session)/graphs/g" }

        func make(_ client: CurlClient) throws {
            try client.put("\(graph)/variables/x", #"{"data": [1, 2, 3]}"#).expect(201)
            // A part of the clients moves large arrays too, which stand beside the effects.
            let size = number % 2 == 0 ? 3 : 3000
            try client.post("\(graph)/eval", #"{"expr": "y = 2 * x; big = broadcast_to(x[0], (\#(size),))"}"#).expect(
                200)
        }

        /// One more backward, each with its key; one that was cut off is sent again with the same.
        /// - Returns: false where there is no answer.
        func step(_ client: CurlClient) -> Bool {
            let key = state.withLock { state in
                state.isOpen = true
                return state.acknowledged
            }
            let body = Data(#"{"output": "y", "grad_outputs": [[1, 1, 1]]}"#.utf8)
            let reply = try? client.send("POST", "\(graph)/backward", body, headers: ["Idempotency-Key: \(key)"])
            guard let reply else { return false }
            // The answer names the sum as it is after this request.
            let sum = (try? reply.json)?["grads"]?["x"]?.list?.first?.number
            #expect(
                reply.status == 200 && sum == Double(2 * (key + 1)),
                "\(reply.status) \(reply.text), not \(2 * (key + 1))")
            state.withLock { $0 = State(acknowledged: key + 1) }
            return true
        }

        /// What the service knows is what it acknowledged, or one more where the answer did not come.
        func check(_ client: CurlClient) throws {
            let (acknowledged, isOpen) = state.withLock { ($0.acknowledged, $0.isOpen) }
            let reply = try client.get("\(graph)/variables/x")
            let grad = try reply.json["grad"]?.list?.first?.number ?? 0
            let steps = Int(grad) / 2
            #expect(
                reply.status == 200 && (acknowledged...acknowledged + (isOpen ? 1 : 0)).contains(steps),
                "\(session): \(steps), acknowledged \(acknowledged)")
            let tag = reply.headers["etag"]?.split(separator: ".").last?.dropLast()
            #expect(tag.flatMap { Int($0) } == steps + 2)
        }
    }

    @Test("No acknowledged change is lost, none is made twice")
    func rounds() throws {
        let rounds = ProcessInfo.processInfo.environment["GRADD_CRASH_ROUNDS"].flatMap { Int($0) } ?? 20
        let stored = try StoredService()
        let adders = (0..<8).map(Adder.init)
        for adder in adders { try adder.make(stored.service.client()) }
        for round in 0..<rounds {
            let work = DispatchGroup()
            for adder in adders {
                let client = try stored.service.client()
                nonisolated(unsafe) let own = client  // each thread has its own
                DispatchQueue.global().async(group: work) {
                    while adder.step(own) {}
                }
            }
            // Somewhere between the first requests and some hundreds of them.
            Thread.sleep(forTimeInterval: .random(in: 0.005...0.15))
            stored.end(SIGKILL)
            work.wait()
            try stored.start()
            let client = try stored.service.client()
            for adder in adders { try adder.check(client) }
            if round % 50 == 49 {
                print("killed \(round + 1) times, \(adders.map(\.acknowledged).reduce(0, +)) changes kept")
            }
        }
        #expect(adders.map(\.acknowledged).reduce(0, +) > rounds)
    }
}
