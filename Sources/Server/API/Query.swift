/// The query of a target: each parameter that the endpoint knows, once.
enum Query {
    /// - Throws: `Problem` 400 for a parameter that is unknown, repeated or not to be decoded.
    static func parse(_ query: UnsafeRawBufferPointer?, allowed: [String]) throws(Problem) -> [String: String] {
        guard let query, !query.isEmpty else { return [:] }
        var parameters: [String: String] = [:]
        for part in query.split(separator: UInt8(ascii: "&")) {
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let value = equals < part.endIndex ? part[part.index(after: equals)...] : part[equals...]
            guard let name = PercentDecoding.decode(part[..<equals], plusIsSpace: true),
                let text = PercentDecoding.decode(value, plusIsSpace: true)
            else { throw .badRequest("The query cannot be percent-decoded as UTF-8; encode it anew.") }
            guard allowed.contains(name) else {
                var problem = Problem.badRequest(
                    "There is no query parameter \(name) here; "
                        + (allowed.isEmpty ? "this path takes none." : "known are \(allowed.joined(separator: ", "))."))
                problem.actual = name
                problem.expected = allowed.isEmpty ? "no query" : allowed.joined(separator: ", ")
                throw problem
            }
            guard parameters.updateValue(text, forKey: name) == nil else {
                throw .badRequest("The query parameter \(name) comes twice; give it once.")
            }
        }
        return parameters
    }

    /// The page that `limit` and `cursor` ask for.
    static func page(_ query: [String: String]) throws(Problem) -> (start: Int, limit: Int) {
        var limit = 100
        if let text = query["limit"] {
            guard text.allSatisfy(\.isNumber), let number = Int(text), (1...1000).contains(number) else {
                throw .badRequest("limit is an integer from 1 to 1000; \"\(text)\" came.")
            }
            limit = number
        }
        guard let cursor = query["cursor"] else { return (0, limit) }
        guard let start = Int(cursor, radix: 36), start >= 0 else {
            throw .badRequest("The cursor is not one that this service gave; begin without one.")
        }
        return (start, limit)
    }

    static let pageParameters = ["limit", "cursor"]
}
