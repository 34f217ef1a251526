import Crypto
import Foundation
import TestSupport
import Testing

extension OverHTTP {
    /// The file of keys, and the command that makes one.
    @Suite struct KeyFileTests {
        private static let digest = String(repeating: "ab", count: 32)

        private func run(file text: String, _ arguments: [String] = []) throws -> ProgramEnd {
            let file = FileManager.default.temporaryDirectory.appending(path: "gradd-\(UUID().uuidString).keys")
            try Data(text.utf8).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            return try ProgramEnd(["--port", "0", "--api-keys", file.path] + arguments)
        }

        @Test(
            "A file that is damaged is one line that says where, and exit status 1; what stands there is not shown",
            arguments: [
                ("", "no key"), ("# only a comment\n\n", "no key"), ("secret\n", "line 1"),
                ("# keys\n\nalice:secret\n", "line 3"), ("alice:\(digest)\nsecret:\(digest)0\n", "line 2"),
                ("secret:\(digest.dropLast())\n", "line 1"), ("secret:\(digest.dropLast())g\n", "line 1"),
                ("secret:+\(digest.dropLast())\n", "line 1"), ("secret name:\(digest)\n", "line 1"),
                (":\(digest)\n", "line 1"), ("0secret:\(digest)\n", "line 1"), ("secret:\(digest):\n", "line 1"),
                ("alice:\(digest) # secret\n", "line 1"), ("alice: \(digest)\n", "line 1"),
                ("alice:\(digest)\nsecret:\(digest.uppercased())\n", "line 2"),
            ])
        func damage(_ text: String, _ word: String) throws {
            let end = try run(file: text)
            #expect(end.status == 1)
            end.expectOneLine()
            #expect(end.errors.contains("--api-keys") && end.errors.contains(word), "\(end.errors)")
            #expect(!end.errors.contains("secret") && !end.errors.contains(Self.digest.dropLast()), "\(end.errors)")
        }

        @Test("A file that is not there, no file, or no text is one line, and exit status 1")
        func unreadable() throws {
            for path in ["/no/such/file", "/tmp", RunningService.program.path] {
                let end = try ProgramEnd(["--port", "0", "--api-keys", path])
                #expect(end.status == 1)
                end.expectOneLine()
                #expect(end.errors.contains(path), "\(end.errors)")
            }
        }

        @Test("With keys it may be reached from elsewhere")
        func otherHosts() throws {
            // Where it is refused, that is usage (64); here it cannot listen.
            #expect(try run(file: "alice:\(Self.digest)\n", ["--host", "192.0.2.1"]).status == 1)
        }

        @Test("gradd key prints a key of 256 random bits and its line, which lets it in")
        func making() throws {
            var made = Set<String>()
            for _ in 0..<3 {
                let end = try ProgramEnd(["key", "alice"], environment: ["GRADD_HOST": "0.0.0.0", "GRADD_PORT": "x"])
                #expect(end.status == 0 && end.errors.isEmpty)
                let match = try #require(
                    end.output.wholeMatch(of: #/([A-Za-z0-9_-]{43})\n(alice:[0-9a-f]{64})\n/#), "\(end.output)")
                made.insert(String(match.1))
                let digest = SHA256.hash(data: Data(match.1.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
                #expect(match.2 == "alice:" + digest.joined())
                let keyed = try KeyedService(["bob"])
                try keyed.replaceKeys(String(match.2))
                try keyed.service.client(key: String(match.1)).get("/v1/sessions").expect(200)
            }
            #expect(made.count == 3)
        }

        @Test("gradd --help and gradd key --help tell of it")
        func help() throws {
            #expect(try ProgramEnd(["--help"]).output.contains("key "))
            for arguments in [["key", "--help"], ["help", "key"]] {
                let end = try ProgramEnd(arguments)
                #expect(end.status == 0 && end.output.contains("USAGE: gradd key <name>"), "\(end.output)")
            }
        }
    }
}
