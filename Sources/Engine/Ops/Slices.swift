/// An index of NumPy's: integers, slices, `...`, new axes, and lists of integers or booleans.
public struct Slices: ArgumentValue, Hashable {
    /// What stands between two commas.
    public enum Item: Hashable, Sendable {
        case index(Int)
        case slice(start: Int?, stop: Int?, step: Int?)
        case ellipsis
        case newAxis
        case list(IndexArray)
        case mask(IndexArray)
    }
    /// The items in order.
    public let items: [Item]
    /// As the caller wrote it.
    public let argument: Argument

    init(_ items: [Item]) {
        self.items = items
        argument = .list(items.map(\.argument))
    }

    /// A range of one axis, all of the others.
    static func range(_ range: Range<Int>, axis: Int) -> Slices {
        Slices(
            Array(repeating: .slice(start: nil, stop: nil, step: nil), count: axis)
                + [.slice(start: range.lowerBound, stop: range.upperBound, step: nil)])
    }

    public static var form: String {
        #"an index as text, "1:3, ..., ::-1, None", or a list of integers, "start:stop:step", "...", null and lists"#
    }

    public init?(_ argument: Argument) throws {
        self.argument = argument
        switch argument {
        case .string(let text): items = try Slices.parse(text)
        case .list(let list):
            var items: [Item] = []
            for element in list {
                guard let item = try Item(element) else { return nil }
                items.append(item)
            }
            self.items = items
        default:
            guard let item = try Item(argument) else { return nil }
            items = [item]
        }
    }

    /// `1:3, ..., ::-1, None, [0, 2]`.
    private static func parse(_ text: String) throws -> [Item] {
        var parts: [String] = []
        var part = ""
        var depth = 0
        for character in text {
            if character == "[" { depth += 1 }
            if character == "]" { depth -= 1 }
            if character == ",", depth == 0 {
                parts.append(part)
                part = ""
            } else if character != " " {
                part.append(character)
            }
        }
        // A comma at the end is allowed, as in Python.
        if !part.isEmpty || parts.isEmpty { parts.append(part) }
        return try parts.map { part in
            if part.hasPrefix("["), part.hasSuffix("]") {
                let words = part.dropFirst().dropLast().split(separator: ",")
                let integers = words.compactMap { Int($0) }
                if integers.count == words.count { return .list(IndexArray(integers)) }
                let bools = words.compactMap { ["True": 1, "true": 1, "False": 0, "false": 0][$0] }
                if bools.count == words.count { return .mask(IndexArray(bools)) }
            } else if let item = try Item(.string(part)) {
                return item
            }
            throw malformed(part)
        }
    }

    fileprivate static func malformed(_ text: String) -> EngineError {
        EngineError(
            .argument, "The index cannot be read.",
            expected: "an integer, start:stop:step, ..., None, or a list in brackets", actual: "\"\(text)\"",
            at: .argument("slices"))
    }
}

/// The elements of a list in an index, nested lists as NumPy nests them; booleans are 0 and 1.
public struct IndexArray: Hashable, Sendable {
    let shape: [Int]
    let elements: [Int]

    init(_ elements: [Int]) { (shape, self.elements) = ([elements.count], elements) }

    fileprivate init(shape: [Int], elements: [Int]) { (self.shape, self.elements) = (shape, elements) }

    /// - Returns: nil where the list is ragged or holds anything else; whether all elements are booleans.
    fileprivate static func read(_ list: [Argument], depth: Int = 0) -> (IndexArray, isMask: Bool)? {
        guard depth < 32 else { return nil }
        if case .list = list.first {
            var shape: [Int]?
            var elements: [Int] = []
            var isMask = false
            for item in list {
                guard case .list(let inner) = item, let (part, mask) = read(inner, depth: depth + 1),
                    shape == nil || (shape == part.shape && isMask == mask)
                else { return nil }
                (shape, isMask) = (part.shape, mask)
                elements += part.elements
            }
            return (IndexArray(shape: [list.count] + (shape ?? []), elements: elements), isMask)
        }
        let integers = list.compactMap { if case .int(let value) = $0 { Int(value) } else { nil } }
        if integers.count == list.count { return (IndexArray(integers), false) }
        let bools = list.compactMap { if case .bool(let value) = $0 { value ? 1 : 0 } else { nil } }
        return bools.count == list.count ? (IndexArray(bools), true) : nil
    }

    fileprivate func argument(_ element: (Int) -> Argument) -> Argument {
        // Innermost lists first.
        var items = elements.map(element)
        for length in shape.dropFirst().reversed() {
            items = stride(from: 0, to: items.count, by: max(length, 1)).map {
                .list(Array(items[$0..<min($0 + length, items.count)]))
            }
        }
        return .list(items)
    }
}

extension Slices.Item {
    /// Nil where the argument is no item of an index.
    fileprivate init?(_ argument: Argument) throws {
        switch argument {
        case .int(let value): self = .index(Int(value))
        case .null: self = .newAxis
        case .list(let list):
            guard let (array, isMask) = IndexArray.read(list) else { return nil }
            self = isMask ? .mask(array) : .list(array)
        case .string(let text):
            let word = text.filter { $0 != " " }
            if word == "..." {
                self = .ellipsis
            } else if word == "None" {
                self = .newAxis
            } else if let index = Int(word) {
                self = .index(index)
            } else {
                let bounds = word.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
                let numbers = bounds.map { Int($0) }
                guard (2...3).contains(bounds.count), zip(bounds, numbers).allSatisfy({ $0.isEmpty || $1 != nil })
                else { throw Slices.malformed(text) }
                self = .slice(start: numbers[0], stop: numbers[1], step: numbers.count == 3 ? numbers[2] : nil)
            }
        case .bool, .real: return nil
        }
    }

    fileprivate var argument: Argument {
        switch self {
        case .index(let index): .int(Int64(index))
        case .slice(let start, let stop, let step):
            .string(
                [start, stop].map { $0.map(String.init) ?? "" }.joined(separator: ":") + (step.map { ":\($0)" } ?? ""))
        case .ellipsis: .string("...")
        case .newAxis: .null
        case .list(let array): array.argument { .int(Int64($0)) }
        case .mask(let array): array.argument { .bool($0 != 0) }
        }
    }
}
