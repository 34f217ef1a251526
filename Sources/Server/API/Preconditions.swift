import Engine

/// Entity tags and preconditions (RFC 9110, 8.8.3 and 13): a graph's tag is `"i.N"`, i random at its creation and N
/// growing by one with each request that changes it.
enum Preconditions {
    enum Verdict {
        case proceed
        /// GET of what the client has.
        case notModified
    }

    /// - Parameters:
    ///   - graph: as it stands; nil where it would come to be.
    ///   - exists: whether what the path names is there.
    /// - Throws: `Problem` 412.
    static func check(
        _ request: Request, _ graph: Graph?, exists: Bool, _ representation: Representation
    ) throws(Problem) -> Verdict {
        func names(_ graph: Graph, _ tags: Tags) -> Bool { tags.names.contains { stem($0) == graph.tag } }
        if let condition = request.fields.list("if-match") {
            let tags = Tags(condition)
            guard tags.isAny ? exists : graph.map({ names($0, tags) }) ?? false else {
                throw failed(
                    "The graph is not as If-Match has it: read it again.", expected: tags.text,
                    actual: !exists && tags.isAny ? "nothing there" : graph.map { "\"\($0.tag)\"" } ?? "no such graph")
            }
        }
        guard let condition = request.fields.list("if-none-match") else { return .proceed }
        let tags = Tags(condition)
        switch request.method {
        case .get, .head:
            guard let graph, tags.isAny || tags.names.contains(where: { $0 == graph.tag + representation.tagSuffix })
            else {
                return .proceed
            }
            return .notModified
        default:
            // What a POST is sent to has nothing to be read.
            let isThere = tags.isAny ? exists && request.method != .post : graph.map { names($0, tags) } ?? false
            guard isThere else { return .proceed }
            throw failed(
                "It is there already, and If-None-Match asks that it is not: leave the header out to replace it.",
                expected: "nothing there", actual: graph.map { "\"\($0.tag)\"" } ?? "it is there")
        }
    }

    static func failed(_ detail: String, expected: String, actual: String) -> Problem {
        var problem = Problem("/problems/precondition-failed", "Precondition failed", .preconditionFailed, detail)
        (problem.expected, problem.actual) = (expected, actual)
        return problem
    }

    /// The tag without what sets the forms apart.
    private static func stem(_ tag: Substring) -> Substring { tag.prefix { $0 != "-" } }

    /// A list of entity tags, or `*`. Weak ones compare as strong ones here: a tag changes with every change.
    private struct Tags {
        let text: String
        let isAny: Bool
        let names: [Substring]

        init(_ text: String) {
            self.text = text
            isAny = text == "*"
            names = text.split(separator: ",").compactMap { item in
                let parts = item.split(separator: "\"", omittingEmptySubsequences: false)
                return parts.count == 3 ? parts[1] : nil
            }
        }
    }
}

extension Graph {
    /// The tag of the state that a reply shows: after the request that is running, if it changes the graph.
    var tag: String { "\(id).\(revision)" }
}
