/// Named things in the order in which their names first came: found, replaced and listed from any place in constant
/// time. (A list is continued from a number that grows with each new name, so that it is stable under changes.)
public struct Registry<Value> {
    private var entries: [String: (value: Value, number: Int)] = [:]
    /// Names by number, with gaps where one was removed.
    private var order: [(number: Int, name: String)] = []
    private var next = 0

    /// Without names.
    public init() {}

    /// The number of names.
    public var count: Int { entries.count }
    public subscript(name: String) -> Value? { entries[name]?.value }
    /// The place of a name in lists.
    func number(of name: String) -> Int? { entries[name]?.number }
    /// The names in the order of lists.
    var inOrder: some Sequence<String> {
        order.lazy.filter { entries[$0.name]?.number == $0.number }.map(\.name)
    }
    /// What is bound, in no order.
    public var values: some Sequence<Value> { entries.values.lazy.map(\.value) }

    /// Binds a name; a name that is bound keeps its place.
    /// - Returns: what was bound before.
    @discardableResult
    public mutating func bind(_ name: String, _ value: Value) -> Value? {
        if let old = entries[name] {
            entries[name] = (value, old.number)
            return old.value
        }
        entries[name] = (value, next)
        order.append((next, name))
        next += 1
        return nil
    }

    /// Removes a name.
    /// - Returns: what was bound, and the place for `restore`.
    @discardableResult
    public mutating func remove(_ name: String) -> (value: Value, number: Int)? {
        guard let old = entries.removeValue(forKey: name) else { return nil }
        if old.number == next - 1, order.last?.number == old.number {
            // The newest name leaves no gap: undoing a binding is exact.
            order.removeLast()
        }
        return old
    }

    /// Brings a removed name back to its place.
    /// - Parameter number: where another name has it, the name takes the next.
    mutating func restore(_ name: String, _ value: Value, number: Int) {
        var number = number
        var place = firstIndex(atOrAfter: number)
        if place < order.count, order[place].number == number, order[place].name != name {
            (number, place) = (next, order.count)
        }
        entries[name] = (value, number)
        if place == order.count || order[place].number != number { order.insert((number, name), at: place) }
        next = max(next, number + 1)
    }

    /// Drops the gaps once they are more than the names. Not while a removal may yet be undone.
    public mutating func compact() {
        guard order.count > 32, order.count > 2 * entries.count else { return }
        order.removeAll { entries[$0.name]?.number != $0.number }
    }

    /// Up to `limit` bindings from a number on, and the number to go on from where there are more.
    /// - Parameter isListed: which of them count.
    public func page(
        from start: Int, limit: Int, where isListed: (Value) -> Bool = { _ in true }
    ) -> (items: [(name: String, value: Value)], next: Int?) {
        var items: [(String, Value)] = []
        var place = firstIndex(atOrAfter: start)
        while place < order.count {
            let (number, name) = order[place]
            if let entry = entries[name], entry.number == number, isListed(entry.value) {
                if items.count == limit { return (items, number) }
                items.append((name, entry.value))
            }
            place += 1
        }
        return (items, nil)
    }

    private func firstIndex(atOrAfter number: Int) -> Int {
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low + high) / 2
            if order[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
