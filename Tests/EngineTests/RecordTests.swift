import TestSupport
import Testing

@testable import Engine

/// Effects of transactions make the graph again.
struct RecordTests {
    private static let cases = ((try? opFixtures()) ?? []).filter { $0.call["error"] == nil }

    /// The graph that effects make.
    private func restored(_ effects: [Effect], parent: Account? = nil) throws -> Graph {
        var restorer = GraphRestorer(parent: parent)
        var rest = effects.makeIterator()
        try restorer.apply {
            let effect = rest.next()
            guard case .bytes(let number, let array)? = effect else { return effect }
            // Memory of its own, as what is read from a disk has.
            let copy = try array.withBytes { bytes in
                try NDArray(recordedBytes: bytes.count, array.dtype) { $0.copyMemory(from: bytes) }
            }
            return .bytes(number, copy)
        }
        return restorer.finish()
    }

    /// What can be seen of a graph: names in order, arrays and gradients to the bit, creators, counters.
    private func look(_ graph: Graph) throws -> [String] {
        func bits(_ array: NDArray?) -> String {
            guard let array else { return "none" }
            return "\(array.dtype) \(array.shape) \(array.withBytes { Array($0) })"
        }
        let names = try graph.names.inOrder.map { name -> String in
            let variable = try #require(graph.variable(name))
            let node = try #require(variable.node)
            let call = node.call.map { "\($0.op.name) \($0.slots) \($0.inputs.map(\.name))" } ?? "leaf"
            let place = graph.names.number(of: name) ?? -1
            return
                "\(name) \(place) \(bits(try variable.array)) \(node.requiresGrad) \(node.rank) \(call) \(String(describing: node.number)) grad \(bits(try node.grad?.array)) \(node.grad?.node != nil)"
        }
        return names + ["\(graph.id).\(graph.revision) \(graph.account.nodes) nodes"]
    }

    private func roots(_ graph: Graph) -> [Variable] {
        graph.names.inOrder.filter { $0.hasPrefix("y") }.compactMap { graph.variable($0) }
            .filter { $0.node?.requiresGrad == true }
    }

    private func goBackward(_ graph: Graph) throws {
        let roots = roots(graph)
        guard !roots.isEmpty else { return }
        // Where there is no gradient, nothing has changed.
        try? graph.transaction {
            let seeds = try roots.map { Variable(constant: try NDArray.ones(like: $0.array)) }
            _ = try graph.backward(
                from: roots, seeds: seeds, options: BackpropOptions(enableDoubleBackprop: true))
        }
    }

    @Test("A graph of any op is made again, and goes on to the same bits", arguments: cases.indices)
    func everyOp(_ index: Int) throws {
        let (place, call) = Self.cases[index]
        let graph = Graph()
        graph.startRecording()
        var effects = graph.takeEffects()
        try graph.transaction {
            let (inputs, results) = try OpCase(call, place).apply(in: graph)
            for (i, input) in inputs.enumerated() {
                if let input { try graph.bind("x\(i)", input) }
            }
            for (i, result) in results.flat.enumerated() { try graph.bind("y\(i)", result) }
        }
        effects += graph.takeEffects()
        try goBackward(graph)
        effects += graph.takeEffects()
        let seen = try look(graph)
        let copy = try restored(effects)
        #expect(try look(copy) == seen, "\(place)")
        let short = try restored(graph.snapshot())
        #expect(try look(short) == seen, "\(place)")
        // They go on alike: through what their functions keep, and the gradients' own graph.
        for graph in [graph, copy, short] { try goBackward(graph) }
        let next = try look(graph)
        #expect(try look(copy) == next, "\(place)")
        #expect(try look(short) == next, "\(place)")
        // And what the copies record from now on continues what was recorded.
        let further = try restored(effects + copy.takeEffects())
        #expect(try look(further) == next, "\(place)")
    }

    private func leaf(_ values: [Float]) throws -> Variable {
        try Variable(leaf: NDArray(values, shape: [values.count]))
    }

    /// Applies transactions one by one and looks at what the effects so far make.
    private func follow(_ steps: [(Graph) throws -> Void]) throws {
        let graph = Graph()
        graph.startRecording()
        var effects = graph.takeEffects()
        for (index, step) in steps.enumerated() {
            do { try graph.transaction { try step(graph) } } catch is Stop {}
            effects += graph.takeEffects()
            let seen = try look(graph)
            #expect(try look(try restored(effects)) == seen, "step \(index)")
            if index % 2 == 1 {
                effects = graph.snapshot()
                #expect(try look(try restored(effects)) == seen, "step \(index), from a snapshot")
            }
        }
    }
    private struct Stop: Error {}

