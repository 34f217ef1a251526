/// Messages, however they are cut: the first byte says how long the pieces are.
enum HTTPTarget {
    /// Low, so that inputs reach them.
    private static let limits: Limits = {
        var limits = Limits()
        (limits.target, limits.head, limits.fields, limits.body) = (200, 600, 12, 300)
        (limits.chunkLine, limits.chunkExtensions) = (60, 120)
        return limits
    }()

    static func run(_ bytes: UnsafeRawBufferPointer) {
        guard let (choice, rest) = bytes.choiceAndRest, !rest.isEmpty else { return }
        let whole = read(rest, piece: rest.count)
        let cut = read(rest, piece: 1 + Int(choice) % 16)
        precondition(whole == cut, "cut, they mean something else: \(whole), \(cut)")
    }

    /// What the messages say, up to the first that closes the connection.
    static func read(_ bytes: UnsafeRawBufferPointer, piece: Int) -> [String] {
        var input = InputBuffer()
        var parser = RequestParser(limits: limits)
        var messages: [String] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            input.append(bytes[start..<min(start + piece, bytes.count)])
            while true {
                do throws(Rejection) {
                    guard case .request = try parser.advance(in: &input), let request = parser.request(in: input) else {
                        break
                    }
                    messages.append(summary(request, parser.framing))
                } catch {
                    messages.append("\(error.problem.status.code)")
                    if error.closes { return messages }
                }
                precondition(parser.messageCount <= input.count)
                input.consume(parser.messageCount)
                parser.reset()
            }
            precondition(input.count <= limits.head + limits.body + limits.head + piece, "bytes pile up")
        }
        return messages
    }

    private static func summary(_ request: Request, _ framing: Framing) -> String {
        func text(_ bytes: UnsafeRawBufferPointer?) -> String {
            bytes.map { String(decoding: $0, as: UTF8.self) } ?? "-"
        }
        let fields = request.fields.map { "\(text($0.name)): \(text($0.value))" }
        let ends: [UInt8] = [Grammar.cr, Grammar.lf, 0]
        for (name, value) in request.fields {
            precondition(Grammar.isToken(name) && !value.contains { ends.contains($0) })
        }
        precondition(request.body.count <= limits.body)
        return
            "\(request.method) \(text(request.path))?\(text(request.query)) \(request.version) \(text(request.authority))"
            + "\(fields) \(text(request.body)) \(framing)"
    }
}
