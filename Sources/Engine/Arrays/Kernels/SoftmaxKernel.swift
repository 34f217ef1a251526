import RealModule

/// What is taken of exp(x − max) along an axis.
enum SoftmaxForm { case softmax, logSoftmax, logSumExp }

extension NDArray {
    /// `softmax`, its logarithm, or `logsumexp` along one axis, shifted by the maximum so that nothing overflows.
    /// The result of `.logSumExp` has length 1 along the axis.
    /// - Throws: `EngineError` where the array is not float or the axis is empty.
    func softmax(axis: Int, _ form: SoftmaxForm) throws -> NDArray {
        if dtype == .float16 { return try inFloat32 { try $0.softmax(axis: axis, form) } }
        guard shape[axis] > 0 else {
            // Chainer's maximum of nothing is an error too.
            throw EngineError(
                .shape, "There is nothing to take the maximum of along axis \(axis).",
                expected: "at least one element", actual: describe(shape))
        }
        return try dtype.visitFloat(SoftmaxLaunch(x: self, axis: axis, form: form))
    }
}

private struct SoftmaxLaunch: FloatVisitor {
    let x: NDArray
    let axis: Int
    let form: SoftmaxForm

    func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
        var shape = x.shape
        let (outer, count) = (shape[..<axis].reduce(1, *), shape[axis])
        let inner = shape[(axis + 1)...].reduce(1, *)
        if form == .logSumExp { shape[axis] = 1 }
        return try NDArray(uninitialized: shape, x.dtype) { target in
            let out = target.assumingMemoryBound(to: T.self)
            try x.withBase(T.self) { x in
                let blocks = (inner + Self.columns - 1) / Self.columns
                let work = 4 * count * min(inner, Self.columns)
                try Parallel.forEach(outer * blocks, grain: Parallel.grain / max(work, 1) + 1) { part in
                    for item in part {
                        let (o, start) = (item / blocks, item % blocks * Self.columns)
                        let block = x + (o * count * inner + start)
                        let result = out + (o * (form == .logSumExp ? 1 : count) * inner + start)
                        if inner == 1 {
                            row(block, count, into: result)
                        } else {
                            columns(block, count, min(Self.columns, inner - start), stride: inner, into: result)
                        }
                    }
                }
            }
        }
    }

    /// Where all are -inf (or one is inf) the shift is by a finite number instead, as inf − inf would hide the limits.
    @inline(__always)
    private func shift<T: FloatElement>(_ top: T) -> T { form == .logSumExp && top.isInfinite ? 0 : top }

    /// Neighbours along the axis.
    private func row<T: FloatElement>(_ x: UnsafePointer<T>, _ count: Int, into out: UnsafeMutablePointer<T>) {
        let shift = shift(foldPairwise(x, count, Maximum.self))
        if form == .softmax {
            exponentials(x, count, shift, into: out)
            let scale = 1 / foldPairwise(out, count, Sum.self)
            for k in 0..<count { out[k] *= scale }
            return
        }
        var sum: T = 0
        withUnsafeTemporaryAllocation(of: T.self, capacity: 1024) { buffer in
            guard let powers = buffer.baseAddress else { return }
            for start in stride(from: 0, to: count, by: 1024) {
                let length = min(1024, count - start)
                exponentials(x + start, length, shift, into: powers)
                sum += foldPairwise(powers, length, Sum.self)
            }
        }
        let logSum = T.log(sum) + shift
        if form == .logSumExp {
            out[0] = logSum
        } else {
            for k in 0..<count { out[k] = x[k] - logSum }
        }
    }

    /// exp(x − shift) of neighbours.
    private func exponentials<T: FloatElement>(
        _ x: UnsafePointer<T>, _ count: Int, _ shift: T, into out: UnsafeMutablePointer<T>
    ) {
        for k in 0..<count { out[k] = T.exponential(x[k] - shift) }
    }

    /// The most columns at once: what is kept for each of them stays on the stack.
    private static let columns = 256

    /// Columns beside each other, the axis going down.
    private func columns<T: FloatElement>(
        _ x: UnsafePointer<T>, _ count: Int, _ width: Int, stride: Int, into out: UnsafeMutablePointer<T>
    ) {
        withUnsafeTemporaryAllocation(of: T.self, capacity: 2 * width) { buffer in
            guard let top = buffer.baseAddress else { return }
            let sum = top + width
            top.update(from: x, count: width)
            sum.update(repeating: 0, count: width)
            for k in 1..<max(count, 1) {
                let source = x + k * stride
                for i in 0..<width { top[i] = Maximum.combine(top[i], source[i]) }
            }
            for i in 0..<width { top[i] = shift(top[i]) }
            for k in 0..<count {
                let source = x + k * stride
                if form == .softmax {
                    let target = out + k * stride
                    for i in 0..<width {
                        target[i] = T.exponential(source[i] - top[i])
                        sum[i] += target[i]
                    }
                } else {
                    for i in 0..<width { sum[i] += T.exponential(source[i] - top[i]) }
                }
            }
            for i in 0..<width {
                if form == .softmax { sum[i] = 1 / sum[i] } else { top[i] += T.log(sum[i]) }
            }
            for k in 0..<(form == .logSumExp ? 1 : count) {
                let (source, target) = (x + k * stride, out + k * stride)
                switch form {
                case .softmax: for i in 0..<width { target[i] *= sum[i] }
                case .logSoftmax: for i in 0..<width { target[i] = source[i] - top[i] }
                case .logSumExp: for i in 0..<width { target[i] = top[i] }
                }
            }
        }
    }
}
