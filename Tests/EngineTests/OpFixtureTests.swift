import TestSupport
import Testing

@testable import Engine

/// Chainer's answers to calls of single ops: results, first and second gradients, refusals.
struct OpFixtureTests {
    /// Cases in the dtypes that the engine has.
    private static let cases = ((try? fixture("ops.json")) ?? []).filter {
        $0.dtypes.allSatisfy { DType(rawValue: $0) != nil }
    }

    @Test("The fixtures hold every op of the catalogue that Chainer has")
    func fixturesCoverTheCatalogue() {
        let covered = Set(Self.cases.compactMap { $0["op"]?.string })
        // Beyond Chainer: NumPy's comparisons. (The last two are seen through get_item and softmax_cross_entropy.)
        let beyond: Set = ["eq", "ne", "lt", "le", "gt", "ge", "scatter_add", "select_item"]
        let missing = Catalog.ops.map(\.name).filter { !covered.contains($0) && !beyond.contains($0) }
        #expect(missing.isEmpty)
        #expect(Self.cases.count > 900)
    }

    @Test("An op gives Chainer's results, gradients and second gradients", arguments: cases.indices)
    func answersAsChainer(_ index: Int) throws {
        guard Self.cases[index]["error"] == nil else { return }
        try Account().charged { try OpCase(Self.cases[index], index).check() }
    }

    @Test("An op refuses what Chainer refuses, and says why", arguments: cases.indices)
    func refusesAsChainer(_ index: Int) throws {
        let fixture = Self.cases[index]
        guard fixture["error"] != nil else { return }
        do {
            let results = try OpCase(fixture, index).apply().results.flat
            let got = try results.map { try $0.array.doubles() }
            Issue.record("case \(index): \(fixture["op"]?.string ?? "") with \(fixture["args"] as Any) gave \(got)")
        } catch let error as EngineError {
            #expect(error.kind != .fault, "case \(index): \(error.detail)")
            #expect(!error.detail.isEmpty)
        }
    }
}

/// One call with Chainer's answers.
private struct OpCase {
    let fixture: JSON
    let index: Int
    let op: any AnyOp
    let tolerance: (relative: Double, absolute: Double)

    init(_ fixture: JSON, _ index: Int) throws {
        self.fixture = fixture
        self.index = index
        op = try #require(Catalog.op(fixture["op"]?.string ?? ""))
        let single = fixture["outputs"]?.list?.first?["dtype"]?.string == "float32"
        tolerance = single ? (2e-5, 2e-6) : (1e-12, 1e-13)
    }

    func apply() throws -> (inputs: [Variable?], results: Results) {
        var inputs: [Variable?] = []
        var operands: [Operand] = []
        for value in try #require(fixture["inputs"]?.list) {
            var input: Variable?
            switch value {
            case .int(let number): operands.append(.number(.int(number)))
            case .real(let number): operands.append(.number(.real(number)))
            case .object:
                let variable = try Variable(leaf: try #require(try value.array()))
                input = variable
                operands.append(.variable(variable))
            default: operands.append(.absent)
            }
            inputs.append(input)
        }
        var arguments: [String: Argument] = [:]
        if case .object(let object) = fixture["args"] { arguments = object.mapValues(\.argument) }
        return (inputs, try op.apply(operands, arguments))
    }

    private func expect(_ got: Variable, _ wanted: NDArray, _ what: String, factor: Double = 1) throws {
        let difference = try got.array.difference(
            from: wanted, relative: tolerance.relative * factor, absolute: tolerance.absolute * factor)
        if let difference { Issue.record("case \(index): \(what) of \(op.name) is \(difference)") }
    }

    func check() throws {
        let (inputs, results) = try apply()
        let outputs = results.flat
        let expected = try #require(fixture["outputs"]?.list).compactMap { try $0.array() }
        #expect(outputs.count == expected.count, "case \(index)")
        for (output, wanted) in zip(outputs, expected) { try expect(output, wanted, "result") }
        guard let seeds = fixture["gy"]?.list else { return }
        let gys = try seeds.map { try $0.array().map { try Variable(leaf: $0) } }
        let roots = zip(outputs, gys).filter { $0.1 != nil }
        let floats = inputs.indices.filter { inputs[$0]?.dtype.isFloat == true }
        let found = try Graph().grad(
            of: roots.map(\.0), to: floats.compactMap { inputs[$0] }, gradOutputs: roots.map(\.1),
            options: BackpropOptions(enableDoubleBackprop: true))
        var gradients: [Int: Variable] = [:]
        for (place, got) in zip(floats, found) {
            gradients[place] = got
            try check(got, fixture["gx"]?.list?[place], "gx\(place)", factor: 10)
        }
        guard let factors = fixture["h"]?.list, let second = fixture["ggx"]?.list else { return }
        let seeded = try factors.enumerated().compactMap { place, h in
            try h.array().flatMap { h in gradients[place].map { ($0, Variable(constant: h)) } }
        }
        // At NaN Chainer's own second gradients (minimum) contradict its first.
        let hasNaN = try inputs.compactMap { try $0?.array.doubles() }.joined().contains(where: \.isNaN)
        guard !seeded.isEmpty, !hasNaN else { return }
        let targets = floats.compactMap { inputs[$0] } + gys.compactMap { $0 }
        let wanted: [JSON?] =
            floats.map { second[$0] } + zip(gys, fixture["ggy"]?.list ?? []).filter { $0.0 != nil }.map(\.1)
        let seconds = try Graph().grad(of: seeded.map(\.0), to: targets, gradOutputs: seeded.map(\.1))
        for (place, (got, wanted)) in zip(seconds, wanted).enumerated() {
            try check(got, wanted, "second gradient \(place)", factor: 20)
        }
    }

    /// Where a gradient is zero, Chainer says null for some ops and zeros for others.
    private func check(_ got: Variable?, _ json: JSON?, _ what: String, factor: Double) throws {
        let wanted = try json?.array()
        if let got, let wanted {
            try expect(got, wanted, what, factor: factor)
        } else if let alone = try got?.array ?? wanted {
            let isZero = try alone.doubles().allSatisfy { $0 == 0 || $0.isNaN }
            #expect(isZero, "case \(index): \(what) of \(op.name) is \(got == nil ? "null" : "there")")
        }
    }
}

extension JSON {
    /// All dtypes that are named anywhere in it.
    fileprivate var dtypes: [String] {
        switch self {
        case .list(let items): items.flatMap(\.dtypes)
        case .object(let object):
            object.flatMap { key, value in
                (key == "dtype" || key == "typ" ? value.string.map { [$0] } : nil) ?? value.dtypes
            }
        default: []
        }
    }
}
