import Testing

@testable import Engine

/// What the small arrays of the fixtures do not reach: convolutions in several blocks, of places or of whole images.
struct ConvolutionTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        var images: [Int]
        var outputs: Int
        var kernel: [Int]
        var groups = 1
        var stride = 1
        var pad = 0

        var testDescription: String { "\(images) to \(outputs) by \(kernel), groups \(groups)" }
    }

    static let samples = [
        // In parts of images.
        Sample(images: [2, 80, 20, 20], outputs: 2, kernel: [3, 3], pad: 1),
        Sample(images: [6, 4, 11_001], outputs: 4, kernel: [2]),
        // In blocks of small images, of one place each even.
        Sample(images: [60, 64, 3, 3], outputs: 4, kernel: [3, 3], pad: 1),
        Sample(images: [270, 40, 5, 5], outputs: 3, kernel: [5, 5]),
        Sample(images: [40, 300], outputs: 30, kernel: []),
        // In groups, and of one element.
        Sample(images: [3, 48, 15, 21], outputs: 12, kernel: [3, 2], groups: 3, stride: 2, pad: 1),
        Sample(images: [3, 6, 700], outputs: 6, kernel: [9], groups: 6, pad: 4),
        Sample(images: [2, 70, 20, 20], outputs: 6, kernel: [1, 1]),
        Sample(images: [3, 40, 15, 10], outputs: 20, kernel: [1, 1], groups: 2),
        Sample(images: [2, 3, 9, 8, 10], outputs: 5, kernel: [2, 3, 2], stride: 2, pad: 2),
    ]

    @Test("Convolutions are sums over windows, and their gradients the adjoints", arguments: samples)
    func convolutionsAreSums(_ sample: Sample) throws {
        let (x, w, b) = (
            try numbers(sample.images, 1),
            try numbers([sample.outputs, sample.images[1] / sample.groups] + sample.kernel, 2),
            try numbers([sample.outputs], 3)
        )
        let op = try #require(Catalog.op("convolution_nd"))
        let arguments: [String: Argument] = [
            "stride": .int(Int64(sample.stride)), "pad": .int(Int64(sample.pad)), "groups": .int(Int64(sample.groups)),
        ]
        let inputs = try [x, w, b].map { try Variable(leaf: $0) }
        let y = try op.apply(inputs.map { .variable($0) }, arguments).results.flat[0]
        // By im2col and one product of matrices, for each group.
        let windows = try Windows(
            kernel: sample.kernel, stride: Axes(sample.kernel.map { _ in sample.stride }),
            pad: Axes(sample.kernel.map { _ in sample.pad }), dilate: Axes(sample.kernel.map { _ in 1 }),
            over: Array(sample.images[2...]))
        let places = windows.counts.reduce(1, *)
        let depth = w.size / sample.outputs
        let columns = try x.im2col(windows).reshaped([sample.images[0], sample.groups, depth, places])
        let weights = try w.reshaped([sample.groups, sample.outputs / sample.groups, depth])
        let sums = try weights.matmul(columns).reshaped([sample.images[0], sample.outputs, places])
        let wanted = try Variable(constant: sums) + Variable(constant: b.reshaped([sample.outputs, 1]))
        let close = try y.array.difference(
            from: wanted.array.reshaped(unchecked: y.shape), relative: 1e-12, absolute: 1e-12)
        #expect(close == nil)

        // The sum of y gy is linear in each of the arrays: a gradient times any step is its change.
        let gy = try numbers(y.shape, 4)
        let gradients = try Graph().grad(of: [y], to: inputs, gradOutputs: [Variable(constant: gy)])
        for (place, input) in [x, w, b].enumerated() {
            let step = try numbers(input.shape, 5)
            var moved = [x, w, b]
            moved[place] = try (Variable(constant: input) + Variable(constant: step)).array
            let there = try op.apply(moved.map { .array($0) }, arguments).results.flat[0]
            let change = try dot(there.array, gy) - dot(y.array, gy)
            let gradient = try #require(gradients[place]).array
            #expect(try abs(dot(gradient, step) - change) <= 1e-9 * max(abs(change), 1), "input \(place)")
        }
    }

    @Test("float16 is computed in float32, the gradients too")
    func halvesAreComputedInSingles() throws {
        let arrays = try [[2, 4, 3, 3], [6, 2, 2, 2], [6]].map { try numbers($0, 5).cast(to: .float16) }
        let gy = try numbers([2, 6, 2, 2], 6).cast(to: .float16)
        func gradients(_ dtype: DType) throws -> [NDArray] {
            let inputs = try arrays.map { try Variable(leaf: $0.cast(to: dtype)) }
            let y = try #require(Catalog.op("convolution_2d")).apply(
                inputs.map { .variable($0) }, ["groups": .int(2)]
            ).results.flat[0]
            let found = try Graph().grad(of: [y], to: inputs, gradOutputs: [Variable(constant: gy.cast(to: dtype))])
            return try ([y] + found.compactMap { $0 }).map { try $0.array.cast(to: .float16) }
        }
        let (halves, singles) = (try gradients(.float16), try gradients(.float32))
        for (half, single) in zip(halves.dropLast(), singles.dropLast()) {
            #expect(try half.difference(from: single, relative: 0, absolute: 0) == nil)
        }
    }

    @Test("Sizes that no array has are refused before memory is taken")
    func sizesAreBounded() throws {
        let (x, w) = (try numbers([1, 1, 2, 2], 7), try numbers([1, 1, 2, 2], 8))
        let huge = Argument.int(Int64(NDArray.sizeLimit))
        for (op, arguments) in [
            ("convolution_2d", ["pad": huge]), ("deconvolution_2d", ["stride": huge]),
            ("deconvolution_2d", ["dilate": huge]), ("deformable_convolution_2d_sampler", ["pad": .int(1 << 60)]),
            ("deconvolution_2d", ["stride": huge, "outsize": .list([huge, huge])]),
            ("deconvolution_2d", ["pad": huge, "outsize": .list([.int(.max), .int(.max)])]),
            ("convolution_2d", ["groups": .int(.max)]), ("deconvolution_2d", ["groups": .int(.min)]),
        ] {
            let offset = try numbers([1, 8, 1, 1], 9)
            let inputs = op.hasPrefix("deformable") ? [x, offset, w] : [x, w]
            let error = #expect(throws: EngineError.self) {
                try Catalog.op(op)?.apply(inputs.map { .array($0) }, arguments)
            }
            #expect([.size, .argument].contains(error?.kind), "\(op) \(arguments): \(error?.detail ?? "")")
        }
        let wide = try #require(Catalog.op("convolution_2d")).apply(
            [.array(x), .array(w)], ["pad": huge, "stride": huge, "dilate": huge])
        #expect(wide.results.flat[0].shape == [1, 1, 2, 2])
    }

    private func numbers(_ shape: [Int], _ seed: Int64) throws -> NDArray {
        var generator = SplitMix64(Seed(seed))
        return try NDArray((0..<shape.reduce(1, *)).map { _ in generator.uniform() - 0.5 }, shape: shape)
    }

    private func dot(_ a: NDArray, _ b: NDArray) throws -> Double {
        zip(try a.elements(Double.self), try b.elements(Double.self)).reduce(0) { $0 + $1.0 * $1.1 }
    }
}
