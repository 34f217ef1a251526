/// The axes of `einsum`'s arrays and of its result: `ij,jk->ik`.
public struct Subscripts: ArgumentValue, Hashable {
    /// What one or more axes are called.
    enum Label: Hashable, Comparable {
        /// All axes that have no letter.
        case ellipsis
        case letter(UInt8)
    }
    /// For each array its labels.
    let inputs: [[Label]]
    /// The result's labels.
    let output: [Label]
    private let text: String

    public static var form: String { #"subscripts as text, "ij,jk->ik""# }
    public var argument: Argument { .string(text) }

    public init?(_ argument: Argument) throws {
        guard case .string(let text) = argument else { return nil }
        self.text = text
        let sides = try Subscripts.parse(text)
        inputs = sides[0].split(separator: nil, omittingEmptySubsequences: false).map { $0.compactMap(\.self) }
        let letters = inputs.joined()
        guard sides.count == 2 else {
            // Of letters those that stand once, in the order of the alphabet.
            var counts: [Label: Int] = [:]
            for label in letters { counts[label, default: 0] += 1 }
            output = counts.filter { $0.key == .ellipsis || $0.value == 1 }.keys.sorted()
            return
        }
        output = sides[1].compactMap(\.self)
        guard output.count == sides[1].count, Set(output).count == output.count, Set(output).isSubset(of: letters)
        else {
            throw Subscripts.malformed(text, "Each label of the result must be one of the arrays', and stand once.")
        }
    }

    /// The labels on each side of the arrow; nil where there is a comma.
    private static func parse(_ text: String) throws -> [[Label?]] {
        var sides: [[Label?]] = [[]]
        var rest = text.utf8.filter { $0 != UInt8(ascii: " ") }[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
                sides[sides.count - 1].append(.letter(byte))
            case UInt8(ascii: ","): sides[sides.count - 1].append(nil)
            case UInt8(ascii: ".") where rest.starts(with: "..".utf8):
                rest.removeFirst(2)
                sides[sides.count - 1].append(.ellipsis)
            case UInt8(ascii: "-") where rest.first == UInt8(ascii: ">") && sides.count == 1:
                rest.removeFirst()
                sides.append([])
            default: throw malformed(text, "The subscripts cannot be read.")
            }
        }
        return sides
    }

    private static func malformed(_ text: String, _ detail: String) -> EngineError {
        EngineError(
            .argument, detail, expected: "letters, \"...\" and commas, and at most one \"->\"",
            actual: "\"\(text)\"", at: .argument("subscripts"))
    }

    /// The sum of products of arrays that the subscripts mean.
    func sum(_ operands: [Variable]) throws -> Variable {
        guard operands.count == inputs.count, operands.count <= 32 else {
            throw EngineError(
                .argument, "There must be subscripts for each array, of which there can be 32.",
                expected: "\(inputs.count) arrays", actual: "\(operands.count)", at: .argument("subscripts"))
        }
        var lengths: [Int: Int] = [:]
        var ellipsis: Int?
        var arrays: [LabelledArray] = []
        for (place, (labels, operand)) in zip(inputs, operands).enumerated() {
            let letters = labels.count { $0 != .ellipsis }
            let others = operand.ndim - letters
            guard labels.count - letters <= 1, letters == labels.count ? others == 0 : others >= 0 else {
                throw EngineError(
                    .shape, "Each axis must have a letter, or be one of those that one \"...\" stands for.",
                    expected: "\(letters)\(letters < labels.count ? " or more" : "") dimensions",
                    actual: describe(operand.shape), at: .input(place))
            }
            let array = LabelledArray(operand, labels.flatMap { $0.numbers(others) })
            for (label, length) in zip(array.labels, operand.shape) {
                guard length == lengths[label, default: length] else {
                    throw EngineError(
                        .shape, "Axes of one label must be of one length.", expected: "\(lengths[label] ?? 0)",
                        actual: "\(length) in \(describe(operand.shape))", at: .input(place))
                }
                lengths[label] = length
            }
            if letters < labels.count {
                guard others == ellipsis ?? others, others == 0 || output.contains(.ellipsis) else {
                    throw EngineError(
                        .shape, "\"...\" stands for the same axes in every array, and in the result.",
                        expected: "\(output.contains(.ellipsis) ? ellipsis ?? 0 : 0) axes", actual: "\(others)",
                        at: .input(place))
                }
                ellipsis = others
            }
            arrays.append(array)
        }
        return try arrays.contracted(to: output.flatMap { $0.numbers(ellipsis ?? 0) })
    }
}

extension Subscripts.Label {
    /// A number for each axis that it names; an ellipsis names so many.
    fileprivate func numbers(_ ellipsis: Int) -> [Int] {
        switch self {
        case .letter(let letter): [Int(letter)]
        case .ellipsis: (0..<ellipsis).map { -1 - $0 }
        }
    }
}
