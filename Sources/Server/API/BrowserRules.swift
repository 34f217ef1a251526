/// Who may ask from within a browser: a web page must not reach a service on somebody's own machine.
struct BrowserRules: Sendable {
    /// Whether only this machine can reach the service: then its own names are the only ones that a request may use,
    /// so that a foreign name that is made to lead here (DNS rebinding) does not.
    let isLoopback: Bool
    let allowedHosts: Set<String>
    /// Origins whose pages may ask, and may read the reply.
    let allowedOrigins: Set<String>

    private static let ownHosts: [StaticString] = ["localhost", "127.0.0.1", "[::1]"]

    /// Whether a host is one of this machine's own names, with any port. (Every request asks: no text is made.)
    private static func isOwn(_ authority: UnsafeRawBufferPointer) -> Bool {
        ownHosts.contains { name in
            let end = name.utf8CodeUnitCount
            guard authority.count >= end, authority.count == end || authority[end] == UInt8(ascii: ":") else {
                return false
            }
            return Grammar.matches(UnsafeRawBufferPointer(rebasing: authority[..<end]), name)
        }
    }

    /// - Returns: the origin that may read the reply, where it is another than the service itself.
    /// - Throws: `Problem`: 421 for a foreign `Host`, 403 for a foreign page.
    func check(_ request: Request) throws(Problem) -> String? {
        if isLoopback, let authority = request.authority, !BrowserRules.isOwn(authority) {
            let name = BrowserRules.name(of: String(decoding: authority, as: UTF8.self).lowercased())
            guard allowedHosts.contains(name) else {
                var problem = Problem(
                    "/problems/misdirected-request", "Misdirected request", .misdirectedRequest,
                    "The service does not go by the name \(name); use localhost, or start it with --allowed-host.")
                (problem.expected, problem.actual) = ("localhost, 127.0.0.1 or [::1]", name)
                throw problem
            }
        }
        guard let value = request.fields["origin"] else {
            let site = request.fields["sec-fetch-site"].map { String(decoding: $0, as: UTF8.self) }
            // Somebody who follows a link to the page at / may come from anywhere.
            let isVisit = request.method == .get && Grammar.matches(request.path, "/")
            if let site, site == "cross-site" || site == "same-site", !isVisit { throw .foreignPage(site) }
            return nil
        }
        let origin = String(decoding: value, as: UTF8.self).lowercased()
        if allowedOrigins.contains(origin) { return origin }
        // An origin is a scheme and what Host has.
        let host = request.authority.map { String(decoding: $0, as: UTF8.self).lowercased() }
        guard let host, origin == "http://" + host || origin == "https://" + host else { throw .foreignPage(origin) }
        return nil
    }

    /// A host without its port.
    private static func name(of host: String) -> String {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]) }
        return String(host.prefix { $0 != ":" })
    }
}

extension Problem {
    fileprivate static func foreignPage(_ origin: String) -> Problem {
        var problem = Problem(
            "/problems/forbidden", "Forbidden", .forbidden,
            "A page of \(origin) may not ask this service; its operator can allow an origin with --allow-origin.")
        problem.actual = origin
        return problem
    }
}
