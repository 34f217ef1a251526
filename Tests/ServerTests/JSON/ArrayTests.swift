import Foundation
import Testing

@testable import Server

/// Memory that each time is only as large as was asked for, and elsewhere.
private struct TestSink: ElementSink {
    var memory: UnsafeMutableRawPointer?
    var limit = Int.max
    var growths = 0

    mutating func grow(toBytes bytes: Int, keeping: Int) -> UnsafeMutableRawPointer? {
        guard bytes <= limit else { return nil }
        growths += 1
        let new = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
        if let memory {
            new.copyMemory(from: memory, byteCount: keeping)
            memory.deallocate()
        }
        memory = new
        return new
    }
}

private struct TextSink: ByteSink {
    var memory = UnsafeMutablePointer<UInt8>.allocate(capacity: 4)
    var capacity = 4
    var used = 0

    mutating func reserve(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        if used + count > capacity {
            capacity = used + count
            let new = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
            new.update(from: memory, count: used)
            memory.deallocate()
            memory = new
        }
        return memory + used
    }

    mutating func advance(_ count: Int) { used += count }
}

struct ArrayTests {
    private func read<T: JSONElement>(_ text: String, as type: T.Type, limit: Int = .max) throws(ArrayError)
        -> (shape: [Int], elements: [T], end: Int)
    {
        let bytes = Array(text.utf8)
        let guarded = GuardedText(capacity: bytes.count + 1)
        var sink = TestSink(limit: limit)
        defer { sink.memory?.deallocate() }
        let array = try ArrayReader<T, TestSink>.read(guarded.place(bytes), as: T.self, into: &sink)
        let elements = sink.memory.map {
            Array(UnsafeBufferPointer(start: $0.assumingMemoryBound(to: T.self), count: array.count))
        }
        return (array.shape, elements ?? [], array.end)
    }

    private func write<T: JSONElement>(_ elements: [T], shape: [Int]) -> String {
        var sink = TextSink()
        defer { sink.memory.deallocate() }
        elements.withUnsafeBufferPointer { ArrayWriter.write($0, shape: shape, elements: 0..<$0.count, into: &sink) }
        return String(decoding: UnsafeBufferPointer(start: sink.memory, count: sink.used), as: UTF8.self)
    }

    static let arrays: [(String, [Int], [Float])] = [
        ("1.5", [], [1.5]), (" \n\t\r7 ", [], [7]), ("\"NaN\"", [], [.nan]), ("[]", [0], []), ("[ ]", [0], []),
        ("[1]", [1], [1]), ("[1,2,3]", [3], [1, 2, 3]), ("[ 1 ,\n2\t,\r3 ]", [3], [1, 2, 3]),
        ("[[1,2],[3,4]]", [2, 2], [1, 2, 3, 4]), ("[ [ 1 , 2 ] , [ 3 , 4 ] ] ", [2, 2], [1, 2, 3, 4]),
        ("[[],[]]", [2, 0], []), ("[[[]],[[]]]", [2, 1, 0], []), ("[[[1],[2]],[[3],[4]]]", [2, 2, 1], [1, 2, 3, 4]),
        ("[\"Infinity\",\"-Infinity\",\"NaN\",-1e400]", [4], [.infinity, -.infinity, .nan, -.infinity]),
        (
            String(repeating: "[", count: 32) + "1" + String(repeating: "]", count: 32), [Int](repeating: 1, count: 32),
            [1]
        ),
    ]

    @Test(arguments: arrays)
    func array(text: String, shape: [Int], elements: [Float]) throws {
        let array = try read(text, as: Float.self)
        #expect(array.shape == shape)
        #expect(array.elements.map { $0.isNaN ? 99 : $0 } == elements.map { $0.isNaN ? 99 : $0 })
        let half = try read(text, as: Float16.self)
        #expect(half.shape == shape && half.elements.count == elements.count)
        let double = try read(text, as: Double.self)
        #expect(double.shape == shape && double.elements.count == elements.count)
    }

