import Testing

@testable import Engine

/// The dtypes: what each holds, and how one becomes another.
struct DTypeTests {
    private func cast(_ values: [Double], _ dtype: DType) throws -> [Double] {
        try NDArray(values, shape: [values.count]).cast(to: dtype).doubles()
    }

    @Test(
        "NaN and what is out of range give the least integer",
        arguments: [(DType.int8, -128.0), (.int16, -32768), (.int32, -2_147_483_648), (.uint8, 0), (.int64, -0x1p63)])
    func castOutOfRange(_ dtype: DType, _ least: Double) throws {
        #expect(try cast([.nan, .infinity, -.infinity, 1e30, -1e30], dtype) == Array(repeating: least, count: 5))
    }

    @Test("Fractions are cut towards zero, and the bounds themselves fit")
    func castInRange() throws {
        #expect(try cast([1.9, -1.9, 127.9, -128.9], .int8) == [1, -1, 127, -128])
        #expect(try cast([255.5, -0.5], .uint8) == [255, 0])
        #expect(try cast([2_147_483_647.5, -2_147_483_648.5], .int32) == [2_147_483_647, -2_147_483_648])
        #expect(try cast([0x1p62, -0x1p63], .int64) == [0x1p62, -0x1p63])
        #expect(try cast([0, 0.5, .nan], .bool) == [0, 1, 1])
    }

    @Test("Integers wrap into shorter ones, and go into floats with one rounding")
    func castIntegers() throws {
        let array = try NDArray([Int64(300), -1, 1 << 40, (1 << 24) + 1], shape: [4])
        #expect(try array.cast(to: .int8).doubles() == [44, -1, 0, 1])
        #expect(try array.cast(to: .uint8).doubles() == [44, 255, 0, 1])
        #expect(try array.cast(to: .float32).doubles() == [300, -1, 0x1p40, 0x1p24])
    }

    @Test("Sums and means of float16 are computed in float32")
    func float16() throws {
        let x = try Variable(leaf: NDArray(repeating: Float16(60000), shape: [4]))
        #expect(try reduction.mean(x, nil, nil, false).array.doubles() == [60000])
        let small = try Variable(leaf: NDArray(repeating: Float16(0.1), shape: [10000]))
        #expect(try reduction.sum(small, nil, false).array.doubles() == [1000])
        #expect(try activation.softmax(x, 0).array.doubles() == [0.25, 0.25, 0.25, 0.25])
    }

    @Test(
        "Integers wrap, and a number that they cannot hold exactly is refused",
        arguments: [
            DType.int8, .int16, .int32, .int64, .uint8,
        ])
    func integers(_ dtype: DType) throws {
        let x = try Variable(leaf: NDArray([100.0, 7], shape: [2]).cast(to: dtype))
        let op = try #require(Catalog.op("mul"))
        _ = try op.apply([.variable(x), .number(.int(3))], [:])
        for number in [Scalar.real(0.5), .real(.infinity), .real(1e30)] {
            let error = #expect(throws: EngineError.self) { try op.apply([.variable(x), .number(number)], [:]) }
            #expect(error?.kind == .dtype)
        }
        let error = #expect(throws: EngineError.self) {
            try Catalog.op("div")?.apply([.variable(x), .variable(x)], [:])
        }
        #expect(error?.detail.contains("cast") == true)
    }
}
