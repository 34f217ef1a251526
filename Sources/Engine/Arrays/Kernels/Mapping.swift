// Loops over elements. A kernel is a type, so that the compiler specialises each loop for it and vectorises it; the
// shapes of operands are broadcast here and nowhere else.

/// A function of one element, for every type with arithmetic.
protocol NumberUnary: SendableMetatype { static func apply<T: NumberElement>(_ x: T) -> T }
/// A function of one element, for float types.
protocol FloatUnary: SendableMetatype { static func apply<T: FloatElement>(_ x: T) -> T }
/// A function of two elements, for every type with arithmetic.
protocol NumberBinary: SendableMetatype { static func apply<T: NumberElement>(_ a: T, _ b: T) -> T }
/// A function of two elements, for float types.
protocol FloatBinary: SendableMetatype { static func apply<T: FloatElement>(_ a: T, _ b: T) -> T }
/// A relation of two elements.
protocol Comparison: SendableMetatype { static func holds<T: NumberElement>(_ a: T, _ b: T) -> Bool }

extension NDArray {
    /// `K` of every element.
    func mapped<K: NumberUnary>(_: K.Type) throws -> NDArray { try dtype.visitNumber(MapNumbers<K>(x: self)) }

    /// `K` of every element of a float array.
    func mapped<K: FloatUnary>(float _: K.Type) throws -> NDArray { try dtype.visitFloat(MapFloats<K>(x: self)) }

    /// A function of every element of a float array, computed in double: one that costs more than its call.
    func mapped(double function: @escaping (Double) -> Double) throws -> NDArray {
        try dtype.visitFloat(MapDoubles(x: self, function: function))
    }

    /// `K` of the elements of two arrays of one dtype, broadcast.
    func combined<K: NumberBinary>(_ other: NDArray, _: K.Type) throws -> NDArray {
        try requireSameDType(other).visitNumber(CombineNumbers<K>(a: self, b: other))
    }

    /// `K` of the elements of two float arrays of one dtype, broadcast.
    func combined<K: FloatBinary>(_ other: NDArray, float _: K.Type) throws -> NDArray {
        try requireSameDType(other).visitFloat(CombineFloats<K>(a: self, b: other))
    }

    /// Where the relation holds between the elements of two arrays of one dtype, broadcast: a bool array.
    func compared<K: Comparison>(_ other: NDArray, _: K.Type) throws -> NDArray {
        try requireSameDType(other).visitNumber(Compare<K>(a: self, b: other))
    }

    /// The elements in another dtype, as NumPy's `astype` converts them.
    func cast(to target: DType) throws -> NDArray {
        dtype == target ? self : try dtype.visit(CastFrom(x: self, target: target))
    }

