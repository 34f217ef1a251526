/// The problems of those who may not ask, or ask for too much.
extension Problem {
    /// No key came.
    static let noKey = unauthorized(
        "This service asks for a key: send Authorization: Bearer KEY, with the key that its operator gave you.",
        challenge: #"Bearer realm="gradd""#)

    /// What came is no key, or none that is in force.
    static let unknownKey = unauthorized(
        "The key that came is not in force here: check that it was sent whole, once, or ask the service's operator.",
        challenge: #"Bearer realm="gradd", error="invalid_token""#)

    private static func unauthorized(_ detail: String, challenge: String) -> Problem {
        var problem = Problem("/problems/unauthorized", "Unauthorized", .unauthorized, detail)
        (problem.challenge, problem.expected) = (challenge, "Authorization: Bearer KEY")
        return problem
    }

    static func tooManyRequests(rate: Int, nanoseconds: Int64) -> Problem {
        tooMany(
            "\(rate) requests a second are allowed, and as many at once: ask again when there is room.",
            expected: "at most \(rate) requests a second",
            retryAfter: Int((nanoseconds + 999_999_999) / 1_000_000_000))
    }

    static func tooManyRunning(limit: Int) -> Problem {
        tooMany(
            "\(limit) requests may run at once, and as many do: wait for their replies.",
            expected: "at most \(limit) at once", retryAfter: 1)
    }

    private static func tooMany(_ detail: String, expected: String, retryAfter: Int) -> Problem {
        var problem = Problem("/problems/too-many-requests", "Too many requests", .tooManyRequests, detail)
        (problem.expected, problem.retryAfter) = (expected, retryAfter)
        return problem
    }
}
