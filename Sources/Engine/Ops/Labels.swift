// What losses and evaluations share: the labels in integer arrays, and means.

extension Variable {
    /// Labels as int64, each less than `count`, -1 where one is to be ignored.
    /// - Throws: `EngineError.Kind.argument` that names the first one out of range.
    func labels(below count: Int, ignoring ignored: Int? = nil, at place: Int) throws -> Variable {
        var labels = try array.cast(to: .int64)
        let ignored = ignored.map { Int64($0) }
        try labels.write(Int64.self) { labels in
            for i in labels.indices {
                if labels[i] == ignored {
                    labels[i] = -1
                } else if labels[i] < 0 || labels[i] >= count {
                    throw EngineError(
                        .argument, "A label is out of range.",
                        expected: "at least 0, less than \(count)" + (ignored.map { ", or \($0) to ignore it" } ?? ""),
                        actual: "\(labels[i])", at: .input(place))
                }
            }
        }
        return Variable(constant: labels)
    }

    /// Where labels are not the one that is ignored: a bool array.
    func differs(from ignored: Int) throws -> Variable {
        try arithmetic.ne(arrayOps.cast(detached, .int64), Variable(number: .int(Int64(ignored)), .int64))
    }

    /// How often true stands in a bool array.
    func countTrue() throws -> Int {
        let count = try array.cast(to: .int64).reduced(Sum.self, axes: Array(0..<ndim), keepdims: false)
        return Int(count.item(Int64.self) ?? 0)
    }

    /// For labels (...) where they name each of the classes: a bool array of shape (..., classes).
    func oneHot(_ classes: Int) throws -> Variable {
        let labels = try arrayOps.expandDims(arrayOps.cast(detached, .int64), -1)
        return try arithmetic.eq(labels, .range(classes))
    }

    /// The int64 numbers from 0 on.
    static func range(_ count: Int) throws -> Variable {
        let numbers = try NDArray(uninitialized: [count], .int64)
        numbers.writeFresh(Int64.self) { numbers in
            for i in numbers.indices { numbers[i] = Int64(i) }
        }
        return Variable(constant: numbers)
    }

    /// The sum of all elements through a number, NaN for 0 / 0.
    func averaged(over count: Int) throws -> Variable {
        try inFloat32 { try reduction.sum($0, nil, false) / Double(count) }
    }
}
