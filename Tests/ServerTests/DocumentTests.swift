import Foundation
import TestSupport
import Testing

/// The documents show what the service does: their commands are run, and the replies compared.
@Suite("Documents")
struct DocumentTests {
    @Test(
        "Every curl example of a page gives the reply that the page shows",
        arguments: [("README.md", 10), ("docs/api.md", 50), ("docs/operations.md", 4)])
    func examples(_ page: String, atLeast count: Int) throws {
        let service = try RunningService.start()
        defer { service.stop() }
        let url = projectFolder.appending(path: page)
        var document = try Document(String(contentsOf: url, encoding: .utf8))
        #expect(document.examples.count >= count)
        for index in document.examples.indices {
            let example = document.examples[index]
            let actual = try shell(example.command, service.port)
            if let difference = example.difference(from: actual) {
                Issue.record("\(page): \(example.command)\n\(difference)\nIt answers:\n\(actual)")
            }
            document.examples[index].reply = example.updated(by: actual)
        }
        if ProcessInfo.processInfo.environment["GRADD_UPDATE_DOCS"] != nil {
            try document.text.write(to: url, atomically: true, encoding: .utf8)
        }
    }

    @Test("The article's script prints the true gradients")
    func article() throws {
        let service = try RunningService.start()
        defer { service.stop() }
        let script = projectFolder.appending(path: "examples/seed-article.sh").path
        let output = try shell("\(script) \(service.base)", service.port)
        let shown = output.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(
            shown == [
                #"{"grads":{"x":[2.0]}}"#, #"{"grads":{"x":[4.0]}}"#, "{}", #"{"grads":{"x":[2.0]}}"#,
                #"{"grads":{"x0":[4.0,4.0]}}"#, "x0.grad = null", #"{"grads":{"x0":[4.0,4.0]}}"#,
                #"{"grads":{"x0":[4.0,4.0],"x1":[6.0,6.0]}}"#, #"{"grads":{"x0":[2.0,2.0]}}"#,
                #"{"grads":{"x0":[2.0,2.0]}}"#, "x0.grad = [2.0,2.0]", "{}", #"{"grads":{"x0":[2.0,2.0]}}"#,
                "y.grad = [1.0,1.0]", "x0.grad = null", #"{"grads":{"x0":[4.0,4.0]}}"#, "y.grad = [2.0,2.0]",
                "z.grad = [1.0,1.0]", "x0.grad = null",
            ])
    }

    /// Runs a command as a reader would, against the service under test.
    private func shell(_ command: String, _ port: UInt16) throws -> String {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(filePath: "/bin/bash")
        // Progress would be printed otherwise, as the output is no terminal.
        let quiet = "curl() { command curl -sS \"$@\"; }; "
        process.arguments = ["-c", quiet + command.replacing("localhost:8080", with: "127.0.0.1:\(port)")]
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).replacing("\r\n", with: "\n")
    }
}

/// A page with console blocks: commands behind `$ `, each followed by what it prints.
private struct Document {
    struct Example {
        var command: String
        var reply: String
    }
    private var parts: [String] = []
    var examples: [Example] = []

    /// Text and examples in turn.
    init(_ text: String) {
        var part = ""
        var isConsole = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") { isConsole = line == "```console" }
            if isConsole, line.hasPrefix("$ ") {
                parts.append(part)
                part = ""
                examples.append(Example(command: String(line.dropFirst(2)), reply: ""))
            } else if isConsole, let last = examples.indices.last, part.isEmpty, parts.count == examples.count {
                if examples[last].command.hasSuffix("\\"), examples[last].reply.isEmpty {
                    examples[last].command += "\n" + line
                } else {
                    examples[last].reply += line + "\n"
                }
            } else {
                part += line + "\n"
            }
        }
        parts.append(String(part.dropLast()))
    }

    var text: String {
        zip(parts, examples).map { $0 + "$ " + $1.command + "\n" + $1.reply }.joined() + (parts.last ?? "")
    }
}

extension Document.Example {
    /// The lines of heads, and the body.
    private static func split(_ reply: String) -> (head: [Substring], body: String) {
        guard reply.hasPrefix("HTTP/"), let end = reply.range(of: "\n\n") else { return ([], reply) }
        return (reply[..<end.lowerBound].split(separator: "\n"), String(reply[end.upperBound...]))
    }

    /// What differs from what the command printed; nil if nothing does. Of a head the page may show a part.
    func difference(from actual: String) -> String? {
        let (head, body) = Self.split(reply)
        let (actualHead, actualBody) = Self.split(actual)
        for line in head {
            let name = line.prefix { $0 != "…" }
            guard actualHead.contains(where: { line.contains("…") ? $0.hasPrefix(name) : $0 == line }) else {
                return "The head has no line \"\(line)\"."
            }
        }
        if body == actualBody { return nil }
        guard let wanted = try? JSON(body), let got = try? JSON(actualBody) else { return "The text differs." }
        return got.masked(by: wanted).difference(from: wanted, relative: 1e-6, absolute: 0)
    }

    /// The page's reply, or what the command printed where that differs.
    func updated(by actual: String) -> String { difference(from: actual) == nil ? reply : actual }
}

extension JSON {
    /// The value with `"…"` where the page has it.
    fileprivate func masked(by page: JSON) -> JSON {
        switch (self, page) {
        case (_, .string("…")): page
        case (.object(let object), .object(let shown)):
            .object(Dictionary(uniqueKeysWithValues: object.map { ($0, shown[$0].map($1.masked(by:)) ?? $1) }))
        case (.list(let items), .list(let shown)) where items.count == shown.count:
            .list(zip(items, shown).map { $0.masked(by: $1) })
        default: self
        }
    }
}
