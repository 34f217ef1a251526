import TestSupport
import Testing

@testable import Engine

/// Chainer's answers to calls of single ops: results, first and second gradients, refusals.
struct OpFixtureTests {
    private static let cases = (try? opFixtures()) ?? []
    private static let places = cases.indices

    @Test("The fixtures hold every op of the catalogue")
    func fixturesCoverTheCatalogue() {
        let covered = Set(Self.cases.compactMap { $0.call["op"]?.string })
        #expect(Catalog.ops.map(\.name).filter { !covered.contains($0) } == [])
        #expect(Self.cases.count > 900)
    }

    @Test("An op gives Chainer's results, gradients and second gradients", arguments: places)
    func answersAsChainer(_ index: Int) throws {
        let (place, call) = Self.cases[index]
        guard call["error"] == nil else { return }
        try Account().charged { try OpCase(call, place).check() }
    }

    @Test("An op refuses what Chainer refuses, and says why", arguments: places)
    func refusesAsChainer(_ index: Int) throws {
        let (place, call) = Self.cases[index]
        guard call["error"] != nil else { return }
        do {
            let results = try OpCase(call, place).apply().results.flat
            let got = try results.map { try $0.array.doubles() }
            Issue.record("\(place): \(call["op"]?.string ?? "") with \(call["args"] as Any) gave \(got)")
        } catch let error as EngineError {
            #expect(error.kind != .fault, "\(place): \(error.detail)")
            #expect(!error.detail.isEmpty)
        }
    }
}

/// One call with Chainer's answers.
struct OpCase {
    let fixture: JSON
    /// Its file and line.
    let place: String
    let op: any AnyOp
    let tolerance: (relative: Double, absolute: Double)

    init(_ fixture: JSON, _ place: String) throws {
        (self.fixture, self.place) = (fixture, place)
        op = try #require(Catalog.op(fixture["op"]?.string ?? ""), "\(place)")
        let isSingle = fixture["outputs"]?.list?.contains { $0["dtype"]?.string == "float32" } ?? false
        let relative = fixture["rtol"]?.number
        tolerance = isSingle ? (relative ?? 2e-5, 2e-6) : (relative ?? 1e-12, 1e-13)
    }

    /// Applies the op; the inputs come flat, nil for what is no array.
    /// - Parameters:
    ///   - graph: that it is applied in.
    ///   - changes: other arguments.
    ///   - replaced: makes of an array, by its place among all, another.
    func apply(
        in graph: Graph = Graph(), _ changes: [String: Argument] = [:],
        replacing replaced: (Int, NDArray) throws -> NDArray = { $1 }
    ) throws -> (inputs: [Variable?], results: Results) {
        var inputs: [Variable?] = []
        let given = try #require(fixture["inputs"])
        let values = given.list ?? op.arrayParameters.map { given[$0.name] ?? .null }
        let operands = try values.map { try operand($0, &inputs, replaced) }
        var arguments: [String: Argument] = [:]
        if case .object(let object) = fixture["args"] { arguments = object.mapValues(\.argument) }
        arguments.merge(changes) { $1 }
        return (inputs, try graph.apply(op, operands, arguments))
    }

    private func operand(
        _ value: JSON, _ inputs: inout [Variable?], _ replaced: (Int, NDArray) throws -> NDArray
    ) throws -> Operand {
        if let items = value.list { return .list(try items.map { try operand($0, &inputs, replaced) }) }
        guard let array = try value.array() else {
            inputs.append(nil)
            switch value {
            case .int(let number): return .number(.int(number))
            case .real(let number): return .number(.real(number))
            default: return .absent
            }
        }
        let variable = try Variable(leaf: try replaced(inputs.count, array))
        inputs.append(variable)
        return .variable(variable)
    }

    private func expect(_ got: Variable, _ wanted: NDArray, _ what: String, factor: Double = 1) throws {
        let difference = try got.array.difference(
            from: wanted, relative: tolerance.relative * factor, absolute: tolerance.absolute * factor)
        if let difference { Issue.record("\(place): \(what) of \(op.name) is \(difference)") }
    }

    func check() throws {
        let (inputs, results) = try apply()
        let outputs = results.flat
        let expected = try #require(fixture["outputs"]?.list).compactMap { try $0.array() }
        #expect(outputs.count == expected.count, "\(place)")
        for (output, wanted) in zip(outputs, expected) { try expect(output, wanted, "result") }
        if case .object(let updates) = fixture["updates"] {
            for (input, wanted) in updates {
                let updated = try #require(Int(input).flatMap { inputs[$0] })
                try expect(updated, #require(try wanted.array()), "input \(input) afterwards")
            }
        }
        guard let seeds = fixture["gy"]?.list else { return }
        let gys = try seeds.map { try $0.array().map { try Variable(leaf: $0) } }
        let roots = zip(outputs, gys).filter { $0.1 != nil }
        let floats = inputs.indices.filter { inputs[$0]?.dtype.isFloat == true }
        let found = try Graph().grad(
            of: roots.map(\.0), to: floats.compactMap { inputs[$0] }, gradOutputs: roots.map(\.1),
            options: BackpropOptions(enableDoubleBackprop: true))
        var gradients: [Int: Variable] = [:]
        for (input, got) in zip(floats, found) {
            gradients[input] = got
            try check(got, fixture["gx"]?.list?[input], "gx\(input)", factor: 10)
        }
        guard let factors = fixture["h"]?.list, let second = fixture["ggx"]?.list else { return }
        let seeded = try factors.enumerated().compactMap { input, h in
            try h.array().flatMap { h in gradients[input].map { ($0, Variable(constant: h)) } }
        }
        // At NaN Chainer's own second gradients (minimum) contradict its first.
        let hasNaN = try inputs.compactMap { try $0?.array.doubles() }.joined().contains(where: \.isNaN)
        guard !seeded.isEmpty, !hasNaN else { return }
        let targets = floats.compactMap { inputs[$0] } + gys.compactMap { $0 }
        let wanted: [JSON?] =
            floats.map { second[$0] } + zip(gys, fixture["ggy"]?.list ?? []).filter { $0.0 != nil }.map(\.1)
        let seconds = try Graph().grad(of: seeded.map(\.0), to: targets, gradOutputs: seeded.map(\.1))
        for (index, (got, wanted)) in zip(seconds, wanted).enumerated() {
            try check(got, wanted, "second gradient \(index)", factor: 20)
        }
    }

    /// Where a gradient is zero, Chainer says null for some ops and zeros for others.
    private func check(_ got: Variable?, _ json: JSON?, _ what: String, factor: Double) throws {
        let wanted = try json?.array()
        if let got, let wanted {
            try expect(got, wanted, what, factor: factor)
        } else if let alone = try got?.array ?? wanted {
            let isZero = try alone.doubles().allSatisfy { $0 == 0 || $0.isNaN }
            #expect(isZero, "\(place): \(what) of \(op.name) is \(got == nil ? "null" : "there")")
        }
    }
}
