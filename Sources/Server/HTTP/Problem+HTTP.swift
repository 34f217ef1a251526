/// The problems that the HTTP layer itself answers with, one constructor for each type.
extension Problem {
    static func badRequest(_ detail: String) -> Problem {
        Problem("/problems/bad-request", "Bad request", .badRequest, detail)
    }

    static func uriTooLong(limit: Int) -> Problem {
        Problem(
            "/problems/uri-too-long", "URI too long", .uriTooLong,
            "The request target must not exceed \(limit) bytes; send long arguments in the body.")
    }

    static func headerFieldsTooLarge(_ expected: String) -> Problem {
        Problem(
            "/problems/header-fields-too-large", "Header fields too large", .requestHeaderFieldsTooLarge,
            "The request must have \(expected); send fewer or shorter header fields.")
    }

    static func contentTooLarge(limit: Int, actual: String) -> Problem {
        var problem = Problem(
            "/problems/content-too-large", "Content too large", .contentTooLarge,
            "The body must not exceed \(limit) bytes; got \(actual). Split the request into smaller ones.")
        problem.expected = "at most \(limit) bytes"
        problem.actual = actual
        return problem
    }

    static func notImplemented(_ detail: String) -> Problem {
        Problem("/problems/not-implemented", "Not implemented", .notImplemented, detail)
    }

    static func httpVersion(actual: String) -> Problem {
        Problem(
            "/problems/http-version", "HTTP version not supported", .httpVersionNotSupported,
            "This server speaks HTTP/1.1 and HTTP/1.0; got \(actual).")
    }

    static func timeout(_ detail: String) -> Problem {
        Problem("/problems/request-timeout", "Request timeout", .requestTimeout, detail)
    }

    /// A refusal that costs little, so that what is running goes on; nothing was changed.
    static func overloaded(_ detail: String) -> Problem {
        var problem = Problem(
            "/problems/overloaded", "Overloaded", .serviceUnavailable, "\(detail) Ask again in a moment.")
        problem.retryAfter = 1
        return problem
    }

    static let crowded = Problem.overloaded("As many requests wait already as the service lets wait.")

    static func unavailable(_ detail: String) -> Problem {
        var problem = Problem("/problems/unavailable", "Unavailable", .serviceUnavailable, detail)
        problem.retryAfter = 1
        return problem
    }

    static func contentEncoding(actual: String) -> Problem {
        Problem(
            "/problems/unsupported-media-type", "Unsupported media type", .unsupportedMediaType,
            "No Content-Encoding is understood but identity; got \(actual). Send the body uncompressed.")
    }

    static func expectationFailed(actual: String) -> Problem {
        Problem(
            "/problems/expectation-failed", "Expectation failed", .expectationFailed,
            "The only expectation understood is 100-continue; got \(actual). Leave Expect out.")
    }

    /// The handler broke its promise to write a whole response.
    static let unanswered = Problem(
        "/problems/internal", "Internal server error", .internalServerError,
        "The server failed to write a whole reply. This is a defect of the server; please report it.")
}
