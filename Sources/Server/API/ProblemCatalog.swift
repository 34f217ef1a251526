/// What each kind of problem means: what `/problems/{name}` answers, so that a `type` leads somewhere.
enum ProblemCatalog {
    struct Kind: Sendable {
        let name: String
        let status: Int
        let meaning: String
    }

    static let kinds: [Kind] = [
        Kind(
            name: "argument", status: 422,
            meaning: "An argument or index is out of range or impossible for these arrays."),
        Kind(name: "bad-name", status: 400, meaning: "A name that nothing can have: \(Name.form)."),
        Kind(
            name: "bad-request", status: 400,
            meaning:
                "A key is unknown, missing or comes twice, a value is of the wrong JSON type, a list is ragged, or the"
                + " head of the request is malformed."),
        Kind(
            name: "conflict", status: 409,
            meaning: "The first request with this Idempotency-Key is still running."),
        Kind(
            name: "content-too-large", status: 413,
            meaning: "The body is longer than --max-body, or has more steps than --max-steps."),
        Kind(name: "dtype", status: 422, meaning: "Dtypes do not fit; cast is the way out."),
        Kind(name: "expectation-failed", status: 417, meaning: "Expect names something other than 100-continue."),
        Kind(name: "forbidden", status: 403, meaning: "A web page of another site may not ask this service."),
        Kind(
            name: "header-fields-too-large", status: 431,
            meaning: "The head is longer than --max-head, or has more fields than --max-fields."),
        Kind(name: "http-version", status: 505, meaning: "The service speaks HTTP/1.1 and HTTP/1.0."),
        Kind(
            name: "idempotency-key-reused", status: 422,
            meaning: "The Idempotency-Key came with another method, target or body before."),
        Kind(name: "internal", status: 500, meaning: "A defect of the service; nothing was changed."),
        Kind(name: "invalid-formula", status: 400, meaning: "A formula cannot be read; line and column say where."),
        Kind(name: "invalid-json", status: 400, meaning: "The body is not JSON; line and column say where."),
        Kind(name: "method-not-allowed", status: 405, meaning: "The path has other methods; Allow lists them."),
        Kind(name: "misdirected-request", status: 421, meaning: "Host names something other than this service."),
        Kind(
            name: "no-gradient", status: 422, meaning: "There is no gradient to start from, or the variable has none."),
        Kind(name: "not-acceptable", status: 406, meaning: "Accept excludes all that there is."),
        Kind(name: "not-found", status: 404, meaning: "A name in the path is not there."),
        Kind(name: "not-implemented", status: 501, meaning: "The method or transfer coding is not known here."),
        Kind(
            name: "overloaded", status: 503,
            meaning: "There are more connections, waiting requests, or bodies than the service takes; ask again."),
        Kind(name: "precondition-failed", status: 412, meaning: "If-Match or If-None-Match does not hold."),
        Kind(
            name: "quota", status: 403,
            meaning: "There would be more arrays, nodes or sessions than is allowed; delete some first."),
        Kind(
            name: "read-only", status: 503,
            meaning: "The disk failed to keep what was written: nothing is changed until the service is started again."),
        Kind(
            name: "request-timeout", status: 408, meaning: "The head or body of a request did not arrive in time."),
        Kind(name: "shape", status: 422, meaning: "Shapes do not fit."),
        Kind(name: "storage", status: 500, meaning: "The change could not be written to the disk, and is undone."),
        Kind(name: "storage-full", status: 507, meaning: "The disk is full: the change is undone."),
        Kind(
            name: "timeout", status: 503,
            meaning: "The computation took longer than --compute-timeout; nothing was changed."),
        Kind(name: "too-large", status: 422, meaning: "A result would be beyond what an array, or a reply, may be."),
        Kind(
            name: "too-many-requests", status: 429,
            meaning: "More requests a second, or at once, than is allowed; Retry-After says when to ask again."),
        Kind(
            name: "unauthorized", status: 401,
            meaning: "The request has no key, or none that is in force: Authorization: Bearer KEY."),
        Kind(name: "unavailable", status: 503, meaning: "The service is starting, or ending; ask again."),
        Kind(name: "unknown-name", status: 422, meaning: "A name in the body is bound to nothing."),
        Kind(name: "unknown-op", status: 422, meaning: "There is no op of that name; GET /v1/ops lists all."),
        Kind(
            name: "unsupported-media-type", status: 415, meaning: "The body has a Content-Encoding that is not spoken."),
        Kind(name: "uri-too-long", status: 414, meaning: "The target is longer than --max-target."),
    ]

    static let all: [Endpoint] = [
        Endpoint(.get, "/problems/{name}", .service, isOpen: true) { call, response in
            let name = call.names[0]
            guard let kind = kinds.first(where: { $0.name == name }) else {
                throw Problem.notFound("There is no kind of problem \(name).")
            }
            try call.json(&response, isState: false) { out, _ in
                out.append("{\"type\":")
                out.append(jsonString: "/problems/\(kind.name)")
                out.append(",\"status\":", kind.status)
                out.append(",\"meaning\":")
                out.append(jsonString: kind.meaning)
                out.append("}")
            }
        }
    ]
}
