import Foundation

/// What is fuzzed. Each takes any bytes, must come to an end without a crash, and checks what must hold besides.
enum Target: String {
    case http, json, numbers, formula, npy, requests

    func run(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .http: HTTPTarget.run(bytes)
        case .json: JSONTarget.run(bytes)
        case .numbers: NumberTarget.run(bytes)
        case .formula: FormulaTarget.run(bytes)
        case .npy: NpyTarget.run(bytes)
        case .requests: RequestTarget.run(bytes)
        }
    }

    /// The target that GRADD_FUZZ names.
    static let chosen: Target = {
        let name = ProcessInfo.processInfo.environment["GRADD_FUZZ"] ?? ""
        guard let target = Target(rawValue: name) else { fatalError("GRADD_FUZZ names no target: \"\(name)\"") }
        return target
    }()
}

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    Target.chosen.run(UnsafeRawBufferPointer(start: start, count: count))
    return 0
}

extension UnsafeRawBufferPointer {
    /// The first byte, as a choice, and the rest; nil where there is none.
    var choiceAndRest: (UInt8, UnsafeRawBufferPointer)? {
        first.map { ($0, UnsafeRawBufferPointer(rebasing: dropFirst())) }
    }
}