    @Test("Names, gradients, data set in place, cuts and failures are followed")
    func changes() throws {
        try follow([
            { try $0.bind("x", leaf([1, 2])) },
            { graph in try graph.bind("y", graph.variable("x")! * graph.variable("x")!) },
            { graph in _ = try graph.backward(from: [graph.variable("y")!], seeds: [leaf([1, 1])]) },
            { graph in try graph.setData(graph.variable("x")!, NDArray([Float(5), 6], shape: [2])) },
            { graph in
                try graph.bind("z", leaf([9]))
                throw Stop()
            },
            { graph in _ = try graph.backward(from: [graph.variable("y")!], seeds: [leaf([1, 1])]) },
            { graph in
                try graph.bind("x", leaf([7, 7]))
                try graph.bind("x", leaf([8, 8]))
            },
            { graph in try graph.bind(graph.makeUpName("exp"), graph.variable("y")! + graph.variable("x")!) },
            { graph in _ = graph.unbind("y") },
            { graph in graph.unchainBackward(graph.variable("exp_1")!) },
            { graph in try graph.zerograd(graph.variable("x")!) },
            { graph in graph.cleargrad(graph.variable("x")!) },
            { graph in
                _ = graph.unbind("x")
                try graph.bind("x", leaf([3, 4]))
            },
            { graph in try graph.bind("v", graph.variable("x")! * graph.variable("x")!) },
            { graph in graph.unchain(graph.variable("v")!) },
        ])
    }

    @Test("Bytes that arrays share are recorded once, and are shared again")
    func sharing() throws {
        let graph = Graph()
        graph.startRecording()
        try graph.transaction {
            let x = try graph.bind("x", leaf([Float](repeating: 1, count: 1000))).variable
            try graph.bind("y", arrayOps.identity.results([x]).flat[0])
            try graph.bind("z", arrayOps.reshape(x, [10, 100]))
        }
        let effects = graph.takeEffects()
        #expect(effects.filter { if case .bytes = $0 { true } else { false } }.count == 1)
        let parent = Account()
        let copy = try restored(effects, parent: parent)
        #expect(copy.account.bytes == graph.account.bytes)
        #expect(parent.bytes == graph.account.bytes)
    }

    @Test("A chain of 200,000 ops is recorded and restored without recursion, beyond any limit")
    func longChain() throws {
        var graph: Graph? = Graph()
        graph?.startRecording()
        try graph?.transaction {
            let x = try #require(try graph?.bind("x", leaf([1])).variable)
            var y = x
            for _ in 0..<200_000 { y = try -y }
            try graph?.bind("y", y)
        }
        let effects = graph?.takeEffects() ?? []
        graph = nil
        let limited = Account(byteLimit: 1 << 20, nodeLimit: 10)
        let copy = try restored(effects, parent: limited)
        #expect(limited.nodes == 200_001)
        try copy.transaction { _ = try copy.backward(from: [copy.variable("y")!]) }
        #expect(try copy.variable("x")?.node?.grad?.array.elements(Float.self) == [1])
        // What is new is limited again.
        #expect(throws: EngineError.self) { try copy.transaction { try copy.bind("w", leaf([1, 2, 3])) } }
    }

    @Test("Effects that refer to what is not there are refused")
    func refused() throws {
        let node = RecordedNode(
            shape: [2], dtype: .float32, requiresGrad: true, wasNamed: false, creator: 9, index: 0, composite: 0,
            cell: 0)
        let call = RecordedCall(op: "tanh", slots: [.input(0)], inputs: [7])
        for effect: Effect in [
            .bound("x", number: 0, node: 3, cell: 4), .node(1, node), .call(1, call),
            .call(1, RecordedCall(op: "no_such_op", slots: [], inputs: [])),
            .cell(1, RecordedArray(bytes: 5, shape: [2], dtype: .float32), number: nil), .grad(node: 4, nil),
        ] {
            #expect(throws: EngineError.self) { try restored([effect]) }
        }
    }

    @Test("No two ops have one name, so that a recorded one is found again")
    func names() {
        let names = Catalog.families.flatMap(\.all).map(\.name)
        #expect(Set(names).count == names.count)
    }
}