    /// Elements of `a` where the bool array `self` is true, else of `b`; all three are broadcast.
    func select(_ a: NDArray, _ b: NDArray) throws -> NDArray {
        struct Launch: WidthVisitor {
            let condition: NDArray
            let a: NDArray
            let b: NDArray
            /// By masks, so that the loop has no branch and vectorises.
            @inline(__always)
            func choose<T: FixedWidthInteger>(
                _ c: UnsafePointer<UInt8>, _ sc: Int, _ a: UnsafePointer<T>, _ sa: Int, _ b: UnsafePointer<T>,
                _ sb: Int, _ count: Int, into out: UnsafeMutablePointer<T>
            ) {
                for i in 0..<count {
                    let mask = 0 &- T(truncatingIfNeeded: c[i &* sc])
                    out[i] = (a[i &* sa] & mask) | (b[i &* sb] & ~mask)
                }
            }
            func visit<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) throws -> NDArray {
                let shape = try Broadcasting.shape([condition.shape, a.shape, b.shape])
                let walk = StridedWalk(
                    shape: shape,
                    strides: [condition, a, b].map { Broadcasting.strides($0.shape, to: shape) })
                return try NDArray(uninitialized: shape, a.dtype) { target in
                    let out = target.assumingMemoryBound(to: T.self)
                    let (sc, sa, sb) = (walk.runStride(0), walk.runStride(1), walk.runStride(2))
                    try condition.withBase(UInt8.self) { c in
                        try a.withBase(T.self) { a in
                            try b.withBase(T.self) { b in
                                try Parallel.forEach(walk.size) { part in
                                    walk.forEachRun(in: part) { start, count, offsets in
                                        let (c, a, b) = (c + offsets[0], a + offsets[1], b + offsets[2])
                                        let out = out + start
                                        // Loops of their own for the strides that are common.
                                        switch (sc, sa, sb) {
                                        case (1, 1, 1): choose(c, 1, a, 1, b, 1, count, into: out)
                                        case (1, 1, 0): choose(c, 1, a, 1, b, 0, count, into: out)
                                        default: choose(c, sc, a, sa, b, sb, count, into: out)
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        return try a.requireSameDType(b).visitWidth(Launch(condition: self, a: a, b: b))
    }

    // MARK: The loops

    /// A pointer to the elements, for a kernel that stays within `size`; `T` has the dtype's width.
    @inline(__always)
    func withBase<T: BitwiseCopyable, R>(_: T.Type, _ body: (UnsafePointer<T>) throws -> R) rethrows -> R {
        assert(MemoryLayout<T>.stride == dtype.itemSize)
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafePointer(storage.base.assumingMemoryBound(to: T.self)))
    }

    @inline(__always)
    fileprivate func map<L: UnaryLoop>(_: L.Type) throws -> NDArray {
        try NDArray(uninitialized: shape, L.Output.dtype) { target in
            let out = target.assumingMemoryBound(to: L.Output.self)
            try withBase(L.Input.self) { x in
                try Parallel.forEach(size) { part in
                    for i in part { out[i] = L.apply(x[i]) }
                }
            }
        }
    }

    @inline(__always)
    fileprivate func zip<L: BinaryLoop>(_ other: NDArray, _: L.Type) throws -> NDArray {
        let target = try Broadcasting.shape(shape, other.shape)
        return try NDArray(uninitialized: target, L.Output.dtype) { raw in
            let out = raw.assumingMemoryBound(to: L.Output.self)
            try withBase(L.Input.self) { a in
                try other.withBase(L.Input.self) { b in
                    if shape == other.shape || other.size == 1 || size == 1 {
                        let (sa, sb) = (size == 1 ? 0 : 1, other.size == 1 ? 0 : 1)
                        try Parallel.forEach(size == 1 ? other.size : size) { part in
                            let start = part.lowerBound
                            run(L.self, a + start * sa, sa, b + start * sb, sb, part.count, into: out + start)
                        }
                        return
                    }
                    let walk = StridedWalk(
                        shape: target,
                        strides: [
                            Broadcasting.strides(shape, to: target), Broadcasting.strides(other.shape, to: target),
                        ])
                    let (sa, sb) = (walk.runStride(0), walk.runStride(1))
                    try Parallel.forEach(walk.size) { part in
                        walk.forEachRun(in: part) { start, count, offsets in
                            run(L.self, a + offsets[0], sa, b + offsets[1], sb, count, into: out + start)
                        }
                    }
                }
            }
        }
    }

    /// Along a run a stride is 0 or 1: three loops that vectorise.
    @inline(__always)
    private func run<L: BinaryLoop>(
        _: L.Type, _ a: UnsafePointer<L.Input>, _ sa: Int, _ b: UnsafePointer<L.Input>, _ sb: Int, _ count: Int,
        into out: UnsafeMutablePointer<L.Output>
    ) {
        if sa == 0 {
            let value = a[0]
            for i in 0..<count { out[i] = L.apply(value, b[i &* sb]) }
        } else if sb == 0 {
            let value = b[0]
            for i in 0..<count { out[i] = L.apply(a[i], value) }
        } else {
            for i in 0..<count { out[i] = L.apply(a[i], b[i]) }
        }
    }

    /// - Throws: `EngineError.Kind.dtype` that names both dtypes and the way out.
    func requireSameDType(_ other: NDArray) throws -> DType {
        guard dtype == other.dtype else { throw NDArray.mixedDTypes(dtype, other.dtype) }
        return dtype
    }

    static func mixedDTypes(_ a: DType, _ b: DType) -> EngineError {
        EngineError(
            .dtype, "The arrays are of different dtypes, \(a) and \(b): apply cast to one of them.",
            expected: a.rawValue, actual: b.rawValue)
    }
}

// MARK: The launches, from a dtype to its loop

// A loop's body is a type too, so that nothing stands between the loop and what it computes.

private protocol UnaryLoop {
    associatedtype Input: Element
    associatedtype Output: Element
    static func apply(_ x: Input) -> Output
}

private protocol BinaryLoop {
    associatedtype Input: Element
    associatedtype Output: Element
    static func apply(_ a: Input, _ b: Input) -> Output
}

private struct MapNumbers<K: NumberUnary>: NumberVisitor {
    let x: NDArray
    func visit<T: NumberElement>(_: T.Type) throws -> NDArray { try x.map(NumberMap<K, T>.self) }
}
private enum NumberMap<K: NumberUnary, T: NumberElement>: UnaryLoop {
    @inline(__always) static func apply(_ x: T) -> T { K.apply(x) }
}

private struct MapFloats<K: FloatUnary>: FloatVisitor {
    let x: NDArray
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray { try x.map(FloatMap<K, T>.self) }
}
private enum FloatMap<K: FloatUnary, T: FloatElement>: UnaryLoop {
    @inline(__always) static func apply(_ x: T) -> T { K.apply(x) }
}

private struct MapDoubles: FloatVisitor {
    let x: NDArray
    let function: (Double) -> Double
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        try NDArray(uninitialized: x.shape, T.dtype) { target in
            let out = target.assumingMemoryBound(to: T.self)
            try x.withBase(T.self) { base in
                try Parallel.forEach(x.size, grain: Parallel.grain / 16) { part in
                    for i in part { out[i] = T(function(Double(base[i]))) }
                }
            }
        }
    }
}

private struct CombineNumbers<K: NumberBinary>: NumberVisitor {
    let a: NDArray
    let b: NDArray
    func visit<T: NumberElement>(_: T.Type) throws -> NDArray { try a.zip(b, NumberZip<K, T>.self) }
}
private enum NumberZip<K: NumberBinary, T: NumberElement>: BinaryLoop {
    @inline(__always) static func apply(_ a: T, _ b: T) -> T { K.apply(a, b) }
}

private struct CombineFloats<K: FloatBinary>: FloatVisitor {
    let a: NDArray
    let b: NDArray
    func visit<T: FloatElement>(_: T.Type) throws -> NDArray { try a.zip(b, FloatZip<K, T>.self) }
}
private enum FloatZip<K: FloatBinary, T: FloatElement>: BinaryLoop {
    @inline(__always) static func apply(_ a: T, _ b: T) -> T { K.apply(a, b) }
}

private struct Compare<K: Comparison>: NumberVisitor {
    let a: NDArray
    let b: NDArray
    func visit<T: NumberElement>(_: T.Type) throws -> NDArray { try a.zip(b, Relation<K, T>.self) }
}
private enum Relation<K: Comparison, T: NumberElement>: BinaryLoop {
    @inline(__always) static func apply(_ a: T, _ b: T) -> Bool { K.holds(a, b) }
}

private struct CastFrom: ElementVisitor {
    let x: NDArray
    let target: DType
    func visit<T: Element>(_: T.Type) throws -> NDArray { try target.visit(CastTo<T>(x: x)) }
}
private struct CastTo<Source: Element>: ElementVisitor {
    let x: NDArray
    func visit<T: Element>(_: T.Type) throws -> NDArray { try x.map(Conversion<Source, T>.self) }
}
private enum Conversion<Source: Element, Target: Element>: UnaryLoop {
    @inline(__always) static func apply(_ x: Source) -> Target { Target.cast(x) }
}
