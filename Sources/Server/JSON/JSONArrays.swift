import Engine

// Arrays on the wire: from text straight into memory of the right dtype, and from there straight into the reply.

/// Something to do with the type of a dtype's elements.
protocol JSONElementVisitor {
    associatedtype Result
    func visit<T: JSONElement & Element>(_: T.Type) throws -> Result
}

extension DType {
    func visitJSON<V: JSONElementVisitor>(_ visitor: V) throws -> V.Result {
        switch self {
        case .float32: try visitor.visit(Float.self)
        case .float64: try visitor.visit(Double.self)
        case .int32: try visitor.visit(Int32.self)
        case .int64: try visitor.visit(Int64.self)
        case .bool: try visitor.visit(Bool.self)
        }
    }
}

extension JSONValue {
    /// An array of nested lists, or one value.
    /// - Throws: `JSONError` at the element that does not fit, `EngineError` beyond the account.
    func array(_ dtype: DType) throws -> NDArray {
        guard isList || isNumber || isBool || isString else { throw typeError("a number or a list of numbers") }
        return try dtype.visitJSON(ReadArray(value: self, dtype: dtype))
    }
}

private struct ReadArray: JSONElementVisitor {
    let value: JSONValue
    let dtype: DType

    func visit<T: JSONElement & Element>(_ type: T.Type) throws -> NDArray {
        var sink = BuilderSink(dtype)
        let found: ArrayText
        do {
            found = try ArrayReader<T, BuilderSink>.read(
                value.text.buffer, from: value.range.lowerBound, as: type, into: &sink)
        } catch {
            if let refusal = sink.refusal { throw refusal }
            throw explain(error)
        }
        guard found.end == value.range.upperBound else { throw JSONError.syntax("a comma or ]", at: found.end) }
        return try sink.finish(found.shape)
    }

    private func explain(_ error: ArrayError) -> JSONError {
        let elements =
            dtype == .bool ? "true or false" : dtype.isFloat ? "a number, \"NaN\", \"Infinity\"" : "an integer"
        func wrong(_ detail: String, _ expected: String, _ actual: String) -> JSONError {
            JSONError(kind: .value(detail, expected: expected, actual: actual), offset: error.offset)
        }
        switch error.kind {
        case .invalidJSON: return .syntax("a comma, ] or \(elements)", at: error.offset)
        case .unexpectedEnd: return .syntax("the rest of the array", at: error.offset)
        case .wrongType:
            return wrong("An element is not of the dtype \(dtype).", elements, "something else")
        case .notABoolean: return wrong("An element is not of the dtype bool.", "true or false", "a number")
        case .outOfRange:
            return JSONError(
                kind: .impossible(
                    "An element is out of the range of \(dtype).", expected: "an integer that \(dtype) holds",
                    actual: "a larger one"), offset: error.offset)
        case .fraction:
            return JSONError(
                kind: .impossible(
                    "An element of an array of dtype \(dtype) has a fraction: give a float dtype.",
                    expected: "an integer", actual: "a fraction"), offset: error.offset)
        case .raggedLength(let expected, let found):
            return wrong(
                "The lists beside each other are of different lengths.", "\(expected) elements",
                found.map { "\($0)" } ?? "more than \(expected)")
        case .unexpectedList: return wrong("A list stands where other elements are numbers.", elements, "a list")
        case .expectedList: return wrong("A number stands where other elements are lists.", "a list", "a number")
        case .tooDeep: return JSONError(kind: .tooDeep(limit: 32), offset: error.offset)
        case .refused: return .syntax("a smaller array", at: error.offset)
        }
    }
}

/// Memory of the engine's for the elements that are read.
private struct BuilderSink: ElementSink, ~Copyable {
    private var builder: ArrayBuilder
    /// Why memory was refused.
    private(set) var refusal: EngineError?

    init(_ dtype: DType) { builder = ArrayBuilder(dtype) }

    mutating func grow(toBytes bytes: Int, keeping: Int) -> UnsafeMutableRawPointer? {
        do {
            return try builder.grow(toBytes: bytes)
        } catch {
            refusal = error as? EngineError
            return nil
        }
    }

    consuming func finish(_ shape: [Int]) throws -> NDArray { try builder.finish(shape) }
}

extension OutputBuffer: ByteSink {
    mutating func reserve(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        (reserve(count) as UnsafeMutableRawPointer).assumingMemoryBound(to: UInt8.self)
    }

    /// Appends an array as nested lists, in the shortest text that reads back the same.
    mutating func append(_ array: NDArray) {
        struct Write: JSONElementVisitor {
            let array: NDArray
            let body: UnsafeMutablePointer<OutputBuffer>
            func visit<T: JSONElement & Element>(_ type: T.Type) {
                array.read(type) { ArrayWriter.write($0, shape: array.shape, into: &body.pointee) }
            }
        }
        // The pointer lives as long as the call.
        withUnsafeMutablePointer(to: &self) { body in
            try? array.dtype.visitJSON(Write(array: array, body: body))
        }
    }
}
