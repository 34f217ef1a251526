import Testing

@testable import Engine

/// The graph: names, transactions, lifetimes.
struct GraphTests {
    private func leaf(_ values: [Float], requiresGrad: Bool = true) throws -> Variable {
        try Variable(leaf: NDArray(values, shape: [values.count]), requiresGrad: requiresGrad)
    }

    private func grad(_ graph: Graph, _ name: String) throws -> [Float]? {
        try graph.variable(name)?.node?.grad?.array.elements(Float.self)
    }

    @Test("A chain of a million ops differentiates and is released without recursion", arguments: [false, true])
    func longChain(_ isComposite: Bool) throws {
        let graph = Graph()
        try graph.transaction {
            let x = try graph.bind("x", leaf([1])).variable
            var y = x
            for _ in 0..<(isComposite ? 100_000 : 1_000_000) {
                y = isComposite ? try reduction.mean(y, nil, nil, true) : try -y
            }
            try graph.bind("y", y)
            _ = try graph.backward(from: [y])
        }
        #expect(try grad(graph, "x") == [1])
        let nodes = graph.account.nodes
        #expect(nodes > 100_000)
        graph.transaction { _ = graph.unbind("y") }
        #expect(graph.account.nodes == 1)
    }

    @Test("A chain is released without recursion when its graph goes, and with gradients recorded")
    func releaseWithGraph() throws {
        var graph: Graph? = Graph()
        let account = try #require(graph).account
        try graph?.transaction {
            let x = try #require(try graph?.bind("x", leaf([1])).variable)
            var y = x
            for _ in 0..<100_000 { y = try y * x }
            try graph?.bind("y", y)
            // Gradients that were recorded refer to x and hang on it: a cycle, but for the names.
            _ = try graph?.backward(from: [y], options: BackpropOptions(enableDoubleBackprop: true))
        }
        #expect(account.nodes > 200_000)
        graph = nil
        #expect(account.nodes == 0)
        #expect(account.bytes == 0)
    }

    @Test("A failed transaction leaves names, order, gradients and the account as they were")
    func undo() throws {
        struct Stop: Error {}
        let graph = Graph()
        try graph.transaction {
            try graph.bind("a", leaf([1]))
            try graph.bind("b", leaf([2]))
            try graph.bind("c", graph.variable("a")! * graph.variable("b")!)
            _ = try graph.backward(from: [graph.variable("c")!])
        }
        let (bytes, nodes) = (graph.account.bytes, graph.account.nodes)
        #expect(throws: Stop.self) {
            try graph.transaction {
                _ = graph.unbind("b")
                try graph.bind("d", leaf([4]))
                try graph.bind("a", leaf([5]))
                try graph.bind(graph.makeUpName("op"), leaf([6]))
                _ = try graph.backward(from: [graph.variable("c")!])
                graph.cleargrad(graph.variable("a")!)
                try graph.zerograd(graph.variable("c")!)
                throw Stop()
            }
        }
        #expect(graph.names.page(from: 0, limit: 9).items.map(\.name) == ["a", "b", "c"])
        #expect(try grad(graph, "a") == [2])
        #expect(try grad(graph, "b") == [1])
        #expect(try grad(graph, "c") == nil)
        #expect(graph.variable("b")?.node?.name == "b")
        #expect((graph.account.bytes, graph.account.nodes) == (bytes, nodes))
        #expect(graph.makeUpName("op") == "op_1")
    }

    @Test("An op keeps only the arrays that its backward reads")
    func memory() throws {
        let graph = Graph()
        try graph.transaction {
            let x = try graph.bind("x", Variable(leaf: NDArray(repeating: Float(1), shape: [1000]))).variable
            // Neither neg nor add reads anything; exp reads its result.
            try graph.bind("y", elementwise.exp(-x + 1.0))
        }
        #expect(graph.account.bytes == 2 * 4000 + 4)
    }

    @Test("Bytes are charged before they are taken, and a refusal changes nothing")
    func quota() throws {
        let account = Account(byteLimit: 5000)
        try account.charged {
            let x = try NDArray(repeating: Float(1), shape: [1000])
            #expect(account.bytes == 4000)
            let error = #expect(throws: EngineError.self) { try NDArray(repeating: Float(1), shape: [1000]) }
            #expect(error?.kind == .quota)
            #expect(account.bytes == 4000)
            _ = x
        }
    }

    @Test(
        "A shape whose size cannot be is refused before memory is taken",
        arguments: [
            [1 << 31], [1 << 62, 4], [.max, .max], [0, 1 << 62], [-1],
        ])
    func sizes(_ shape: [Int]) {
        #expect(throws: EngineError.self) { try NDArray(uninitialized: shape, .float32) }
    }

    @Test("Names are listed in the order of their first binding, from any place")
    func registry() {
        var names = Registry<Int>()
        for i in 0..<100 { names.bind("n\(i)", i) }
        for i in 0..<100 where i % 3 != 0 { names.remove("n\(i)") }
        names.bind("n3", 333)
        let (first, next) = names.page(from: 0, limit: 10)
        #expect(first.map(\.value) == [0, 333, 6, 9, 12, 15, 18, 21, 24, 27])
        names.compact()
        names.remove("n30")
        let (second, end) = names.page(from: next ?? 0, limit: 100)
        #expect(second.map(\.value) == Array(stride(from: 33, to: 100, by: 3)))
        #expect(end == nil)
    }
}
