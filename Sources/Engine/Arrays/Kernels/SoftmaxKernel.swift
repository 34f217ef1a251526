import RealModule

/// What is taken of exp(x − max) along an axis.
enum SoftmaxForm { case softmax, logSoftmax, logSumExp }

extension NDArray {
    /// `softmax`, its logarithm, or `logsumexp` along one axis, shifted by the maximum so that nothing overflows.
    /// The result of `.logSumExp` has length 1 along the axis.
    /// - Throws: `EngineError` where the array is not float or the axis is empty.
    func softmax(axis: Int, _ form: SoftmaxForm) throws -> NDArray {
        if dtype == .float16 { return try inFloat32 { try $0.softmax(axis: axis, form) } }
        struct Launch: FloatVisitor {
            let x: NDArray
            let axis: Int
            let form: SoftmaxForm
            func visit<T: FloatElement>(_: T.Type) throws -> NDArray {
                var shape = x.shape
                let (outer, count) = (shape[..<axis].reduce(1, *), shape[axis])
                let inner = shape[(axis + 1)...].reduce(1, *)
                if form == .logSumExp { shape[axis] = 1 }
                guard count > 0 else {
                    // Chainer's maximum of nothing is an error too.
                    throw EngineError(
                        .shape, "There is nothing to take the maximum of along axis \(axis).",
                        expected: "at least one element", actual: describe(x.shape))
                }
                return try NDArray(uninitialized: shape, x.dtype) { target in
                    let out = target.assumingMemoryBound(to: T.self)
                    x.withBase(T.self) { x in
                        for o in 0..<outer {
                            for i in 0..<inner {
                                let start = o * count * inner + i
                                let slice = x + start
                                var top = slice[0]
                                for k in 1..<max(count, 1) { top = Maximum.combine(top, slice[k &* inner]) }
                                // Where all are -inf (or one is inf) the shift is by a finite number instead, as
                                // inf − inf would hide the limits.
                                let shift = form == .logSumExp && !top.isFinite && !top.isNaN ? 0 : top
                                if form == .softmax {
                                    let result = out + start
                                    var sum: T = 0
                                    for k in 0..<count {
                                        let e = T.exp(slice[k &* inner] - shift)
                                        result[k &* inner] = e
                                        sum += e
                                    }
                                    for k in 0..<count { result[k &* inner] /= sum }
                                } else {
                                    var sum: T = 0
                                    for k in 0..<count { sum += T.exp(slice[k &* inner] - shift) }
                                    let logSum = T.log(sum) + shift
                                    if form == .logSumExp {
                                        out[o * inner + i] = logSum
                                    } else {
                                        let result = out + start
                                        for k in 0..<count { result[k &* inner] = slice[k &* inner] - logSum }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        return try dtype.visitFloat(Launch(x: self, axis: axis, form: form))
    }
}