    static let wrong: [(String, ArrayError.Kind, Int, String)] = [
        ("", .unexpectedEnd, 0, ""), ("[", .unexpectedEnd, 1, "/0"), ("[1", .unexpectedEnd, 2, "/1"),
        ("[1,", .unexpectedEnd, 3, "/1"), ("[[1],", .unexpectedEnd, 5, "/1"), ("[1,-", .unexpectedEnd, 4, "/1"),
        ("[1 2]", .invalidJSON, 3, "/1"), ("[,1]", .invalidJSON, 1, "/0"), ("[1,]", .invalidJSON, 3, "/1"),
        ("[1,,2]", .invalidJSON, 3, "/1"), ("[[1],]", .invalidJSON, 5, "/1"), ("[01]", .invalidJSON, 2, "/0"),
        ("[1.]", .invalidJSON, 3, "/0"), ("[.5]", .invalidJSON, 1, "/0"), ("[+5]", .invalidJSON, 1, "/0"),
        ("[NaN]", .invalidJSON, 1, "/0"), ("]", .invalidJSON, 0, ""), ("[1,2}", .invalidJSON, 4, "/2"),
        ("[[1,2],[3]]", .raggedLength(expected: 2, found: 1), 9, "/1"),
        ("[[1,2],[3,4,5]]", .raggedLength(expected: 2, found: nil), 12, "/1/2"),
        ("[[1,2],[]]", .raggedLength(expected: 2, found: 0), 8, "/1"),
        ("[[],[1]]", .raggedLength(expected: 0, found: nil), 5, "/1/0"),
        ("[[[1],[2]],[[3]]]", .raggedLength(expected: 2, found: 1), 15, "/1"),
        ("[[[1]],[[3],[4]]]", .raggedLength(expected: 1, found: nil), 12, "/1/1"),
        ("[[1],2]", .expectedList, 5, "/1"), ("[1,[2]]", .unexpectedList, 3, "/1"),
        ("[[],[[]]]", .unexpectedList, 5, "/1/0"),
        ("[[1,2],[3,[4]]]", .unexpectedList, 10, "/1/1"), ("[[[1]],[2]]", .expectedList, 8, "/1/0"),
        ("[[1,2],[3,x]]", .invalidJSON, 10, "/1/1"), ("[1,null]", .wrongType, 3, "/1"),
        ("[\"x\"]", .wrongType, 1, "/0"),
        ("[true]", .wrongType, 1, "/0"), ("[{}]", .wrongType, 1, "/0"), ("[tru]", .invalidJSON, 4, "/0"),
        (String(repeating: "[", count: 40), .tooDeep, 32, String(repeating: "/0", count: 32)),
        ("[[1,2],[3,4,]]", .invalidJSON, 12, "/1/2"),
    ]

    @Test(arguments: wrong)
    func refuses(text: String, kind: ArrayError.Kind, offset: Int, pointer: String) {
        for padding in ["", String(repeating: " ", count: 30)] {
            do throws(ArrayError) {
                let array = try read(text + padding, as: Float.self)
                Issue.record("\(text) read as \(array)")
            } catch {
                if padding.isEmpty || kind != .unexpectedEnd {
                    #expect(error.kind == kind)
                    #expect(error.offset == offset)
                    #expect(error.pointer == pointer)
                }
            }
        }
    }

    @Test func elementTypes() throws {
        #expect(try read("[[true],[false]]", as: Bool.self).elements == [true, false])
        #expect(try read("[-128,127,1e2,5.0]", as: Int8.self).elements == [-128, 127, 100, 5])
        #expect(try read("[0,255]", as: UInt8.self).elements == [0, 255])
        #expect(try read("[-32768]", as: Int16.self).elements == [-32768])
        #expect(try read("9223372036854775807", as: Int64.self).elements == [.max])
        func kind<T: JSONElement>(_ text: String, _ type: T.Type) -> ArrayError.Kind? {
            do throws(ArrayError) {
                _ = try read(text, as: type)
                return nil
            } catch {
                return error.kind
            }
        }
        #expect(kind("[1,128]", Int8.self) == .outOfRange)
        #expect(kind("[1.5]", Int32.self) == .fraction)
        #expect(kind("[true]", Int32.self) == .wrongType)
        #expect(kind("[\"NaN\"]", Int32.self) == .wrongType)
        #expect(kind("[1]", Bool.self) == .notABoolean)
        #expect(kind("[01]", Bool.self) == .notABoolean || kind("[01]", Bool.self) == .invalidJSON)
        #expect(kind("[null]", Bool.self) == .wrongType)
    }

    @Test func memoryIsRefused() {
        let text = "[" + String(repeating: "1,", count: 10_000) + "1]"
        #expect(throws: ArrayError.self) { try read(text, as: Float.self, limit: 20_000) }
        #expect(throws: ArrayError.self) { try read("[1]", as: Float.self, limit: 0) }
        #expect(throws: Never.self) { try read("[]", as: Float.self, limit: 0) }
    }

