import Engine

// Effects as bytes: a tag, then what belongs to it. Tags are never given another meaning, so that old files are read for ever.

private enum Tag: UInt8 {
    case identity = 1
    case bytes, largeBytes, cell, call, function, node, bound, unbound, grad, noGrad, data, unchained, counted
}

private enum SlotTag: UInt8 {
    case input = 1
    case absent, list, argument
}

private enum ArgumentTag: UInt8 {
    case null = 1
    case bool, int, real, string, list
}

extension WrittenEffects {
    /// Arrays of so many bytes stand beside the effects, and are not written again when these are.
    static let largeArray = 4096
    /// A piece ends behind so many bytes.
    private static let piece = 1 << 20

    /// - Parameter effects: of one graph, in order.
    init(_ effects: [Effect]) {
        var writer = ByteWriter()
        for effect in effects {
            writer.write(effect, into: &self)
            if writer.bytes.count >= WrittenEffects.piece {
                pieces.append(writer.bytes)
                writer = ByteWriter()
            }
        }
        if !writer.bytes.isEmpty { pieces.append(writer.bytes) }
    }
}

extension ByteWriter {
    fileprivate mutating func write(_ effect: Effect, into written: inout WrittenEffects) {
        switch effect {
        case .identity(let id):
            write(.identity)
            write(id)
        case .bytes(let number, let array) where array.byteCount >= WrittenEffects.largeArray:
            write(.largeBytes, number, array.dtype)
            write(array.byteCount)
            written.arrays.append(WrittenArray(number: number, array: array))
        case .bytes(let number, let array):
            write(.bytes, number, array.dtype)
            write(array.byteCount)
            // Little-endian, as every machine that Swift runs on.
            array.withBytes { write($0) }
        case .cell(let number, let array, let scalar):
            write(.cell, number)
            write(array)
            write(scalar.map(\.argument) ?? .null)
        case .call(let number, let call):
            write(.call, number)
            write(call)
        case .function(let number, let call, let function):
            write(.function, number)
            write(call)
            write(function.rank)
            write(function.requiresGrad)
            write(function.keptInputs)
            write(function.results) { result, writer in
                writer.write(result.shape)
                writer.write(result.dtype)
                writer.write(result.cell)
            }
        case .node(let number, let node):
            write(.node, number)
            write(node.shape)
            write(node.dtype)
            write(node.requiresGrad)
            write(node.wasNamed)
            for number in [node.creator, node.index, node.composite, node.cell] { write(number) }
        case .bound(let name, let number, let node, let cell):
            write(.bound, number)
            write(name)
            write(node)
            write(cell)
        case .unbound(let name):
            write(.unbound)
            write(name)
        case .grad(let node, let grad?):
            write(.grad, node)
            write(grad.node)
            write(grad.cell)
        case .grad(let node, nil): write(.noGrad, node)
        case .data(let cell, let array):
            write(.data, cell)
            write(array)
        case .unchained(let node, let cell):
            write(.unchained, node)
            write(cell)
        case .counted(let revision, let madeUp):
            write(.counted, revision)
            write(madeUp)
        }
    }

    private mutating func write(_ tag: Tag) { write(byte: tag.rawValue) }

    private mutating func write(_ tag: Tag, _ number: Int) {
        write(tag)
        write(number)
    }

    private mutating func write(_ tag: Tag, _ number: Int, _ dtype: DType) {
        write(tag, number)
        write(dtype)
    }

    private mutating func write(_ dtype: DType) { write(dtype.rawValue) }

    private mutating func write(_ array: RecordedArray) {
        write(array.bytes)
        write(array.shape)
        write(array.dtype)
    }

    private mutating func write(_ call: RecordedCall) {
        write(call.op)
        write(call.slots) { $1.write($0) }
        write(call.inputs)
    }

    private mutating func write(_ slot: Slot) {
        switch slot {
        case .input(let index):
            write(byte: SlotTag.input.rawValue)
            write(index)
        case .absent: write(byte: SlotTag.absent.rawValue)
        case .list(let slots):
            write(byte: SlotTag.list.rawValue)
            write(slots) { $1.write($0) }
        case .argument(let argument):
            write(byte: SlotTag.argument.rawValue)
            write(argument)
        }
    }

    private mutating func write(_ argument: Argument) {
        switch argument {
        case .null: write(byte: ArgumentTag.null.rawValue)
        case .bool(let value):
            write(byte: ArgumentTag.bool.rawValue)
            write(value)
        case .int(let value):
            write(byte: ArgumentTag.int.rawValue)
            write(value)
        case .real(let value):
            write(byte: ArgumentTag.real.rawValue)
            write(bits: value.bitPattern)
        case .string(let value):
            write(byte: ArgumentTag.string.rawValue)
            write(value)
        case .list(let items):
            write(byte: ArgumentTag.list.rawValue)
            write(items) { $1.write($0) }
        }
    }
}

/// Reads a piece of effects.
struct EffectReader {
    private var reader: ByteReader
    /// Reads the bytes of a large array.
    private let readArray: (Int, UnsafeMutableRawBufferPointer) throws -> Void

