import Engine
import Foundation
import Testing

@testable import Server

/// What the service keeps, without a server: replies and sessions, and when they go.
struct StoreTests {
    private func reply(_ size: Int) -> ReplyStore.Reply {
        ReplyStore.Reply(
            digest: [1],
            response: StoredResponse(status: .ok, fields: [], body: Array(repeating: 32, count: size)))
    }

    private func keep(_ key: String, _ size: Int, in store: ReplyStore, at time: ContinuousClock.Instant = .now) throws
    {
        let claim = try #require(store.claim(key, in: .session(1), at: time))
        #expect(claim.kept == nil)
        store.settle(claim, reply(size), at: time)
    }

    @Test("A reply is kept for 24 hours")
    func lifetime() throws {
        let (store, start) = (ReplyStore(), ContinuousClock.now)
        try keep("k", 10, in: store, at: start)
        #expect(store.claim("k", in: .session(1), at: start + .seconds(86_399))?.kept != nil)
        #expect(store.claim("k", in: .session(2), at: start + .seconds(86_399))?.kept == nil)
        #expect(store.claim("k", in: .session(1), at: start + .seconds(86_400))?.kept == nil)
    }

    @Test("Replies take bounded memory: the oldest go first")
    func bound() throws {
        let store = ReplyStore(byteLimit: 100_000)
        for number in 0..<1000 { try keep("k\(number)", 10_000, in: store) }
        let kept = (0..<1000).filter { number in
            let claim = store.claim("k\(number)", in: .session(1))
            if let claim, claim.kept == nil { store.settle(claim, nil) }
            return claim?.kept != nil
        }
        #expect(kept == Array(991..<1000))
    }

    @Test("A running request's key is refused until it is settled, and free again where it failed")
    func running() throws {
        let store = ReplyStore()
        let claim = try #require(store.claim("k", in: .owner("")))
        #expect(store.claim("k", in: .owner("")) == nil)
        #expect(store.claim("k", in: .session(1)) != nil)
        store.settle(claim, nil)
        let second = try #require(store.claim("k", in: .owner("")))
        store.settle(second, reply(1))
        #expect(store.claim("k", in: .owner(""))?.kept != nil)
    }

    @Test("The replies of a session go with it")
    func forgetting() throws {
        let store = ReplyStore()
        try keep("k", 10, in: store)
        let running = try #require(store.claim("r", in: .session(1)))
        store.forget(1)
        store.settle(running, reply(1))
        #expect(store.claim("k", in: .session(1))?.kept == nil)
        #expect(store.claim("r", in: .session(1))?.kept == nil)
    }

    @Test("Sessions whose time has run out end by themselves, and their arrays with them")
    func sweep() throws {
        let account = Account(byteLimit: 1 << 20)
        let store = SessionStore(account: account, replies: ReplyStore())
        func session(_ name: String, ttl: Int) throws -> Session {
            let session = try store.obtain(name)
            session.ttl = ttl
            let graph = Graph(parent: session.account)
            _ = try graph.transaction { try graph.bind("x", Variable(leaf: NDArray([1.0, 2.0], shape: [2]))) }
            session.graphs.bind("g", graph)
            return session
        }
        _ = try session("short", ttl: 10)
        let (long, never) = (try session("long", ttl: 1000), try session("never", ttl: 0))
        let bytes = account.bytes
        store.sweep()
        #expect(account.bytes == bytes)
        // Its time has not run out by the clock, only by what the sweep is told: the gate's job looks again.
        store.sweep(at: Date(timeIntervalSinceNow: 100))
        #expect(store.find("short") != nil)
        try store.obtain("short").ttl = -1
        store.sweep()
        for _ in 0..<500 where store.find("short") != nil { Thread.sleep(forTimeInterval: 0.01) }
        #expect(store.find("short") == nil)
        #expect(store.find("long") === long && store.find("never") === never)
        #expect(account.bytes == bytes / 3 * 2)
    }
}
