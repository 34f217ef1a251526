/// An array whose axes have labels: where two arrays share one, elements of equal places are multiplied. All axes of
/// one label are of one length.
struct LabelledArray {
    let array: Variable
    /// One for each axis.
    let labels: [Int]

    init(_ array: Variable, _ labels: [Int]) { (self.array, self.labels) = (array, labels) }

    /// The number of elements of these axes together.
    private func length(_ labels: [Int]) -> Int {
        zip(self.labels, array.shape).reduce(1) { labels.contains($1.0) ? $0 * $1.1 : $0 }
    }

    /// The axes in another order, which names each.
    func ordered(_ order: [Int]) throws -> LabelledArray {
        guard order != labels else { return self }
        let axes = order.compactMap(labels.firstIndex)
        return LabelledArray(try arrayOps.transpose(array, Axes(axes)), order)
    }

    /// The sum along the axes whose labels are not kept.
    func summed(keeping kept: Set<Int>) throws -> LabelledArray {
        let axes = labels.indices.filter { !kept.contains(labels[$0]) }
        guard !axes.isEmpty else { return self }
        return LabelledArray(try reduction.sum(array, Axes(axes), false), labels.filter(kept.contains))
    }

    /// Of axes with one label the diagonal, so that all labels differ.
    func diagonal() throws -> LabelledArray {
        var (distinct, lengths, steps): ([Int], [Int], [Int]) = ([], [], [])
        for (axis, stride) in Selection.contiguousStrides(array.shape).enumerated() {
            if let place = distinct.firstIndex(of: labels[axis]) {
                // One step along the diagonal is one along each of its axes.
                steps[place] += stride
            } else {
                distinct.append(labels[axis])
                lengths.append(array.shape[axis])
                steps.append(stride)
            }
        }
        guard distinct != labels else { return self }
        return LabelledArray(try gathering.asStrided(array, Shape(lengths), Axes(steps), nil), distinct)
    }

    /// The products of elements, summed along the axes whose labels are not kept. No label stands twice in either.
    func product(_ other: LabelledArray, keeping kept: Set<Int>) throws -> LabelledArray {
        let a = try summed(keeping: kept.union(other.labels))
        let b = try other.summed(keeping: kept.union(labels))
        let shared = a.labels.filter(b.labels.contains)
        let stack = shared.filter(kept.contains)
        let summed = shared.filter { !kept.contains($0) }
        let rows = a.labels.filter { !shared.contains($0) }
        let columns = b.labels.filter { !shared.contains($0) }
        // A stack of products of matrices; where nothing is summed, of a column and a row.
        let left = try a.matrices([stack, rows, summed])
        let right = try b.matrices([stack, summed, columns])
        let product = summed.isEmpty ? try left * right : try arithmetic.matmul(left, right, false, false)
        let labels = stack + rows + columns
        let lengths = labels.map { label in
            a.labels.firstIndex(of: label).map { a.array.shape[$0] } ?? b.length([label])
        }
        return LabelledArray(try arrayOps.reshape(product, Shape(lengths)), labels)
    }

    /// The axes of each group merged.
    private func matrices(_ groups: [[Int]]) throws -> Variable {
        try arrayOps.reshape(ordered(groups.flatMap(\.self)).array, Shape(groups.map(length)))
    }
}

extension [LabelledArray] {
    /// The sum of products that leaves the axes of some labels, in their order.
    func contracted(to output: [Int]) throws -> Variable {
        var arrays = try map { try $0.diagonal() }
        while arrays.count > 1 {
            // The two whose product takes the least more than they do.
            var best: (cost: Double, first: Int, second: Int, kept: Set<Int>)?
            for second in arrays.indices {
                for first in 0..<second {
                    let others = arrays.indices.filter { $0 != first && $0 != second }.flatMap { arrays[$0].labels }
                    let kept = Set(output + others)
                    let (a, b) = (arrays[first], arrays[second])
                    var lengths: [Int: Int] = [:]
                    for (label, length) in zip(a.labels + b.labels, a.array.shape + b.array.shape) {
                        lengths[label] = kept.contains(label) ? length : 1
                    }
                    let cost =
                        lengths.values.reduce(1) { $0 * Double($1) } - Double(a.array.size) - Double(b.array.size)
                    if best.map({ cost < $0.cost }) ?? true { best = (cost, first, second, kept) }
                }
            }
            guard let best else { break }
            let other = arrays.remove(at: best.second)
            arrays[best.first] = try arrays[best.first].product(other, keeping: best.kept)
        }
        guard let last = arrays.first else { throw EngineError.fault("There is nothing to sum.") }
        return try last.summed(keeping: Set(output)).ordered(output).array
    }
}