    /// Elements that become shorter and longer, so that estimates are wrong.
    @Test func growth() throws {
        let values = (0..<50_000).map { $0 < 10_000 ? Float($0) * 1.2345e-20 : Float($0 % 10) }
        let array = try read("[" + values.map { "\($0)" }.joined(separator: ", ") + "]", as: Float.self)
        #expect(array.elements == values)
    }

    @Test func writes() {
        #expect(write([1.0, 2, 3, 4] as [Float], shape: [2, 2]) == "[[1.0,2.0],[3.0,4.0]]")
        #expect(write([1.5] as [Float], shape: []) == "1.5")
        #expect(write([] as [Float], shape: [0]) == "[]")
        #expect(write([] as [Float], shape: [2, 0]) == "[[],[]]")
        #expect(write([] as [Float], shape: [0, 3]) == "[]")
        #expect(write([] as [Float], shape: [2, 0, 3]) == "[[],[]]")
        #expect(write([] as [Float], shape: [1, 2, 0]) == "[[[],[]]]")
        #expect(write([1, -2, 3] as [Int64], shape: [1, 3, 1]) == "[[[1],[-2],[3]]]")
        #expect(write([true, false], shape: [2]) == "[true,false]")
        #expect(
            write([.nan, .infinity, -.infinity, -0.0, 0, .leastNonzeroMagnitude] as [Float], shape: [3, 2])
                == "[[\"NaN\",\"Infinity\"],[\"-Infinity\",-0.0],[0.0,1e-45]]")
    }

    @Test func roundTrips() throws {
        for _ in 0..<200 {
            let shape = (0..<Int.random(in: 0...5)).map { _ in Int.random(in: 1...7) }
            let count = shape.reduce(1, *)
            let floats = (0..<count).map { _ in
                Bool.random() ? Float.random(in: -3...3) : Float(bitPattern: .random(in: 0...0x7f7f_ffff))
            }
            let array = try read(write(floats, shape: shape), as: Float.self)
            #expect(array.shape == shape && array.elements == floats)
            let integers = floats.map { Int64($0.bitPattern) &* 77_777_777 }
            #expect(try read(write(integers, shape: shape), as: Int64.self).elements == integers)
        }
    }

    /// Many at a time are written by another way than one at a time.
    @Test func runs() {
        var floats = (0..<sampleCount).map { _ in Float(bitPattern: .random(in: 0 ... .max)) }
        for i in stride(from: 0, to: floats.count, by: 7) {
            floats[i] = [0, -0.0, .infinity, 1, 0.5, .leastNormalMagnitude, .leastNonzeroMagnitude][i % 49 / 7]
        }
        let expected = "[" + floats.map { written($0) }.joined(separator: ",") + "]"
        #expect(write(floats, shape: [floats.count]) == expected)
    }

    /// Whatever the text, nothing traps and nothing is read outside of it.
    @Test func randomText() {
        let pieces = [
            "[", "[", "]", "]", ",", ",", "1", "-2.5", "0", "e", ".", "\"NaN\"", " ", "true", "1e5", "x", "12345678",
        ]
        for _ in 0..<sampleCount / 20 {
            let text = "[" + (0..<Int.random(in: 0...12)).map { _ in pieces.randomElement() ?? "" }.joined()
            var rest = text[...]
            let valid = skipValue(&rest) && rest.allSatisfy { $0 == " " }
            let bytes = text.utf8.count
            do throws(ArrayError) {
                let array = try read(text, as: Float.self)
                if array.end == bytes, !valid { Issue.record("\(text) is not JSON") }
            } catch {
                if error.offset > bytes { Issue.record("\(text): \(error)") }
                if valid, error.kind == .invalidJSON || error.kind == .unexpectedEnd {
                    Issue.record("\(text): \(error)")
                }
            }
        }
    }

    /// Takes a JSON value made of the pieces above off the front, if there is one.
    private func skipValue(_ text: inout Substring) -> Bool {
        func skipSpaces() { text = text.drop { $0 == " " } }
        skipSpaces()
        if text.first != "[" {
            let token = text.prefix { !"[], ".contains($0) }
            text = text.dropFirst(token.count)
            return token == "true" || token == "\"NaN\""
                || token.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/) != nil
        }
        text = text.dropFirst()
        skipSpaces()
        if text.first == "]" {
            text = text.dropFirst()
            return true
        }
        while skipValue(&text) {
            skipSpaces()
            let next = text.popFirst()
            if next == "]" { return true }
            if next != "," { return false }
        }
        return false
    }
}
