import Engine
import Foundation

extension OutputBuffer {
    /// Appends the bytes of an array's elements, little-endian, in base64 (RFC 4648, 4).
    mutating func append(base64 array: NDArray) { append(part: Base64Text(array: array)) }
}

private struct Base64Text: StreamedPart {
    let array: NDArray
    var count: Int { array.byteCount }
    /// Whole groups of three bytes, so that no padding stands in the middle.
    var piece: Int { 3 << 18 }
    var whole: Int { 3 << 20 }
    var byteCount: Int? { (count + 2) / 3 * 4 }
    func write(_ range: Range<Int>, to body: inout OutputBuffer) {
        array.withBytes { bytes in
            let step = 3 << 14
            for start in stride(from: range.lowerBound, to: range.upperBound, by: step) {
                let part = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + step, range.upperBound)])
                Data(part).base64EncodedData().withUnsafeBytes { body.append($0) }
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
