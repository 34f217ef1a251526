import CMalloc
import Engine
import Foundation

/// What each row prepares, by its name.
let rows: [String: InProcess.Preparation] = [
    "four-ops": fourOps,
    "read-json": { try json { text, _ in _ = try read(text) } },
    "write-json": { try json { _, array in try write(array) } },
    "read-json-foundation": { try json { text, _ in _ = try JSONDecoder().decode([Float].self, from: text) } },
    "write-json-foundation": {
        let floats = try read(text()).elements(Float.self)
        return try InProcess.timed { _ = try JSONEncoder().encode(floats) }
    },
    "tanh": forward("tanh", [1000, 1000]),
    "exp": forward("exp", [1000, 1000]),
    "add": { try twice("add") },
    "neg": forward("neg", [1000, 1000]),
    "sum": forward("sum", [1000, 1000]),
    "sum-axis-1": forward("sum", [1000, 1000], arguments: ["axis": .int(1)]),
    "softmax": forward("softmax", [1000, 1000]),
    "matmul": { try twice("matmul") },
    "convolution": forward("convolution_2d", images, [64, 64, 3, 3], arguments: padded),
    "convolution-backward": backward("convolution_2d", images, [64, 64, 3, 3], arguments: padded),
    "convolution-rgb": forward("convolution_2d", [8, 3, 56, 56], [64, 3, 3, 3], arguments: padded),
    "convolution-rgb-backward": backward("convolution_2d", [8, 3, 56, 56], [64, 3, 3, 3], arguments: padded),
    "depthwise": forward("depthwise_convolution_2d", images, [1, 64, 3, 3], arguments: padded),
    "depthwise-backward": backward("depthwise_convolution_2d", images, [1, 64, 3, 3], arguments: padded),
    "max-pooling": forward("max_pooling_2d", images, arguments: ["ksize": .int(2)]),
    "max-pooling-backward": backward("max_pooling_2d", images, arguments: ["ksize": .int(2)]),
    "average-pooling": forward("average_pooling_2d", images, arguments: ["ksize": .int(2)]),
    "average-pooling-backward": backward("average_pooling_2d", images, arguments: ["ksize": .int(2)]),
    "chain-1000": { try chain(1000) },
    "chain-10000": { try chain(10_000) },
    "chain-100000": { try chain(100_000) },
    "chain-1000000": { try chain(1_000_000) },
]

private let images = [8, 64, 56, 56]
private let padded: [String: Argument] = ["pad": .int(1)]

private struct Missing: Error { let what: String }

private func op(_ name: String) throws -> any AnyOp {
    guard let op = Catalog.op(name) else { throw Missing(what: "op \(name)") }
    return op
}

/// The one result of an op.
private func apply(_ op: any AnyOp, _ operands: [Operand], _ arguments: [String: Argument] = [:]) throws -> Variable {
    try op.apply(operands, arguments).results.flat[0]
}

/// A leaf of the same numbers that the peers compute with.
private func filled(_ shape: [Int]) throws -> Variable {
    let elements = (0..<shape.reduce(1, *)).map { Float($0 % 1000) / 500 - 1 }
    return try Variable(leaf: NDArray(elements, shape: shape))
}

private func forward(
    _ name: String, _ shapes: [Int]..., arguments: [String: Argument] = [:]
) -> InProcess.Preparation {
    {
        let (op, inputs) = (try op(name), try shapes.map { Operand.variable(try filled($0)) })
        return try InProcess.timed { _ = try apply(op, inputs, arguments) }
    }
}

private func backward(
    _ name: String, _ shapes: [Int]..., arguments: [String: Argument] = [:]
) -> InProcess.Preparation {
    {
        let inputs = try shapes.map(filled)
        let y = try apply(op(name), inputs.map { .variable($0) }, arguments)
        let graph = Graph()
        return try InProcess.timed { _ = try graph.transaction { try graph.grad(of: [y], to: inputs) } }
    }
}

/// An op of an array and itself.
private func twice(_ name: String) throws -> InProcess.Measure {
    let (op, x) = (try op(name), Operand.variable(try filled([1000, 1000])))
    return try InProcess.timed { _ = try apply(op, [x, x]) }
}

/// z = 2 (2 x0 + 3 x1), built anew, and its gradient by x0.
private func fourOps() throws -> InProcess.Measure {
    let (graph, mul, add) = (Graph(), try op("mul"), try op("add"))
    return try InProcess.timed {
        let x0 = try Variable(leaf: NDArray([Float(0), 1], shape: [2]))
        let x1 = try Variable(leaf: NDArray([Float(2), 3], shape: [2]))
        let a = try apply(mul, [.number(.int(2)), .variable(x0)])
        let b = try apply(mul, [.number(.int(3)), .variable(x1)])
        let y = try apply(add, [.variable(a), .variable(b)])
        let z = try apply(mul, [.number(.int(2)), .variable(y)])
        _ = try graph.transaction { try graph.grad(of: [z], to: [x0]) }
    }
}

/// `backward` over a chain of ops: seconds an op, and bytes of memory that an op of the chain keeps.
private func chain(_ length: Int) throws -> InProcess.Measure {
    let (graph, mul) = (Graph(), try op("mul"))
    let x = try Variable(leaf: NDArray([Float(1)], shape: []))
    let before = allocatedBytes()
    var y = x
    for _ in 0..<length { y = try apply(mul, [.variable(y), .number(.int(1))]) }
    let bytes = Double(allocatedBytes() - before) / Double(length)
    let root = y
    let time = try InProcess.timed { _ = try graph.transaction { try graph.backward(from: [root]) } }
    return { [try time()[0] / Double(length), bytes] }
}

/// Bytes that `malloc` has given and not got back.
private func allocatedBytes() -> Int {
    let counts = mallinfo2()
    return Int(counts.uordblks + counts.hblkhd)
}

// MARK: - JSON, as the server reads and writes it

private func text() throws -> Data {
    guard CommandLine.arguments.count > 2 else { throw Missing(what: "the path of the JSON text") }
    return try Data(contentsOf: URL(filePath: CommandLine.arguments[2]))
}

private func read(_ text: Data) throws -> NDArray {
    try text.withUnsafeBytes { try JSONValue(JSONText($0)).array(.float32) }
}

private func write(_ array: NDArray) throws {
    var buffer = OutputBuffer()
    try buffer.append(array)
}

/// Something done with a text, or with the array that it says.
private func json(_ work: @escaping (Data, NDArray) throws -> Void) throws -> InProcess.Measure {
    let text = try text()
    let array = try read(text)
    return try InProcess.timed { try work(text, array) }
}
