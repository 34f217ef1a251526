import Processor

/// An element whose matrices are multiplied: it has vectors of the processor's registers.
protocol MatrixElement: FloatElement, SIMDScalar, Codable {
    /// Of 64, 32 and 16 bytes.
    associatedtype Vector64: SIMD where Vector64.Scalar == Self
    associatedtype Vector32: SIMD where Vector32.Scalar == Self
    associatedtype Vector16: SIMD where Vector16.Scalar == Self
}

extension Float: MatrixElement {
    typealias Vector64 = SIMD16<Float>
    typealias Vector32 = SIMD8<Float>
    typealias Vector16 = SIMD4<Float>
}

extension Double: MatrixElement {
    typealias Vector64 = SIMD8<Double>
    typealias Vector32 = SIMD4<Double>
    typealias Vector16 = SIMD2<Double>
}

/// The vector registers of the processor that the service is built for.
enum Registers {
    static let bytes = Int(PROCESSOR_VECTOR_BYTES)
}

/// A small part of a product of matrices, held in registers: some rows of two vectors each.
protocol Tile {
    associatedtype Vector: SIMD where Vector.Scalar: MatrixElement
    static var rows: Int { get }
    init()
    /// Adds the product of a column of `rows` elements and a row of two vectors.
    mutating func add(_ column: UnsafePointer<Vector.Scalar>, _ low: Vector, _ high: Vector)
    /// Writes the rows, each `stride` elements behind the one before, or adds them to what stands there.
    func write(to target: UnsafeMutablePointer<Vector.Scalar>, stride: Int, adds: Bool)
}

extension Tile {
    static var columns: Int { 2 * Vector.scalarCount }

    /// The product of `depth` packed columns of a, each `columnStride` elements behind the one before, and packed rows
    /// of b.
    @inline(__always)
    static func multiply(
        _ a: UnsafePointer<Vector.Scalar>, columnStride: Int, _ b: UnsafePointer<Vector.Scalar>, _ depth: Int,
        into target: UnsafeMutablePointer<Vector.Scalar>, stride: Int, adds: Bool
    ) {
        var tile = Self()
        for p in 0..<depth {
            let row = UnsafeRawPointer(b + p &* columns)
            let low = row.loadUnaligned(as: Vector.self)
            let high = row.loadUnaligned(fromByteOffset: MemoryLayout<Vector>.size, as: Vector.self)
            tile.add(a + p &* columnStride, low, high)
        }
        tile.write(to: target, stride: stride, adds: adds)
    }
}

/// One row of a tile.
private struct Row<Vector: SIMD> where Vector.Scalar: FloatingPoint {
    private var low = Vector(repeating: 0)
    private var high = Vector(repeating: 0)

    @inline(__always) mutating func add(_ factor: Vector.Scalar, _ low: Vector, _ high: Vector) {
        let factor = Vector(repeating: factor)
        self.low = self.low.addingProduct(factor, low)
        self.high = self.high.addingProduct(factor, high)
    }

    @inline(__always) func write(to target: UnsafeMutablePointer<Vector.Scalar>, adds: Bool) {
        let (bytes, size) = (UnsafeMutableRawPointer(target), MemoryLayout<Vector>.size)
        guard adds else {
            bytes.storeBytes(of: low, as: Vector.self)
            bytes.storeBytes(of: high, toByteOffset: size, as: Vector.self)
            return
        }
        bytes.storeBytes(of: bytes.loadUnaligned(as: Vector.self) + low, as: Vector.self)
        let there = bytes.loadUnaligned(fromByteOffset: size, as: Vector.self)
        bytes.storeBytes(of: there + high, toByteOffset: size, as: Vector.self)
    }
}

/// Four rows: what sixteen registers hold.
struct Quad<Vector: SIMD>: Tile where Vector.Scalar: MatrixElement {
    static var rows: Int { 4 }
    private var row0 = Row<Vector>()
    private var row1 = Row<Vector>()
    private var row2 = Row<Vector>()
    private var row3 = Row<Vector>()

    @inline(__always) mutating func add(_ column: UnsafePointer<Vector.Scalar>, _ low: Vector, _ high: Vector) {
        row0.add(column[0], low, high)
        row1.add(column[1], low, high)
        row2.add(column[2], low, high)
        row3.add(column[3], low, high)
    }

    @inline(__always) func write(to target: UnsafeMutablePointer<Vector.Scalar>, stride: Int, adds: Bool) {
        row0.write(to: target, adds: adds)
        row1.write(to: target + stride, adds: adds)
        row2.write(to: target + 2 &* stride, adds: adds)
        row3.write(to: target + 3 &* stride, adds: adds)
    }
}

/// Twelve rows: what thirty-two registers hold.
struct Dozen<Vector: SIMD>: Tile where Vector.Scalar: MatrixElement {
    static var rows: Int { 12 }
    private var quad0 = Quad<Vector>()
    private var quad1 = Quad<Vector>()
    private var quad2 = Quad<Vector>()

    @inline(__always) mutating func add(_ column: UnsafePointer<Vector.Scalar>, _ low: Vector, _ high: Vector) {
        quad0.add(column, low, high)
        quad1.add(column + 4, low, high)
        quad2.add(column + 8, low, high)
    }

    @inline(__always) func write(to target: UnsafeMutablePointer<Vector.Scalar>, stride: Int, adds: Bool) {
        quad0.write(to: target, stride: stride, adds: adds)
        quad1.write(to: target + 4 &* stride, stride: stride, adds: adds)
        quad2.write(to: target + 8 &* stride, stride: stride, adds: adds)
    }
}
