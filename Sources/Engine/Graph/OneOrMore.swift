/// A list that is never empty, and mostly of one: that one takes no memory of its own.
public struct OneOrMore<Element> {
    private var first: Element
    private var others: [Element]

    init(_ element: Element) {
        first = element
        others = []
    }

    /// Nil where there are none.
    init?(_ elements: [Element]) {
        guard let first = elements.first else { return nil }
        self.first = first
        others = Array(elements.dropFirst())
    }

    /// How many there are: at least 1.
    public var count: Int { 1 + others.count }
    var indices: Range<Int> { 0..<count }

    public subscript(index: Int) -> Element {
        get { index == 0 ? first : others[index - 1] }
        set {
            if index == 0 { first = newValue } else { others[index - 1] = newValue }
        }
    }

    func map<T>(_ transform: (Element) throws -> T) rethrows -> OneOrMore<T> {
        OneOrMore<T>(try transform(first), try others.map(transform))
    }

    private init(_ first: Element, _ others: [Element]) {
        self.first = first
        self.others = others
    }
}
