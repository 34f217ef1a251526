// A kernel is generic over the element type; these are the only places that turn a dtype into one.

/// Something to do with any element type.
protocol ElementVisitor {
    associatedtype Result
    func visit<T: Element>(_: T.Type) throws -> Result
}

/// Something to do with a type that has arithmetic.
protocol NumberVisitor {
    associatedtype Result
    func visit<T: NumberElement>(_: T.Type) throws -> Result
}

/// Something to do with a float type.
protocol FloatVisitor {
    associatedtype Result
    func visit<T: FloatElement>(_: T.Type) throws -> Result
}

/// Something to do with a float type whose matrices are multiplied.
protocol MatrixVisitor {
    associatedtype Result
    func visit<T: MatrixElement>(_: T.Type) throws -> Result
}

/// Something to do with elements that are only moved: all that counts is their width, of which there is an integer.
protocol WidthVisitor {
    associatedtype Result
    func visit<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) throws -> Result
}

extension DType {
    func visit<V: ElementVisitor>(_ visitor: V) throws -> V.Result {
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

    /// - Throws: `EngineError.Kind.dtype` for bool.
    func visitNumber<V: NumberVisitor>(_ visitor: V) throws -> V.Result {
        switch self {
        case .float16: try visitor.visit(Float16.self)
        case .float32: try visitor.visit(Float.self)
        case .float64: try visitor.visit(Double.self)
        case .int8: try visitor.visit(Int8.self)
        case .int16: try visitor.visit(Int16.self)
        case .int32: try visitor.visit(Int32.self)
        case .int64: try visitor.visit(Int64.self)
        case .uint8: try visitor.visit(UInt8.self)
        case .bool: throw unfit(.numbers)
        }
    }

    /// - Throws: `EngineError.Kind.dtype` for integers and bool.
    func visitFloat<V: FloatVisitor>(_ visitor: V) throws -> V.Result {
        switch self {
        case .float16: try visitor.visit(Float16.self)
        case .float32: try visitor.visit(Float.self)
        case .float64: try visitor.visit(Double.self)
        case .int8, .int16, .int32, .int64, .uint8, .bool: throw unfit(.floats)
        }
    }

    /// - Throws: `EngineError.Kind.dtype` for float16, which is computed in float32, integers and bool.
    func visitMatrix<V: MatrixVisitor>(_ visitor: V) throws -> V.Result {
        switch self {
        case .float32: try visitor.visit(Float.self)
        case .float64: try visitor.visit(Double.self)
        case .float16, .int8, .int16, .int32, .int64, .uint8, .bool: throw unfit(.floats)
        }
    }

    func visitWidth<V: WidthVisitor>(_ visitor: V) throws -> V.Result {
        switch itemSize {
        case 1: try visitor.visit(UInt8.self)
        case 2: try visitor.visit(UInt16.self)
        case 4: try visitor.visit(UInt32.self)
        default: try visitor.visit(UInt64.self)
        }
    }

    private func unfit(_ dtypes: DTypes) -> EngineError {
        EngineError(
            .dtype, "The dtype does not fit: apply cast to the array first.", expected: dtypes.names, actual: rawValue)
    }
}
