import Engine
import Foundation
import Testing

@testable import Server

/// Effects as bytes.
struct EffectCodingTests {
    /// The effects of a graph with everything in it.
    private func effects() throws -> [Effect] {
        let graph = Graph()
        graph.startRecording()
        let mul = try #require(Catalog.op("mul"))
        let sum = try #require(Catalog.op("sum"))
        try graph.transaction {
            let x = try graph.bind("x", Variable(leaf: NDArray([Float](repeating: 2, count: 3000), shape: [30, 100])))
                .variable
            try graph.bind("i", Variable(leaf: NDArray([Int8(1), -2], shape: [2])))
            let y = try #require(try graph.apply(mul, [.variable(x), .number(.real(.pi))]).flat.first)
            try graph.bind("y", y)
            let s = try #require(
                try graph.apply(sum, [.variable(y)], ["axis": .list([.int(0)]), "keepdims": .bool(true)]).flat.first)
            try graph.bind(graph.makeUpName("sum"), s)
            _ = try graph.backward(
                from: [s], seeds: [Variable(constant: NDArray(repeating: Float(1), shape: [1, 100]))])
            try graph.setData(x, NDArray([Float](repeating: 3, count: 3000), shape: [30, 100]))
            graph.unchain(s)
            _ = graph.unbind("i")
        }
        return graph.takeEffects()
    }

    private func read(_ written: WrittenEffects) throws -> [Effect] {
        var effects: [Effect] = []
        for piece in written.pieces {
            try piece.withUnsafeBytes { bytes in
                var reader = EffectReader(bytes) { number, target in
                    guard let array = written.arrays.first(where: { $0.number == number }) else {
                        throw ByteReader.Damage()
                    }
                    array.array.withBytes { target.copyMemory(from: $0) }
                }
                while let effect = try reader.next() { effects.append(effect) }
            }
        }
        return effects
    }

    /// Arrays are told by their bytes.
    private func describe(_ effects: [Effect]) -> [String] {
        effects.map { effect in
            guard case .bytes(let number, let array) = effect else { return "\(effect)" }
            return "bytes \(number) \(array.dtype) \(array.byteCount) \(array.withBytes { Array($0) }.hashValue)"
        }
    }

    @Test("What is read is what was written")
    func roundTrip() throws {
        let effects = try effects()
        let written = WrittenEffects(effects)
        #expect(written.arrays.count >= 2)
        #expect(describe(try read(written)) == describe(effects))
    }

    @Test("Numbers of any size come back")
    func numbers() throws {
        var writer = ByteWriter()
        let numbers: [Int64] = [0, 1, -1, 63, 64, -64, -65, 1 << 40, .max, .min]
        for number in numbers { writer.write(number) }
        try writer.bytes.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) throws in
            var reader = ByteReader(bytes)
            for number in numbers { #expect(try reader.readInt64() == number) }
            #expect(reader.isAtEnd)
        }
    }

    @Test("Bytes that were cut off or changed are refused, or read as something else, and nothing worse")
    func damage() throws {
        let written = WrittenEffects(try effects())
        let piece = try #require(written.pieces.first)
        var generator = SystemRandomNumberGenerator()
        for round in 0..<3000 {
            var bytes = piece
            if round % 2 == 0 {
                bytes.removeLast(Int.random(in: 1...bytes.count, using: &generator))
            } else {
                for _ in 0..<3 { bytes[Int.random(in: 0..<bytes.count)] = .random(in: 0...255) }
            }
            var restorer = GraphRestorer(parent: nil)
            try? bytes.withUnsafeBytes { raw in
                var reader = EffectReader(raw) { number, target in
                    guard let array = written.arrays.first(where: { $0.number == number })?.array,
                        array.byteCount == target.count
                    else { throw ByteReader.Damage() }
                    array.withBytes { target.copyMemory(from: $0) }
                }
                try restorer.apply { try reader.next() }
            }
            _ = restorer.finish()
        }
    }
}
