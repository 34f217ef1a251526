import Foundation
import TestSupport
import Testing

@testable import Engine

/// `docs/ops.md` is written from the declarations.
struct OpDocumentTests {
    @Test("Every op says what it is, and each of its arrays and arguments too")
    func summaries() {
        for op in Catalog.ops {
            #expect(op.summary.hasSuffix("."), "\(op.name): \(op.summary)")
            for parameter in op.parameters {
                #expect(parameter.summary.hasSuffix("."), "\(op.name), \(parameter.name): \(parameter.summary)")
            }
        }
    }

    @Test("No two ops have one name")
    func names() {
        let names = Catalog.families.flatMap(\.all).map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test("docs/ops.md says what the declarations say")
    func page() throws {
        let file = projectFolder.appending(path: "docs/ops.md")
        let page = Self.page()
        if ProcessInfo.processInfo.environment["GRADD_UPDATE_DOCS"] != nil {
            try page.write(to: file, atomically: true, encoding: .utf8)
        }
        let written = try? String(contentsOf: file, encoding: .utf8)
        #expect(written == page, "GRADD_UPDATE_DOCS=1 swift test --filter OpDocumentTests writes it anew")
    }

    private static func page() -> String {
        let count = Catalog.ops.count
        let tables = Catalog.families.map { family in
            let rows = family.ops.map { row($0) }.joined(separator: "\n")
            return """
                ## \(family.title)

                Names, arguments and numbers: \(family.source).

                | op | what it is | arrays and arguments | backward reads |
                | --- | --- | --- | --- |
                \(rows)
                """
        }
        return """
            # Ops

            The \(count) ops that `…/ops`, `run` and formulas apply, written from their declarations; `GET /v1/ops` says the same in
            JSON. Arrays go in `inputs`, all else in `args`; what has a default may be left out. Floats are float16, float32 and
            float64; numbers are floats and integers. The gradients of every op that has any can be differentiated again, to any
            order. A backward sees the arrays that it reads as they are then, with
            data set in place since.

            \(tables.joined(separator: "\n\n"))

            """
    }

    private static func row(_ op: any AnyOp) -> String {
        let details = op.parameters.map { parameter in
            let kind =
                parameter.array.map { array in
                    let kinds: [(DTypes, String)] = [
                        (.all, "any dtype"), (.numbers, "numbers"), (.floats, "floats"), (.integers, "integers"),
                        (.bools, "bool"),
                    ]
                    let dtypes = kinds.first { $0.0 == array.dtypes }?.1 ?? array.dtypes.names
                    let several = [.list: "list of ", .lists: "lists of "][array.arity] ?? ""
                    return several + dtypes + (array.arity == .optional ? ", or null" : "")
                } ?? parameter.form
            let fallback = parameter.fallback.map { ", default \($0)" } ?? ""
            return "`\(parameter.name)` (\(kind)\(fallback)): \(parameter.summary)"
        }
        let cells = ["`\(op.name)`", op.summary, details.joined(separator: "<br>"), op.backwardReads]
        return "| " + cells.map { $0.replacingOccurrences(of: "|", with: "\\|") }.joined(separator: " | ") + " |"
    }
}
