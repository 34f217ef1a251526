import Foundation
import TestSupport
import Testing

/// A directory that another build has written.
@Suite("Data of another build")
struct PortabilityTests {
    /// `Tests/Fixtures/data`: a session, written by a build for x86-64-v3, and what that build said of its variables.
    @Test("What a build for another processor wrote is read to the same bits")
    func otherProcessor() throws {
        let fixture = projectFolder.appending(path: "Tests/Fixtures/data")
        let stored = try StoredService()
        stored.end(SIGTERM)
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: stored.directory.path) where name != "lock" {
            try files.removeItem(at: stored.directory.appending(path: name))
        }
        try files.copyItem(at: fixture.appending(path: "gradd.sqlite"), to: stored.database)
        // Whatever it is allowed now: what was kept is there.
        try stored.start(["--max-memory", "1000", "--threads", "1"])
        let client = try stored.service.client()
        let graph = "/v1/sessions/kept/graphs/g"
        let lines = try String(contentsOf: fixture.appending(path: "variables.jsonl"), encoding: .utf8).split(
            separator: "\n")
        let names =
            try client.get("\(graph)/variables").json["variables"]?.list?.compactMap { $0["name"]?.string } ?? []
        #expect(names.count == lines.count && names.count > 10)
        for (name, line) in zip(names, lines) {
            #expect(try client.get("\(graph)/variables/\(name)?arrays=base64").text == line + "\n", "\(name)")
        }
        #expect(try client.get(graph).headers["etag"]?.isEmpty == false)
    }
}