    /// - Parameter bytes: they outlive the reader.
    init(
        _ bytes: UnsafeRawBufferPointer, readArray: @escaping (Int, UnsafeMutableRawBufferPointer) throws -> Void
    ) {
        (reader, self.readArray) = (ByteReader(bytes), readArray)
    }

    /// The next effect; nil behind the last.
    /// - Throws: `ByteReader.Damage`, what `readArray` throws, and `EngineError` where there is no memory.
    mutating func next() throws -> Effect? {
        guard !reader.isAtEnd else { return nil }
        guard let tag = Tag(rawValue: try reader.readByte()) else { throw ByteReader.Damage() }
        switch tag {
        case .identity: return .identity(try reader.readText())
        case .unbound: return .unbound(try reader.readText())
        case .bytes, .largeBytes, .cell, .call, .function, .node, .bound, .grad, .noGrad, .data, .unchained, .counted:
            return try next(tag, try reader.readInt())
        }
    }

    private mutating func next(_ tag: Tag, _ number: Int) throws -> Effect {
        switch tag {
        case .bytes:
            let dtype = try reader.readDType()
            let bytes = try reader.readBytes(try reader.readInt())
            return .bytes(number, try NDArray(recordedBytes: bytes.count, dtype) { $0.copyMemory(from: bytes) })
        case .largeBytes:
            let dtype = try reader.readDType()
            let count = try reader.readInt()
            return .bytes(number, try NDArray(recordedBytes: count, dtype) { try readArray(number, $0) })
        case .cell:
            let array = try reader.readArray()
            return .cell(number, array, number: try reader.readScalar())
        case .call: return .call(number, try reader.readCall())
        case .function: return .function(number, try reader.readCall(), try reader.readFunction())
        case .node: return .node(number, try reader.readNode())
        case .bound:
            let name = try reader.readText()
            return .bound(name, number: number, node: try reader.readInt(), cell: try reader.readInt())
        case .grad: return .grad(node: number, (node: try reader.readInt(), cell: try reader.readInt()))
        case .noGrad: return .grad(node: number, nil)
        case .data: return .data(cell: number, try reader.readArray())
        case .unchained: return .unchained(node: number, cell: try reader.readInt())
        case .counted: return .counted(revision: number, madeUp: try reader.readInt())
        case .identity, .unbound: throw ByteReader.Damage()
        }
    }
}

extension ByteReader {
    /// Lists within lists are no deeper than a request's JSON.
    private static let depthLimit = 100

    fileprivate mutating func readDType() throws(Damage) -> DType {
        guard let dtype = DType(rawValue: try readText()) else { throw Damage() }
        return dtype
    }

    fileprivate mutating func readArray() throws(Damage) -> RecordedArray {
        RecordedArray(bytes: try readInt(), shape: try readInts(), dtype: try readDType())
    }

    fileprivate mutating func readScalar() throws(Damage) -> Scalar? {
        switch try readArgument() {
        case .null: nil
        case .int(let value): .int(value)
        case .real(let value): .real(value)
        default: throw Damage()
        }
    }

    fileprivate mutating func readCall() throws(Damage) -> RecordedCall {
        let op = try readText()
        let slots = try readList { reader throws(Damage) in try reader.readSlot() }
        return RecordedCall(op: op, slots: slots, inputs: try readInts())
    }

    fileprivate mutating func readFunction() throws(Damage) -> RecordedFunction {
        RecordedFunction(
            rank: try readInt(), requiresGrad: try readBool(), keptInputs: try readInts(),
            results: try readList { reader throws(Damage) in
                RecordedResult(shape: try reader.readInts(), dtype: try reader.readDType(), cell: try reader.readInt())
            })
    }

    fileprivate mutating func readNode() throws(Damage) -> RecordedNode {
        RecordedNode(
            shape: try readInts(), dtype: try readDType(), requiresGrad: try readBool(), wasNamed: try readBool(),
            creator: try readInt(), index: try readInt(), composite: try readInt(), cell: try readInt())
    }

    private mutating func readSlot(_ depth: Int = 0) throws(Damage) -> Slot {
        guard depth < ByteReader.depthLimit, let tag = SlotTag(rawValue: try readByte()) else { throw Damage() }
        switch tag {
        case .input: return .input(try readInt())
        case .absent: return .absent
        case .list: return .list(try readList { reader throws(Damage) in try reader.readSlot(depth + 1) })
        case .argument: return .argument(try readArgument())
        }
    }

    private mutating func readArgument(_ depth: Int = 0) throws(Damage) -> Argument {
        guard depth < ByteReader.depthLimit, let tag = ArgumentTag(rawValue: try readByte()) else { throw Damage() }
        switch tag {
        case .null: return .null
        case .bool: return .bool(try readBool())
        case .int: return .int(try readInt64())
        case .real: return .real(Double(bitPattern: try readBits()))
        case .string: return .string(try readText())
        case .list: return .list(try readList { reader throws(Damage) in try reader.readArgument(depth + 1) })
        }
    }
}

extension Scalar {
    fileprivate var argument: Argument {
        switch self {
        case .int(let value): .int(value)
        case .real(let value): .real(value)
        }
    }
}
