/// How a request wants its reply: the form of arrays, indentation, the media type.
struct Representation: Sendable {
    /// What stands for an array in a reply.
    enum ArrayForm: String, CaseIterable, Sendable {
        /// Nested lists.
        case nested
        /// `{"shape", "dtype", "data"}` with a flat list.
        case flat
        /// `{"shape", "dtype", "base64"}`, little-endian.
        case base64
        /// Nothing, or its shape and dtype where it has a name of its own.
        case none
    }

    /// The media types that an endpoint has.
    enum Offer: Sendable {
        case json, jsonOrNpy
        /// Text for who watches the service.
        case metrics
    }

    var arrays = ArrayForm.nested
    var isPretty = false
    /// Whether the form follows from `Prefer: return=minimal` (RFC 7240).
    var isMinimal = false
    /// Whether an array alone is wanted as `.npy`.
    var isNpy = false
    /// Whether JSON is wanted at all.
    var takesJSON = true

    static let queryParameters = ["arrays", "pretty"]
    /// `Prefer: return=minimal`.
    static let minimal = {
        var minimal = Representation()
        (minimal.arrays, minimal.isMinimal) = (.none, true)
        return minimal
    }()

    init() {}

    /// - Parameter offer: what the endpoint has.
    /// - Throws: `Problem`: 400 for a parameter that cannot be, 406 where `Accept` excludes what there is.
    init(_ request: Request, _ query: [String: String], offers offer: Offer) throws(Problem) {
        if let prefer = request.fields.list("prefer"), Representation.prefersMinimal(prefer) {
            (arrays, isMinimal) = (.none, true)
        }
        if let word = query["arrays"] {
            guard let form = ArrayForm(rawValue: word) else {
                let known = ArrayForm.allCases.map(\.rawValue).joined(separator: ", ")
                throw .badRequest("arrays is one of \(known); \"\(word)\" came.")
            }
            (arrays, isMinimal) = (form, false)
        }
        if let word = query["pretty"] {
            guard ["", "true", "1"].contains(word) else {
                throw .badRequest("pretty takes no value, or true; \"\(word)\" came.")
            }
            isPretty = true
        }
        guard let accept = request.fields.list("accept"), !accept.isEmpty else { return }
        let ranges = MediaRange.parse(accept)
        if offer == .metrics {
            guard ranges.quality(of: "text", "plain") > 0 else { throw .notAcceptable("text/plain", accept) }
            return
        }
        let json = ranges.quality(of: "application", "json")
        let npy = offer == .jsonOrNpy ? ranges.quality(of: "application", "x-npy") : 0
        (isNpy, takesJSON) = (npy > json, json > 0)
        guard max(json, npy) > 0 else {
            throw .notAcceptable(
                offer == .jsonOrNpy ? "application/json or application/x-npy" : "application/json", accept)
        }
    }

    /// Of preferences that contradict each other the first counts (RFC 7240, 2); parameters have no meaning here.
    private static func prefersMinimal(_ list: String) -> Bool {
        let preferences = list.split(separator: ",").map { item in
            item.prefix { $0 != ";" }.split(separator: "=").map { $0.trimmingSpaces().lowercased() }
        }
        guard let words = preferences.first(where: { $0.first == "return" }) else { return false }
        return words.count == 2 && words[1].filter { $0 != "\"" } == "minimal"
    }

    /// What sets the entity tags of forms apart.
    var tagSuffix: String { isNpy ? "-npy" : isMinimal ? "-minimal" : "" }
}

extension Problem {
    /// - Parameter expected: what there is.
    static func notAcceptable(_ expected: String, _ actual: String) -> Problem {
        var problem = Problem(
            "/problems/not-acceptable", "Not acceptable", .notAcceptable,
            "Accept excludes what there is here; leave it out, or name \(expected).")
        (problem.expected, problem.actual) = (expected, actual)
        return problem
    }
}

/// One item of `Accept` (RFC 9110, 12.5.1).
struct MediaRange {
    var type: Substring
    var subtype: Substring
    var quality: Double

    static func parse(_ list: String) -> [MediaRange] {
        list.lowercased().split(separator: ",").compactMap { item in
            let parts = item.split(separator: ";").map { $0.trimmingSpaces() }
            guard let words = parts.first?.split(separator: "/"), words.count == 2 else { return nil }
            let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            return MediaRange(type: words[0], subtype: words[1], quality: quality)
        }
    }
}

extension [MediaRange] {
    /// The quality of a media type: that of the most specific range that it is in, 0 if it is in none.
    fileprivate func quality(of type: String, _ subtype: String) -> Double {
        (first { $0.type == type && $0.subtype == subtype } ?? first { $0.type == type && $0.subtype == "*" }
            ?? first { $0.type == "*" && $0.subtype == "*" })?.quality ?? 0
    }
}

extension StringProtocol {
    fileprivate func trimmingSpaces() -> Substring {
        var text = Substring(self)
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
