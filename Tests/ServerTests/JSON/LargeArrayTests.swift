import Engine
import Testing

@testable import Server

/// Large arrays take another way: both halves at once. It must lead to the same place.
struct LargeArrayTests {
    private func text(_ shape: [Int], gap: String = "") -> [UInt8] {
        var next = 0
        func list(_ shape: ArraySlice<Int>) -> String {
            guard let length = shape.first else {
                next += 1
                return next % 1000 == 0 ? "\"NaN\"" : "\(Double(next % 977) / 8 - 50)"
            }
            return "[" + (0..<length).map { _ in list(shape.dropFirst()) }.joined(separator: "\(gap),\(gap)") + "]"
        }
        return Array(list(shape[...]).utf8)
    }

    private func read(_ bytes: [UInt8], _ dtype: DType = .float32) throws -> NDArray {
        try bytes.withUnsafeBytes { try JSONValue(JSONText($0)).array(dtype) }
    }

    private func written(_ array: NDArray) throws -> [UInt8] {
        var out = OutputBuffer()
        try out.append(array)
        return Array(out.unsent)
    }

    @Test(
        "What was read is written back as it was, in every shape",
        arguments: [
            [100_000], [1, 100_000], [100_000, 1], [2, 50_000], [3, 1, 40_000], [333, 333], [50, 40, 50],
            [1, 1, 1, 90_001],
        ])
    func roundTrip(_ shape: [Int]) throws {
        let bytes = text(shape)
        #expect(bytes.count >= 1 << 18)
        let array = try read(bytes)
        #expect(array.shape == shape)
        #expect(try written(array) == bytes)
        #expect(try written(read(text(shape, gap: " \n"))) == bytes)
    }

    @Test("A fault in either half is told at its place", arguments: [1000, 60_000, 99_999])
    func faults(_ place: Int) throws {
        var items = (0..<100_000).map { "\($0)" }
        for (fault, kind) in [("[1]", "list"), ("true", "something else"), ("1.5.2", ""), ("", "")] {
            items[place] = fault
            let bytes = Array("[\(items.joined(separator: ","))]".utf8)
            let offset = items[..<place].reduce(1) { $0 + $1.utf8.count + 1 }
            let error = #expect(throws: JSONError.self) { try read(bytes) }
            #expect((offset...offset + 4).contains(error?.offset ?? 0), "\(fault) \(kind)")
        }
    }

    @Test("Rows of different lengths are refused wherever the middle is")
    func ragged() throws {
        for short in [0, 499, 500, 999] {
            let rows = (0..<1000).map { row in
                "[" + (0..<(row == short ? 99 : 100)).map { "\($0)" }.joined(separator: ",") + "]"
            }
            let error = #expect(throws: JSONError.self) { try read(Array("[\(rows.joined(separator: ","))]".utf8)) }
            guard case .value = error?.kind else {
                Issue.record("row \(short): \(String(describing: error))")
                continue
            }
        }
    }

    @Test("The account is charged for what the array takes, and no more")
    func account() throws {
        let account = Account()
        try account.charged {
            let array = try read(text([100_000]))
            #expect((400_000...425_000).contains(account.bytes), "\(account.bytes)")
            #expect(array.size == 100_000)
        }
        #expect(account.bytes == 0)
    }
}
