import Testing

@testable import Engine

/// Work that a thread which others wait for does not begin.
struct AllowanceTests {
    /// An op on arrays of the shapes, which takes some millions of multiplications, and its arguments.
    static let long: [(String, [[Int]], [String: Argument])] = [
        ("matmul", [[256, 256], [256, 256]], [:]),
        ("convolution_2d", [[1, 16, 64, 64], [16, 16, 3, 3]], ["pad": .int(1)]),
        ("depthwise_convolution_2d", [[1, 1, 128, 128], [1, 1, 128, 128]], ["pad": .int(64)]),
        ("inv", [[256, 256]], [:]),
    ]

    @Test("What takes longer than its arrays' sizes tell is announced before it begins", arguments: long)
    func announced(_ name: String, _ shapes: [[Int]], _ arguments: [String: Argument]) throws {
        let op = try #require(Catalog.op(name))
        let account = Account()
        try account.charged {
            let inputs = try shapes.map { Operand.array(try NDArray(repeating: Float(0.5), shape: $0)) }
            account.allow(bytesAtOnce: .max, workAtOnce: 1 << 21)
            #expect(throws: Account.BeyondAllowance.self) { try op.apply(inputs, arguments) }
        }
    }
}
