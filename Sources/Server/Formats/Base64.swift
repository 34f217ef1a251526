import Engine
import Foundation

extension OutputBuffer {
    /// Appends the bytes of an array's elements, little-endian, in base64 (RFC 4648, 4).
    mutating func append(base64 array: NDArray) {
        array.withBytes { bytes in
            // Whole groups of three bytes at a time, so that no padding stands in the middle.
            let step = 3 << 14
            for start in stride(from: 0, to: bytes.count, by: step) {
                let part = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + step, bytes.count)])
                let text = Data(part).base64EncodedData()
                text.withUnsafeBytes { append($0) }
            }
        }
    }
}

extension JSONValue {
    /// The bytes that base64 text stands for.
    func base64() throws(JSONError) -> Data {
        guard let data = Data(base64Encoded: try string("base64 text")) else {
            throw JSONError(
                kind: .value("The text is not base64.", expected: "base64 (RFC 4648, 4)", actual: "other text"),
                offset: offset)
        }
        return data
    }
}
