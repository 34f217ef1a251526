// What formulas ask of their arrays' shapes.

extension Variable {
    /// - Throws: `EngineError.Kind.shape` where the shape is another.
    func require(shape wanted: [Int], _ detail: String, at place: Int) throws {
        guard shape == wanted else {
            throw EngineError(
                .shape, detail, expected: describe(wanted), actual: describe(shape), at: .input(place))
        }
    }

    /// - Throws: `EngineError.Kind.shape` where there are more or fewer axes.
    func require(axes: String, count: Int, at place: Int) throws {
        guard ndim == count else {
            throw EngineError(
                .shape, "The array has other axes than the function takes.", expected: "shape (\(axes))",
                actual: describe(shape), at: .input(place))
        }
    }

    /// - Parameter ndim: 2 for one matrix, 3 for a stack of them; nil: any number of leading axes.
    /// - Throws: `EngineError.Kind.shape` where these are no square matrices.
    func requireSquareMatrices(ndim wanted: Int? = nil) throws {
        guard ndim == wanted ?? max(ndim, 2), shape[ndim - 1] == shape[ndim - 2] else {
            let (detail, expected) =
                switch wanted {
                case 2: ("A square matrix is needed.", "(n, n)")
                case 3: ("A stack of square matrices is needed.", "(m, n, n)")
                default: ("Square matrices are needed.", "(..., n, n)")
                }
            throw EngineError(.shape, detail, expected: expected, actual: describe(shape), at: .input(0))
        }
    }
}
