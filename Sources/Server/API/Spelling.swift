import Engine

/// What somebody may have meant.
enum Spelling {
    /// The name in a graph that is nearest.
    static func nearest(to name: String, in graph: Graph) -> String? {
        nearest(to: name, in: graph.names.page(from: 0, limit: 1000).items.lazy.map(\.name))
    }

    /// The word with the least edit distance, if that is small for the word's length.
    static func nearest(to word: String, in words: some Sequence<String>) -> String? {
        guard word.count > 1 else { return nil }
        let limit = max(1, word.count / 3)
        // Bounded: a hint is not worth a look at everything.
        return words.prefix(1000).map { ($0, distance(word, $0)) }.filter { $0.1 <= limit }.min { $0.1 < $1.1 }?.0
    }

    /// The distance of Damerau and Levenshtein (neighbours that changed places count as one), of the first 64 letters.
    private static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a.lowercased().prefix(64)), Array(b.lowercased().prefix(64)))
        var before = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var least = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, before[j - 1] + 1) }
                row.append(least)
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }
}
