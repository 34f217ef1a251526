import Foundation
import TestSupport
import Testing

extension OverHTTP {
    /// The program: its options, its one line of output or error, its exit status.
    @Suite struct ProgramOptionTests {
        @Test("--version prints one line and ends with status 0")
        func version() throws {
            let run = try ProgramEnd(["--version"])
            #expect(run.status == 0)
            #expect(run.output.wholeMatch(of: #/gradd \d+\.\d+\.\d+\n/#) != nil, "\(run.output)")
            #expect(run.errors.isEmpty)
        }

        @Test("--help names every option, its default and its meaning")
        func help() throws {
            let run = try ProgramEnd(["--help"])
            #expect(run.status == 0)
            #expect(run.errors.isEmpty)
            for word in ["--host", "--port", "--log-level", "--threads", "127.0.0.1", "8080", "GRADD_PORT", "--help"] {
                #expect(run.output.contains(word), "\(word)")
            }
        }

        @Test(
            "A bad option is one line on standard error, and exit status 64",
            arguments: [
                ["--prot", "1"], ["--port", "x"], ["--port", "65536"], ["--port", "-1"], ["--port"],
                ["--threads", "-2"],
                ["--log-level", "loud"], ["--max-body", "0"], ["extra"], ["--port", "0", "--host"], ["-z"],
                ["--key-rate", "-1"], ["--key-memory", "much"], ["key"], ["key", "a b"], ["key", "a", "b"],
            ])
        func badOption(arguments: [String]) throws {
            let run = try ProgramEnd(arguments)
            #expect(run.status == 64)
            run.expectOneLine()
            #expect(run.errors.contains("--help"), "it says what to do: \(run.errors)")
        }

        @Test("A bad value in the environment is told as one on the command line is")
        func badEnvironment() throws {
            let run = try ProgramEnd([], environment: ["GRADD_PORT": "many"])
            #expect(run.status == 64)
            run.expectOneLine()
            #expect(run.errors.contains("port") && run.errors.contains("many"), "\(run.errors)")
        }

        @Test("A taken port is one line on standard error that names it, and exit status 1")
        func takenPort() throws {
            let service = try #require(RunningService.current)
            let run = try ProgramEnd(["--port", "\(service.port)"])
            #expect(run.status == 1)
            run.expectOneLine()
            #expect(run.errors.contains("\(service.port)"), "\(run.errors)")
            #expect(try service.client().get("/health").status == 200)
        }

        @Test("An address that is not this machine's is one line on standard error, and exit status 1")
        func foreignAddress() throws {
            let run = try ProgramEnd(["--port", "0", "--host", "192.0.2.1", "--allow-anonymous"])
            #expect(run.status == 1)
            run.expectOneLine()
            #expect(run.errors.contains("192.0.2.1"), "\(run.errors)")
        }

        @Test(
            "Without keys it refuses to be reached from elsewhere, unless that is asked for",
            arguments: ["0.0.0.0", "::", "192.0.2.1", "example.org"])
        func anonymous(host: String) throws {
            let run = try ProgramEnd(["--port", "0", "--host", host])
            #expect(run.status == 64)
            run.expectOneLine()
            #expect(run.errors.contains("--allow-anonymous") && run.errors.contains(host), "\(run.errors)")
        }

        @Test("Each option has an environment variable, and the command line wins")
        func environment() throws {
            let free = try freePort()
            // It starts with --port 0 on the command line.
            let service = try RunningService.start(environment: ["GRADD_PORT": "1", "GRADD_THREADS": "2"])
            defer { service.stop() }
            #expect(service.port > 1)
            #expect(try service.client().get("/health").status == 200)

            let named = try ProgramEnd.ready([], environment: ["GRADD_PORT": "\(free)"])
            #expect(named == "gradd listening on http://127.0.0.1:\(free)\n")
        }

        @Test("Every option of --help has its environment variable, and stands in docs/api.md")
        func everyOption() throws {
            let help = try ProgramEnd(["--help"]).output
            let options = Set(help.matches(of: #/\n  (?:-h, )?--([a-z-]+)/#).map { String($0.1) })
                .subtracting(["help", "version"])
            let page = try String(contentsOf: projectFolder.appending(path: "docs/api.md"), encoding: .utf8)
            for option in options { #expect(page.contains("--\(option)"), "\(option)") }
            func run(_ option: String, _ value: String, _ arguments: [String] = []) throws -> ProgramEnd {
                let name = "GRADD_" + option.uppercased().replacing("-", with: "_")
                return try ProgramEnd(arguments, environment: [name: value])
            }
            // Values that it refuses, or that let something through that it refuses else.
            let texts: Set = ["host", "allow-anonymous", "allowed-host", "allow-origin", "api-keys", "data"]
            for option in options.subtracting(texts) {
                let end = try run(option, "x")
                #expect(end.status == 64 && end.errors.contains("--\(option)"), "\(option): \(end.errors)")
            }
            #expect(try run("host", "192.0.2.1").status == 64)
            let noFile = try run("api-keys", "/no/such/file", ["--port", "0"])
            #expect(noFile.status == 1 && noFile.errors.contains("/no/such/file"), "\(noFile.errors)")
            #expect(try run("data", "/no/such/directory/here", ["--port", "0"]).status == 1)
            #expect(try run("allow-anonymous", "1", ["--host", "192.0.2.1", "--port", "0"]).status == 1)
            let service = try RunningService.start(
                environment: ["GRADD_ALLOWED_HOST": "gradd.test", "GRADD_ALLOW_ORIGIN": "https://example.org"])
            defer { service.stop() }
            let headers = ["Host: gradd.test", "Origin: https://example.org"]
            try service.client().get("/health", headers: headers).expect(200)
            #expect(options.isSuperset(of: texts))
        }

        @Test("The log says at the start that state is kept in memory")
        func memoryIsTold() throws {
            #expect(try ProgramEnd.untilReady(["--port", "0"], signal: SIGTERM).errors.contains("kept in memory"))
        }

        @Test("SIGINT and SIGTERM end it, with status 0", arguments: [SIGINT, SIGTERM])
        func signals(_ number: Int32) throws {
            #expect(try ProgramEnd.untilReady(["--port", "0"], signal: number).status == 0)
        }

        @Test("The ready line is all that comes on standard output, the log goes to standard error")
        func readyLine() throws {
            let line = try ProgramEnd.ready(["--port", "0", "--log-level", "trace"])
            #expect(line.wholeMatch(of: #/gradd listening on http://127\.0\.0\.1:\d+\n/#) != nil, "\(line)")
        }

        @Test("--max-body and --max-head bound what a request may hold")
        func limits() throws {
            let service = try RunningService.start(["--max-body", "1000", "--max-head", "600"])
            defer { service.stop() }
            let client = try service.client()
            let path = "/v1/sessions/s/graphs/g/variables/x"
            try client.put(path, #"{"data": 1}"#).expect(201)
            let before = try client.get(path).text
            try client.put(path, #"{"data": [\#(String(repeating: "1,", count: 500))1]}"#)
                .expectProblem(413, "content-too-large")
            try client.get(path, headers: ["X-Filler: \(String(repeating: "a", count: 700))"])
                .expectProblem(431, "header-fields-too-large")
            #expect(try client.get(path).text == before)
        }

        /// A port that was free a moment ago.
        private func freePort() throws -> UInt16 {
            let service = try RunningService.start()
            defer { service.stop() }
            return service.port
        }
    }
}
