import Foundation
import TestSupport
import Testing

@testable import Engine

/// What no sensible caller gives, given to every op: it is refused or computed, and nothing ends the process.
/// `GRADD_EXTREMES=all` gives more of it, for some minutes.
struct ExtremeTests {
    private static let isThorough = ProcessInfo.processInfo.environment["GRADD_EXTREMES"] == "all"
    private static let ops = Catalog.ops.map(\.name)
    private static let cases = Dictionary(grouping: (try? opFixtures()) ?? []) { $0.call["op"]?.string ?? "" }

    private static let integers: [Int64] =
        isThorough ? [.min, .min + 1, -1 << 40, -1, 0, 1, 3, 1 << 31, 1 << 40, 1 << 62, .max] : [.min, -1, 0, .max]
    private static let reals: [Double] =
        isThorough
        ? [.nan, .infinity, -.infinity, 1e300, -1e300, .leastNonzeroMagnitude, -0.0, 0.5] : [.nan, -.infinity, 1e300]

    private static let values: [Argument] = {
        var values: [Argument] = [.null, .bool(true), .string(""), .list([]), .list([.list([])])]
        for integer in integers {
            let pair = Argument.list([.int(integer), .int(integer)])
            values += [.int(integer), .list([.int(integer)]), pair, .list([pair])]
            values.append(.string("\(integer):\(integer):\(integer)"))
        }
        for real in reals { values += [.real(real), .list([.real(real)])] }
        return values
    }()

    @Test("No argument ends the process", arguments: ops)
    func arguments(_ name: String) throws {
        for (place, call) in Self.few(name) {
            let example = try OpCase(call, place)
            let names = example.op.parameters.filter { $0.array == nil }.map(\.name)
            for value in Self.values {
                for name in names { survives(example, "\(name): \(value)") { try example.apply([name: value]) } }
                let all = Dictionary(uniqueKeysWithValues: names.map { ($0, value) })
                survives(example, "all: \(value)") { try example.apply(all) }
            }
        }
    }

    @Test("No element of an array ends the process", arguments: ops)
    func elements(_ name: String) throws {
        for (place, call) in Self.few(name) {
            let example = try OpCase(call, place)
            for index in try example.apply().inputs.indices {
                for value in Self.integers {
                    survives(example, "input \(index) all \(value)") {
                        try example.apply { try $0 == index ? $1.filled(with: value) : $1 }
                    }
                }
                for value in Self.reals {
                    survives(example, "input \(index) all \(value)") {
                        try example.apply { try $0 == index ? $1.filled(with: value) : $1 }
                    }
                }
            }
        }
    }

    @Test("No shape of an array ends the process", arguments: ops)
    func shapes(_ name: String) throws {
        let shapes = [
            [], [0], [1], [0, 0], [1, 1], [0, 3], [3, 0], [1, 1, 1], [2, 0, 2], [0, 2, 2, 2], [1, 0, 2, 2],
            [1, 1, 1, 1], [2, 2, 0, 0], [1, 1, 1, 1, 1], Array(repeating: 1, count: 32),
        ]
        for (place, call) in Self.few(name) {
            let example = try OpCase(call, place)
            let places = try example.apply().inputs.indices
            for shape in shapes {
                for index in places {
                    survives(example, "input \(index) of shape \(shape)") {
                        try example.apply { try $0 == index ? .zeros(shape, $1.dtype) : $1 }
                    }
                }
                survives(example, "all of shape \(shape)") { try example.apply { try .zeros(shape, $1.dtype) } }
            }
        }
    }

    /// Some calls of an op: with different arguments.
    private static func few(_ name: String) -> some Sequence<(place: String, call: JSON)> {
        var seen = Set<String>()
        return (cases[name] ?? []).filter {
            $0.call["error"] == nil && seen.insert("\($0.call["args"] as Any)").inserted
        }
        .prefix(isThorough ? 3 : 1)
    }

    /// Applies, and goes backward twice. Refusals are welcome.
    private func survives(
        _ example: OpCase, _ what: @autoclosure () -> String,
        _ apply: () throws -> (inputs: [Variable?], results: Results)
    ) {
        let account = Account(byteLimit: 1 << 18)
        account.deadline = Deadline(secondsFromNow: 2)
        account.charged {
            do {
                let (inputs, results) = try apply()
                let outputs = results.flat.filter { $0.dtype.isFloat && $0.node != nil }
                let floats = inputs.compactMap { $0 }.filter { $0.dtype.isFloat }
                guard !outputs.isEmpty, !floats.isEmpty else { return }
                let first = try Graph().grad(
                    of: outputs, to: floats, options: BackpropOptions(enableDoubleBackprop: true))
                let found = first.compactMap { $0 }.filter { $0.node != nil }
                if !found.isEmpty { _ = try Graph().grad(of: found, to: floats) }
            } catch let error as EngineError {
                if error.kind == .fault || error.kind == .time {
                    Issue.record("\(example.op.name), \(example.place), \(what()): \(error.detail)")
                }
            } catch {
                Issue.record("\(example.op.name), \(what()): \(error)")
            }
        }
    }
}

extension NDArray {
    /// One number everywhere, as far as the dtype has it.
    fileprivate func filled(with value: Int64) throws -> NDArray {
        try NDArray(.int(value), shape: shape, .int64).cast(to: dtype)
    }
    fileprivate func filled(with value: Double) throws -> NDArray {
        try NDArray(.real(value), shape: shape, .float64).cast(to: dtype)
    }
}
