import Foundation
import TestSupport
import Testing

@testable import Server

/// The table of limits in `docs/api.md` is written from the options.
struct LimitDocumentTests {
    @Test("docs/api.md says what the options say")
    func page() throws {
        let file = projectFolder.appending(path: "docs/api.md")
        var page = try String(contentsOf: file, encoding: .utf8)
        let table = try Self.table()
        let (start, end) = ("<!-- limits, written from the options -->\n", "<!-- end of the limits -->\n")
        let first = try #require(page.range(of: start)).upperBound
        let last = try #require(page.range(of: end)).lowerBound
        if ProcessInfo.processInfo.environment["GRADD_UPDATE_DOCS"] != nil {
            page.replaceSubrange(first..<last, with: table)
            try page.write(to: file, atomically: true, encoding: .utf8)
        } else {
            #expect(
                page[first..<last] == table, "GRADD_UPDATE_DOCS=1 swift test --filter LimitDocumentTests writes it anew"
            )
        }
    }

    private static func table() throws -> String {
        // One line an option, however long.
        let help = ServeOptions.helpMessage(columns: 1000)
            .replacing(#/>\n +/#) { _ in "> " }
        let names = EnvironmentOptions.limits
        #expect(names.count > 20)
        let rows = try names.map { name in
            let line = try #require(help.firstMatch(of: try Regex("\n  --\(name) <[a-z-]+> +([^\n]+)")), "\(name)")
            var text = String(line.output[1].substring ?? "")
            var fallback = ""
            if let match = text.firstMatch(of: #/ \(default: (.+)\)$/#) {
                fallback = String(match.1)
                text.removeSubrange(match.range)
            }
            return "| `--\(name)` | \(fallback) | \(text) |\n"
        }
        return "| option | default | |\n| --- | --- | --- |\n" + rows.joined()
    }
}
