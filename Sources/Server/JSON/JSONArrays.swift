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
        case .float16: try visitor.visit(Float16.self)
        case .float32: try visitor.visit(Float.self)
        case .float64: try visitor.visit(Double.self)
        case .int8: try visitor.visit(Int8.self)
        case .int16: try visitor.visit(Int16.self)
        case .int32: try visitor.visit(Int32.self)
        case .int64: try visitor.visit(Int64.self)
        case .uint8: try visitor.visit(UInt8.self)
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
        // What is wrong with an array is told by reading it from its start.
        if value.range.count >= ReadArray.parallelLength, let array = try? readHalves(type) { return array }
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

    /// Bytes from which on a second core pays.
    private static let parallelLength = 1 << 18

    /// Reads both halves of a list at once; nil where it cannot be split, or anything is wrong with it.
    private func readHalves<T: JSONElement & Element>(_ type: T.Type) throws -> NDArray? {
        let (text, range) = (value.text, value.range)
        guard let comma = text.middleComma(of: range) else { return nil }
        var first = Half(dtype)
        var second = Half(dtype)
        withUnsafeMutablePointer(to: &first) { first in
            withUnsafeMutablePointer(to: &second) { second in
                // Each half is touched by one part of the work alone, and both are done before the pointers end; the text is
                // read only.
                Parallel.both {
                    first.pointee.read(type, from: text.buffer, in: range.lowerBound + 1..<comma)
                } _: {
                    second.pointee.read(type, from: text.buffer, in: comma + 1..<range.upperBound - 1)
                }
            }
        }
        return try first.joined(with: second)
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
            return wrong("An element is not of the dtype \(dtype).", elements, value.text.kind(at: error.offset))
        case .notABoolean: return wrong("An element is not of the dtype bool.", "true or false", "a number")
        case .outOfRange:
            return JSONError(
                kind: .impossible(
                    "An element is out of the range of \(dtype).", expected: "an integer that \(dtype) holds",
                    actual: "one beyond it"), offset: error.offset)
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
    private(set) var refusal: (any Error)?

    init(_ dtype: DType) { builder = ArrayBuilder(dtype) }

    var limit: Int { builder.limit }

    mutating func grow(toBytes bytes: Int, keeping: Int) -> UnsafeMutableRawPointer? {
        do {
            return try builder.grow(toBytes: bytes)
        } catch {
            refusal = error
            return nil
        }
    }

    consuming func finish(_ shape: [Int]) throws -> NDArray { try builder.finish(shape) }
}

/// One half of an array.
private struct Half: ~Copyable {
    private var sink: BuilderSink
    /// What was read; nil where something is wrong.
    private var found: ArrayText?

    init(_ dtype: DType) { sink = BuilderSink(dtype) }

    mutating func read<T: JSONElement & Element>(
        _ type: T.Type, from text: UnsafeBufferPointer<UInt8>, in part: Range<Int>
    ) {
        found = try? ArrayReader<T, BuilderSink>.readItems(text, in: part, as: type, into: &sink)
    }

    /// The whole array; nil where the halves do not make one.
    consuming func joined(with other: consuming Half) throws -> NDArray? {
        guard let a = found, let b = other.found, a.shape.dropFirst() == b.shape.dropFirst() else { return nil }
        let tail = try other.sink.finish(b.shape)
        let kept = a.count * tail.dtype.itemSize
        guard let memory = sink.grow(toBytes: kept + tail.byteCount, keeping: kept) else { return nil }
        tail.withBytes { UnsafeMutableRawBufferPointer(start: memory + kept, count: $0.count).copyMemory(from: $0) }
        return try sink.finish([(a.shape.first ?? 0) + (b.shape.first ?? 0)] + a.shape.dropFirst())
    }
}
