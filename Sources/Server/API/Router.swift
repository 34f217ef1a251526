/// Finds the endpoint of a request.
struct Router: Sendable {
    private struct Route: Sendable {
        /// Nil stands for a name.
        let segments: [[UInt8]?]
        /// Its place in `templates`.
        let number: Int
        var endpoints: [Endpoint]
    }
    /// By their number of segments.
    private var routes: [Int: [Route]] = [:]

    /// The templates of all routes, behind an empty one, which stands for none.
    static func templates(of endpoints: [Endpoint]) -> [String] {
        endpoints.reduce(into: [""]) { if !$0.contains($1.template) { $0.append($1.template) } }
    }

    init(_ endpoints: [Endpoint]) {
        let templates = Router.templates(of: endpoints)
        for endpoint in endpoints {
            let segments = endpoint.template.split(separator: "/").map { $0.hasPrefix("{") ? nil : Array($0.utf8) }
            var sameLength = routes[segments.count] ?? []
            if let index = sameLength.firstIndex(where: { $0.segments == segments }) {
                sameLength[index].endpoints.append(endpoint)
            } else {
                let number = templates.firstIndex(of: endpoint.template) ?? 0
                sameLength.append(Route(segments: segments, number: number, endpoints: [endpoint]))
            }
            routes[segments.count] = sameLength
        }
    }

    enum Match {
        case endpoint(Endpoint, names: [String])
        /// The path is there; the value of `Allow`.
        case otherMethods(String)
        /// 404 for a path that is not there, 400 for a name that cannot be.
        case nothing(Problem)

        /// Whether it is for those without a key too: what else there is they do not learn.
        var isOpen: Bool {
            if case .endpoint(let endpoint, _) = self { endpoint.isOpen } else { false }
        }
    }

    /// - Parameter number: becomes the route's, of a path that is there.
    func match(_ request: Request, _ number: inout Int) -> Match {
        let segments = Router.segments(of: request.path)
        let route = routes[segments.count]?.first { matches($0, segments) }
        guard let route else { return .nothing(.noSuchPath(request)) }
        number = route.number
        // HEAD is GET without the body.
        let method = request.method == .head ? .get : request.method
        guard let endpoint = route.endpoints.first(where: { $0.method == method }) else {
            return .otherMethods(Router.allow(route.endpoints))
        }
        var names: [String] = []
        for (segment, pattern) in zip(segments, route.segments) where pattern == nil {
            do throws(Problem) { names.append(try Name.decode(segment)) } catch { return .nothing(error) }
        }
        return .endpoint(endpoint, names: names)
    }

    /// What stands between the slashes behind the first.
    private static func segments(of path: UnsafeRawBufferPointer) -> [UnsafeRawBufferPointer] {
        var segments: [UnsafeRawBufferPointer] = []
        segments.reserveCapacity(8)
        var start = 1
        for end in path.indices.dropFirst() where path[end] == UInt8(ascii: "/") {
            segments.append(UnsafeRawBufferPointer(rebasing: path[start..<end]))
            start = end + 1
        }
        if start <= path.count { segments.append(UnsafeRawBufferPointer(rebasing: path[start...])) }
        return segments
    }

    private func matches(_ route: Route, _ segments: [UnsafeRawBufferPointer]) -> Bool {
        for (pattern, segment) in zip(route.segments, segments) {
            guard pattern.map({ segment.elementsEqual($0) }) ?? !segment.isEmpty else { return false }
        }
        return true
    }

    private static func allow(_ endpoints: [Endpoint]) -> String {
        var methods: [String] = []
        for endpoint in endpoints {
            methods.append("\(endpoint.method.token)")
            if endpoint.method == .get { methods.append("HEAD") }
        }
        return (methods + ["OPTIONS"]).joined(separator: ", ")
    }
}

/// Names of sessions, graphs and variables: `[A-Za-z_][A-Za-z0-9_.-]{0,127}`, other than `NaN` and `Infinity`.
enum Name {
    static func isValid(_ name: String) -> Bool {
        let bytes = name.utf8
        guard let first = bytes.first, bytes.count <= 128, name != "NaN", name != "Infinity" else { return false }
        return isLetter(first) && bytes.allSatisfy { isLetter($0) || isDigit($0) || $0 == 0x2E || $0 == 0x2D }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    static let form = "a letter or _, then up to 127 letters, digits, _ . - (and not NaN or Infinity)"

    /// A segment of a path, percent-decoded (RFC 3986, 2.1).
    static func decode(_ segment: UnsafeRawBufferPointer) throws(Problem) -> String {
        let text = PercentDecoding.decode(segment, plusIsSpace: false)
        guard let text, isValid(text) else {
            throw .badName(text ?? String(decoding: segment, as: UTF8.self))
        }
        return text
    }
}

/// Percent-decoding (RFC 3986, 2.1).
enum PercentDecoding {
    /// Nil where an escape is broken or the result is not UTF-8.
    static func decode(_ bytes: some Collection<UInt8>, plusIsSpace: Bool) -> String? {
        guard plusIsSpace || bytes.contains(UInt8(ascii: "%")) else { return String(validating: bytes, as: UTF8.self) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var p = bytes.startIndex
        while p != bytes.endIndex {
            var byte = bytes[p]
            p = bytes.index(after: p)
            if byte == UInt8(ascii: "%") {
                var value: UInt8 = 0
                for _ in 0..<2 {
                    guard p != bytes.endIndex, let digit = Character(UnicodeScalar(bytes[p])).hexDigitValue else {
                        return nil
                    }
                    value = value << 4 | UInt8(digit)
                    p = bytes.index(after: p)
                }
                byte = value
            } else if plusIsSpace, byte == UInt8(ascii: "+") {
                byte = 0x20
            }
            decoded.append(byte)
        }
        return String(validating: decoded, as: UTF8.self)
    }
}
