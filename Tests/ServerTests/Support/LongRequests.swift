import Foundation
import Synchronization
import Testing

/// A request that another thread sent.
final class Background: Sendable {
    private let result = Mutex<Result<Reply, any Error>?>(nil)

    init(_ send: @escaping @Sendable () throws -> Reply) {
        Thread.detachNewThread {
            let reply = Result { try send() }
            self.result.withLock { $0 = reply }
        }
    }

    var isDone: Bool { result.withLock { $0 != nil } }

    /// Waits for the reply.
    func reply() throws -> Reply {
        while true {
            if let result = result.withLock({ $0 }) { return try result.get() }
            Thread.sleep(forTimeInterval: 0.002)
        }
    }
}

extension OverHTTP.Bench {
    /// Binds row, m and p, the square of a matrix m whose rows are row.
    func bindMatrix() throws {
        // So that it takes a good part of a second, the service being built as the tests are.
        #if DEBUG
            let size = 400
        #else
            let size = 2000
        #endif
        #expect(try variable("row", #"{"data": [\#(String(repeating: "1,", count: size - 1))1]}"#).status == 201)
        let body = #"{"op": "broadcast_to", "inputs": ["row"], "args": {"shape": [\#(size), \#(size)]}, "output": "m"}"#
        #expect(try op(body).status == 201)
        #expect(try op(#"{"op": "matmul", "inputs": ["m", "m"], "output": "p"}"#).status == 201)
    }

    /// Sends, from another thread, a request that takes a while and sets the grad of row.
    func startLong(headers: [String] = []) throws -> Background {
        let (service, path) = (try #require(RunningService.current), "\(graph)/grad")
        let body = Data(#"{"outputs": ["p"], "inputs": ["row"], "set_grad": true}"#.utf8)
        return Background { try service.client().send("POST", path, body, headers: headers) }
    }

    /// Waits until the request that was started is surely being worked at, and far from its end.
    func waitUntilBusy() { Thread.sleep(forTimeInterval: 0.15) }
}
