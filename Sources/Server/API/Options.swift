extension Router.Match {
    /// Says what a path takes, or for `*` the service as a whole (RFC 9110, 9.3.7); open to all.
    /// - Throws: `Problem` where there is nothing.
    func answerOptions(_ exchange: Exchange) throws(Problem) -> Disposition {
        let isForAll = Grammar.matches(exchange.request.path, "*")
        let allow = isForAll ? "GET, HEAD, PUT, POST, DELETE, OPTIONS" : try allow
        exchange.response.begin(.noContent)
        exchange.response.header("Allow", allow)
        if !isForAll, exchange.response.readableBy != nil {
            // The answer to a browser that asks before it sends.
            exchange.response.header("Access-Control-Allow-Methods", allow)
            exchange.response.header(
                "Access-Control-Allow-Headers",
                "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Prefer,"
                    + " Traceparent, X-Request-Id")
        }
        exchange.response.end()
        return .answered
    }

    private var allow: String {
        get throws(Problem) {
            switch self {
            case .otherMethods(let allow): return allow
            case .nothing(let problem): throw problem
            case .endpoint: throw .fault("An endpoint takes OPTIONS.")
            }
        }
    }
}
