import Engine
import HTTPTypes

/// The problems of the API, each with its stable type.
extension Problem {
    static func fault(_ detail: String) -> Problem {
        Problem(
            "/problems/internal", "Internal server error", .internalServerError,
            "\(detail) This is a defect of the server; nothing was changed. Please report it.")
    }

    static func notFound(_ detail: String) -> Problem {
        Problem("/problems/not-found", "Not found", .notFound, detail)
    }

    static func noSuchPath(_ request: Request) -> Problem {
        .notFound(
            "There is nothing at \(String(decoding: request.path, as: UTF8.self)). Graphs are under"
                + " /v1/sessions/{session}/graphs/{graph}, the ops under /v1/ops.")
    }

    static func badName(_ name: String) -> Problem {
        var problem = Problem("/problems/bad-name", "Bad name", .badRequest, "\"\(name)\" cannot be a name.")
        problem.expected = Name.form
        problem.actual = name
        return problem
    }

    static func methodNotAllowed(_ method: Method, allow: String) -> Problem {
        var problem = Problem(
            "/problems/method-not-allowed", "Method not allowed", .methodNotAllowed,
            "\(method.token) is not for this path; use one of \(allow).")
        problem.allow = allow
        problem.expected = allow
        problem.actual = "\(method.token)"
        return problem
    }

    /// A list in a body that is too long.
    static func tooMuch(_ what: String, _ count: Int, limit: Int, at value: JSONValue) -> Problem {
        var problem = Problem(
            "/problems/content-too-large", "Content too large", .contentTooLarge,
            "A request may have \(limit) \(what); split it into smaller ones.")
        (problem.expected, problem.actual) = ("at most \(limit) \(what)", "\(count)")
        problem.pointer = value.text.pointer(to: value.offset)
        return problem
    }

    /// A name in a body that is bound to nothing.
    static func unknownName(_ name: String, _ kind: String, near: String?, pointer: String) -> Problem {
        let hint = near.map { " Did you mean \($0)?" } ?? ""
        var problem = Problem(
            "/problems/unknown-name", "Unknown name", .unprocessableContent, "There is no \(kind) \(name).\(hint)")
        problem.pointer = pointer
        problem.actual = name
        problem.expected = near
        return problem
    }
}

extension HTTPResponse.Status {
    static let unprocessableContent = HTTPResponse.Status(code: 422, reasonPhrase: "Unprocessable Content")
}

extension Problem {
    /// - Parameter text: the body that it lies in.
    init(_ error: JSONError, in text: JSONText) {
        let place = text.position(error.offset)
        switch error.kind {
        case .syntax(let expected):
            self.init(
                "/problems/invalid-json", "Invalid JSON", .badRequest,
                "The body is not JSON: at line \(place.line), column \(place.column) \(expected) was expected.")
            self.expected = expected
            (line, column) = (place.line, place.column)
            if error.offset >= text.count { actual = "the end of the body" }
            return
        case .type(let expected, let actual):
            self.init(
                "/problems/bad-request", "Bad request", .badRequest,
                "A value is of the wrong type: \(expected) was expected, \(actual) came.")
            (self.expected, self.actual) = (expected, actual)
        case .duplicateKey(let key):
            self.init(
                "/problems/bad-request", "Bad request", .badRequest,
                "The key \"\(key)\" comes twice in one object; leave one out.")
            actual = key
        case .unknownKey(let key, let known):
            let hint = Spelling.nearest(to: key, in: known).map { " Did you mean \"\($0)\"?" } ?? ""
            self.init(
                "/problems/bad-request", "Bad request", .badRequest,
                "The key \"\(key)\" is not known here.\(hint)")
            (expected, actual) = (known.isEmpty ? "no keys" : known.joined(separator: ", "), key)
        case .missingKey(let key):
            self.init(
                "/problems/bad-request", "Bad request", .badRequest, "The key \"\(key)\" is missing from the object.")
            expected = key
        case .tooDeep(let limit):
            self.init(
                "/problems/bad-request", "Bad request", .badRequest,
                "Lists and objects within each other may be \(limit) deep at most.")
            expected = "at most \(limit) levels"
        case .value(let detail, let expected, let actual):
            self.init("/problems/bad-request", "Bad request", .badRequest, detail)
            (self.expected, self.actual) = (expected, actual)
        case .impossible(let detail, let expected, let actual):
            self.init("/problems/dtype", "Dtypes do not fit", .unprocessableContent, detail)
            (self.expected, self.actual) = (expected, actual)
        }
        pointer = text.pointer(to: error.offset)
    }

    /// - Parameter pointer: the place in the body, where it is known.
    init(_ error: EngineError, pointer: String? = nil) {
        let (type, title, status): (String, String, HTTPResponse.Status) =
            switch error.kind {
            case .shape: ("/problems/shape", "Shapes do not fit", .unprocessableContent)
            case .dtype: ("/problems/dtype", "Dtypes do not fit", .unprocessableContent)
            case .argument: ("/problems/argument", "Impossible argument", .unprocessableContent)
            case .argumentType, .unknownArgument: ("/problems/bad-request", "Bad request", .badRequest)
            case .gradient: ("/problems/no-gradient", "No gradient", .unprocessableContent)
            case .size: ("/problems/too-large", "Too large", .unprocessableContent)
            case .time: ("/problems/timeout", "Out of time", .serviceUnavailable)
            case .quota: ("/problems/quota", "Quota used up", .forbidden)
            case .fault: ("/problems/internal", "Internal server error", .internalServerError)
            }
        self.init(type, title, status, error.detail)
        (expected, actual, op) = (error.expected, error.actual, error.op)
        if case .argument(let name) = error.place { argument = name }
        if let expected, let actual { detail += " Expected: \(expected); came: \(actual)." }
        self.pointer = pointer
    }
}

extension Problem {
    static func noSession(_ name: String) -> Problem {
        .notFound("There is no session \(name). PUT /v1/sessions/\(name) makes it, as does a PUT of a variable in it.")
    }

    static func noGraph(_ name: String, in session: String) -> Problem {
        .notFound(
            "There is no graph \(name) in the session \(session). PUT /v1/sessions/\(session)/graphs/\(name) makes it, as"
                + " does a PUT of a variable in it.")
    }
}
