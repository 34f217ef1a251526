import Engine

/// NumPy's `.npy` (NEP 1): read in versions 1.0 and 2.0, written in 1.0.
enum Npy {
    static let contentType: StaticString = "application/x-npy"
    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    private static let types: [(code: String, dtype: DType)] = [
        ("f2", .float16), ("f4", .float32), ("f8", .float64), ("i1", .int8), ("i2", .int16), ("i4", .int32),
        ("i8", .int64), ("u1", .uint8), ("b1", .bool),
    ]

    // MARK: Writing

    static func write(_ array: NDArray, to out: inout OutputBuffer) {
        let code = types.first { $0.dtype == array.dtype }?.code ?? ""
        // NumPy reads a tuple of one with its comma only.
        let shape = array.shape.map { "\($0)," }.joined(separator: " ")
        var header =
            "{'descr': '\(array.dtype.itemSize == 1 ? "|" : "<")\(code)', 'fortran_order': False, 'shape': (\(shape)), }"
        // The data starts at a multiple of 64.
        let length = magic.count + 4 + header.utf8.count + 1
        header += String(repeating: " ", count: (64 - length % 64) % 64) + "\n"
        for byte in magic + [1, 0] { out.append(byte) }
        let size = header.utf8.count
        out.append(UInt8(size & 0xFF))
        out.append(UInt8(size >> 8 & 0xFF))
        out.append(header)
        out.append(part: ArrayBytes(array: array))
    }

    // MARK: Reading

    /// - Throws: `Problem` 400 for what is no `.npy`, 422 for a type that there is none of here; `EngineError`.
    static func read(_ bytes: UnsafeRawBufferPointer) throws -> NDArray {
        guard bytes.count >= 10, bytes.prefix(6).elementsEqual(magic) else {
            throw malformed("its first bytes are not those of a .npy file")
        }
        let version = bytes[6]
        guard version == 1 || version == 2 else { throw malformed("its version is \(version), not 1 or 2") }
        let width = version == 1 ? 2 : 4
        guard bytes.count >= 8 + width else { throw malformed("its header ends early") }
        let length = (0..<width).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
        let start = 8 + width
        guard length <= 1 << 16, bytes.count - start >= length else { throw malformed("its header ends early") }
        let header = String(decoding: bytes[start..<start + length], as: UTF8.self)
        let fields = try Header(header)
        guard let dtype = types.first(where: { $0.code == fields.type.dropFirst() })?.dtype else {
            var problem = Problem(
                "/problems/dtype", "Dtypes do not fit", .unprocessableContent,
                "The .npy file is of type \(fields.type), which there is none of here: convert it with astype first.")
            problem.expected = DType.allCases.map(\.rawValue).joined(separator: ", ")
            problem.actual = fields.type
            throw problem
        }
        return try NDArray(
            bytes: UnsafeRawBufferPointer(rebasing: bytes[(start + length)...]), shape: fields.shape, dtype,
            isBigEndian: fields.type.hasPrefix(">"), isFortranOrder: fields.isFortranOrder)
    }

    private static func malformed(_ reason: String) -> Problem {
        var problem = Problem.badRequest("The body is no .npy file: \(reason). numpy.save writes one.")
        problem.expected = ".npy, version 1.0 or 2.0"
        return problem
    }

    /// The literal of a Python dictionary that a header is.
    private struct Header {
        var type = ""
        var isFortranOrder = false
        var shape: [Int] = []

        init(_ text: String) throws(Problem) {
            guard
                let descr = text.firstMatch(of: #/'descr'\s*:\s*'([<>|=]\w+)'/#),
                let order = text.firstMatch(of: #/'fortran_order'\s*:\s*(True|False)/#),
                let tuple = text.firstMatch(of: #/'shape'\s*:\s*\(([\d\s,]*)\)/#)
            else { throw Npy.malformed("its header has no simple descr, fortran_order and shape") }
            type = String(descr.1)
            isFortranOrder = order.1 == "True"
            for word in tuple.1.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
                guard let length = Int(word) else { throw Npy.malformed("its shape is beyond all arrays") }
                shape.append(length)
            }
        }
    }
}

private struct ArrayBytes: StreamedPart {
    let array: NDArray
    var count: Int { array.byteCount }
    var piece: Int { 1 << 20 }
    var whole: Int { 1 << 22 }
    var byteCount: Int? { count }
    func write(_ range: Range<Int>, to body: inout OutputBuffer) {
        array.withBytes { body.append(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}
