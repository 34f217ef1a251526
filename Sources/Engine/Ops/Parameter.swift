/// A parameter of an op that is an array, or takes arrays.
public struct ArrayParameter: Sendable {
    /// How many arrays it takes.
    public enum Arity: Sendable {
        case one
        case optional
        case list
        /// Lists of lists.
        case lists
    }
    /// How many arrays it takes.
    public var arity: Arity
    /// What it takes.
    public var dtypes: DTypes
    /// Whether it is of one dtype with the op's other such arrays.
    public var sharesDType: Bool
    /// What an inline array without a dtype becomes; nil: that of the first named array, else float32.
    public var inlineDType: DType?
    /// Values to try the op with: where it is defined and differentiable.
    public var domain: ClosedRange<Double>
}

/// What a parameter is, without its Swift type: for dispatch, the catalogue and the documents.
public final class ParameterInfo: Sendable {
    /// Its name on the wire: Chainer's.
    public let name: String
    /// What it is, in a sentence.
    public let summary: String
    /// Set where the parameter is an array.
    public let array: ArrayParameter?
    /// What an argument looks like; empty for arrays.
    public let form: String
    /// The argument where the caller gives none; nil where one is required.
    public let fallback: Argument?
    /// Checks an argument.
    let validate: @Sendable (Argument) throws -> Void

    init(
        name: String, summary: String, array: ArrayParameter?, form: String, fallback: Argument?,
        validate: @escaping @Sendable (Argument) throws -> Void
    ) {
        (self.name, self.summary, self.array) = (name, summary, array)
        (self.form, self.fallback, self.validate) = (form, fallback, validate)
    }
}

/// One parameter in the declaration of an op.
public struct Parameter<Value: OpValue>: Sendable {
    let info: ParameterInfo

    private init(array name: String, _ summary: String, _ array: ArrayParameter) {
        info = ParameterInfo(
            name: name, summary: summary, array: array, form: "", fallback: nil, validate: { _ in })
    }
}

extension Parameter where Value == Variable {
    /// An array that is required.
    static func array(
        _ name: String, _ summary: String = "Array.", _ dtypes: DTypes = .floats,
        in domain: ClosedRange<Double> = -3...3,
        sharesDType: Bool = true, inline: DType? = nil
    ) -> Parameter {
        Parameter(
            array: name, summary,
            ArrayParameter(
                arity: .one, dtypes: dtypes, sharesDType: sharesDType, inlineDType: inline, domain: domain))
    }
}

extension Parameter where Value == Variable? {
    /// An array that may be left out or null.
    static func optional(
        _ name: String, _ summary: String, _ dtypes: DTypes = .floats, in domain: ClosedRange<Double> = -3...3,
        sharesDType: Bool = true, inline: DType? = nil
    ) -> Parameter {
        Parameter(
            array: name, summary,
            ArrayParameter(
                arity: .optional, dtypes: dtypes, sharesDType: sharesDType, inlineDType: inline, domain: domain))
    }
}

extension Parameter where Value == [Variable] {
    /// A list of arrays, at least one.
    static func arrays(
        _ name: String, _ summary: String = "Array.", _ dtypes: DTypes = .floats,
        in domain: ClosedRange<Double> = -3...3,
        sharesDType: Bool = true, inline: DType? = nil
    ) -> Parameter {
        Parameter(
            array: name, summary,
            ArrayParameter(
                arity: .list, dtypes: dtypes, sharesDType: sharesDType, inlineDType: inline, domain: domain))
    }
}

extension Parameter where Value == [[Variable]] {
    /// Lists of arrays, each of at least one.
    static func lists(_ name: String, _ summary: String, _ dtypes: DTypes = .floats) -> Parameter {
        Parameter(
            array: name, summary,
            ArrayParameter(arity: .lists, dtypes: dtypes, sharesDType: true, inlineDType: nil, domain: -3...3))
    }
}

extension Parameter where Value: ArgumentValue {
    /// An argument that is required.
    static func required(_ name: String, _ summary: String) -> Parameter { Parameter(name, summary, nil) }

    /// An argument with a default.
    static func option(_ name: String, _ fallback: Value, _ summary: String) -> Parameter {
        Parameter(name, summary, fallback.argument)
    }

    private init(_ name: String, _ summary: String, _ fallback: Argument?) {
        info = ParameterInfo(
            name: name, summary: summary, array: nil, form: Value.form, fallback: fallback,
            validate: { argument in
                guard try Value(argument) != nil else {
                    throw EngineError(
                        .argumentType, "The argument is of the wrong type.", expected: Value.form, actual: "\(argument)"
                    )
                }
            })
    }
}

extension Parameter where Value == Seed {
    /// A seed; without one, the server draws it.
    static var seed: Parameter {
        Parameter("seed", "Seed of the random numbers; without one the server draws it.", .null)
    }
}
