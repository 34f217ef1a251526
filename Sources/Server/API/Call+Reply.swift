import Engine
import HTTPTypes

extension Call {
    /// Writes a body, with its arrays in some form.
    typealias BodyWriter = (inout OutputBuffer, Representation.ArrayForm) throws -> Void

    /// Writes a whole reply in JSON as the request wants it, with its graph's entity tag.
    /// - Parameter minimal: writes it in the minimal form, where `write` cannot be called again for that.
    func json(
        _ response: inout ResponseWriter, _ status: HTTPResponse.Status = .ok, location: String? = nil,
        of graph: Graph? = nil, isState: Bool = true, minimal: BodyWriter? = nil, _ write: BodyWriter
    ) throws {
        if verdict == .notModified { return noContent(&response, .notModified) }
        stopwatch.enter(.encode)
        response.begin(status, contentType: "application/json")
        if let location { response.header("Location", location) }
        head(&response, graph ?? self.graph, isState: isState)
        response.beginBody(streams: !representation.isPretty)
        let start = response.body.count
        try write(&response.body, form)
        let isStreamed = response.body.hasStreamed
        if representation.isPretty { response.body.indent(from: start) }
        response.body.append(UInt8(ascii: "\n"))
        let isLong = isStreamed || response.body.count - start > StoredResponse.bodyLimit
        response.end()
        guard keepsReply, isLong else { return }
        var short = self
        (short.representation, short.keepsReply) = (.minimal, false)
        var scratch = ResponseWriter()
        try short.json(&scratch, status, location: location, of: graph, isState: isState) { out, form in
            if let minimal { try minimal(&out, form) } else { try write(&out, form) }
        }
        response.substitute = scratch.stored
    }

    /// A reply without a body.
    func noContent(_ response: inout ResponseWriter, _ status: HTTPResponse.Status = .noContent) {
        response.begin(status)
        head(&response, graph, isState: true)
        response.end()
    }

    /// The fields that all replies on state have.
    func head(_ response: inout ResponseWriter, _ graph: Graph?, isState: Bool) {
        if isState {
            response.header("Cache-Control", "no-store")
            response.header("Vary", "Accept, Prefer")
        }
        if let graph { response.header("ETag", "\"\(graph.tag)\(representation.tagSuffix)\"") }
        if representation.isMinimal { response.header("Preference-Applied", "return=minimal") }
    }
}

extension OutputBuffer {
    /// Indents what was written behind an offset from the start of what is unsent.
    fileprivate mutating func indent(from offset: Int) {
        let text = UnsafeRawBufferPointer(rebasing: unsent[offset...])
        let indented = JSONIndenter.indent(text)
        truncate(to: start + offset)
        indented.withUnsafeBytes { append($0) }
    }
}
