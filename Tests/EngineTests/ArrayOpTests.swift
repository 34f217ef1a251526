import Testing

@testable import Engine

/// What no call of Chainer shows: windows over any number of axes, and bounds.
struct ArrayOpTests {
    @Test("Windows of three axes read what strides read", arguments: [false, true])
    func windowsAreStrides(coverAll: Bool) throws {
        let x = try Variable(constant: NDArray((0..<72).map(Double.init), shape: [1, 2, 3, 4, 3]))
        let windows = try Windows(
            kernel: [2, 2, 1], stride: [1, 2, 2], pad: 0, dilate: [1, 1, 3], over: [3, 4, 3], coverAll: coverAll)
        #expect(windows.counts == [2, 2, 2])
        let columns = try images.columns(x, windows)
        let strided = try gathering.asStrided(
            x, [1, 2, 2, 2, 1, 2, 2, 2], [72, 36, 12, 3, 3, 12, 6, 2], nil)
        #expect(try columns.array.difference(from: strided.array, relative: 0, absolute: 0) == nil)
    }

    @Test("On one axis the padding is zero, and the last window covers all")
    func paddingIsZero() throws {
        let x = try NDArray([1.0, 2, 3], shape: [1, 1, 3])
        let windows = try Windows(kernel: [2], stride: 3, pad: 1, dilate: 2, over: [3], coverAll: true)
        #expect(try x.im2col(windows).elements(Double.self) == [0, 3, 2, 0])
        #expect(try x.im2col(windows).shape == [1, 1, 2, 2])
    }

    @Test("The sum over windows is the adjoint: every element as often as windows read it")
    func sumIsAdjoint() throws {
        let x = try NDArray((1...24).map(Double.init), shape: [1, 1, 2, 3, 4])
        let windows = try Windows(kernel: [2, 2, 3], stride: [1, 2, 1], pad: [1, 0, 2], dilate: 1, over: [2, 3, 4])
        let columns = try x.im2col(windows)
        let counts = try NDArray.ones(like: columns).col2im(windows, size: [2, 3, 4]).elements(Double.self)
        let weighted = try zip(x.elements(Double.self), counts).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(try columns.elements(Double.self).reduce(0, +) == weighted)
        #expect(Set(counts) == [0, 6])
    }

    @Test("An array is not split into more parts than an op gives")
    func resultsAreBounded() throws {
        let x = try Variable(constant: NDArray.zeros([1 << 17], .bool))
        for op in ["separate", "split_axis"] {
            let arguments: [String: Argument] =
                op == "separate" ? [:] : ["indices_or_sections": .int(1 << 17), "axis": .int(0)]
            let error = #expect(throws: EngineError.self) {
                try Catalog.op(op)?.apply([.variable(x)], arguments)
            }
            #expect(error?.kind == .size)
        }
    }
}
