import Testing

@testable import Engine

/// What no call of Chainer shows: arrays that are worked at on several cores, and bounds.
struct PoolingOpTests {
    @Test("Pooling a large array is folding its blocks", arguments: ["max_pooling_2d", "average_pooling_2d"])
    func poolingFoldsBlocks(_ name: String) throws {
        var generator = SplitMix64(Seed(3))
        let values = (0..<4 * 16 * 64 * 60).map { _ in Double.random(in: -1...1, using: &generator) }
        let x = try Variable(leaf: NDArray(values, shape: [4, 16, 64, 60]))
        let blocks = try arrayOps.reshape(x, [4, 16, 32, 2, 20, 3])
        let wanted =
            name == "max_pooling_2d"
            ? try reduction.max(blocks, [3, 5], false) : try reduction.mean(blocks, [3, 5], nil, false)
        let op = try #require(Catalog.op(name))
        let y = try op.apply([.variable(x)], ["ksize": .list([.int(2), .int(3)])]).results.flat[0]
        #expect(try y.array.difference(from: wanted.array, relative: 1e-14, absolute: 1e-15) == nil)

        let gradients = try [y, wanted].map {
            try Graph().grad(of: [$0], to: [x], gradOutputs: [Variable(constant: $0.array)])[0]
        }
        let (got, expected) = try (#require(gradients[0]).array, #require(gradients[1]).array)
        #expect(try got.difference(from: expected, relative: 1e-14, absolute: 1e-15) == nil)
    }

    @Test("The mean of float16 does not overflow, and that of nothing is NaN")
    func meansAreOfWhatIsThere() throws {
        let x = try Variable(constant: NDArray([Float16(6e4), 6e4], shape: [1, 1, 2]))
        #expect(try pooling.averagePooling1d(x, 2, nil, 0, 0).array.elements(Float16.self) == [6e4])
        let y = try pooling.averagePooling1d(x, 1, nil, 1, nil).array.elements(Float16.self)
        #expect(y[0].isNaN && y[3].isNaN && y[1...2] == [6e4, 6e4])
    }

    @Test("A region that is far larger than its image takes no longer", arguments: [1e6, 1e18, 1e300])
    func regionsAreBounded(_ reach: Double) throws {
        let x = try Variable(constant: NDArray([1.0, 2, 3, 4], shape: [1, 1, 2, 2]))
        let rois = try Variable(constant: NDArray([-reach, -reach, reach, reach], shape: [1, 4]))
        let image = try Variable(constant: NDArray([Int32(0)], shape: [1]))
        #expect(try regionPooling.roiMaxPooling2d(x, rois, image, 1, 1).array.item(Double.self) == 4)
        #expect(try regionPooling.roiAveragePooling2d(x, rois, image, 1, 1).array.item(Double.self) == 2.5)
        let (max, mean) = try (
            regionPooling.roiMaxAlign2d(x, rois, image, 1, 1, nil),
            regionPooling.roiAverageAlign2d(x, rois, image, 1, 1, nil)
        )
        if reach == 1e6 {
            // Further out no double is as fine as a pixel.
            #expect(try max.array.item(Double.self) == 4)
        }
        #expect(try abs(mean.array.item(Double.self) ?? .nan) < 1e-10)
    }
}
