import Foundation
import TestSupport
import Testing

@testable import Server

extension OverHTTP {
    /// A problem's type leads somewhere.
    @Suite struct ProblemCatalogTests {
        @Test("Every type of problem that the service can answer with is explained")
        func complete() throws {
            let folder = projectFolder.appending(path: "Sources/Server")
            let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
            var used = Set<String>()
            for case let file as URL in files where file.pathExtension == "swift" {
                let text = try String(contentsOf: file, encoding: .utf8)
                for match in text.matches(of: #/"\/problems\/([a-z-]+)"/#) { used.insert(String(match.1)) }
            }
            #expect(used.count > 20)
            #expect(used == Set(ProblemCatalog.kinds.map(\.name)))
            let page = try String(contentsOf: projectFolder.appending(path: "docs/api.md"), encoding: .utf8)
            for name in used { #expect(page.contains("`\(name)`"), "docs/api.md does not list \(name)") }
        }

        @Test("A type is a path that can be read, and the status is the one that comes")
        func reads() throws {
            let client = try #require(RunningService.current).client()
            let problem = try client.get("/nowhere").json
            let kind = try client.get(try #require(problem["type"]?.string))
            #expect(kind.status == 200)
            #expect(try kind.json["status"]?.number == problem["status"]?.number)
            #expect(try client.get("/problems/none").status == 404)
        }
    }
}
