/// How far the elements of a plane are moved.
struct Move {
    let down: Int
    let right: Int
}

extension NDArray {
    /// Images of shape (n, channels, height, width) with the planes of each channel moved; what comes in is zero.
    func shifted(_ moves: [Move]) throws -> NDArray { try dtype.visitWidth(Shift(x: self, moves: moves)) }
}

private struct Shift: WidthVisitor {
    let x: NDArray
    let moves: [Move]
    func visit<T: BitwiseCopyable>(_: T.Type) throws -> NDArray {
        let (height, width) = (x.shape[2], x.shape[3])
        let result = try NDArray.zeros(x.shape, x.dtype)
        let target = result.storage.base.assumingMemoryBound(to: T.self)
        x.withBase(T.self) { source in
            var plane = 0
            for _ in 0..<x.shape[0] {
                for move in moves {
                    let (rows, columns) = (height - abs(move.down), width - abs(move.right))
                    let out = target + (plane + max(move.down, 0) * width + max(move.right, 0))
                    let kept = source + (plane - min(move.down, 0) * width - min(move.right, 0))
                    for row in 0..<max(rows, 0) where columns > 0 {
                        (out + row * width).update(from: kept + row * width, count: columns)
                    }
                    plane += height * width
                }
            }
        }
        return result
    }
}
