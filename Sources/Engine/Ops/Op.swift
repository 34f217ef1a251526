/// An op without its Swift types: what dispatch, the catalogue and the backward walk see.
public protocol AnyOp: AnyObject, Sendable {
    var name: String { get }
    var summary: String { get }
    var parameters: [ParameterInfo] { get }
    /// The parameters that are arrays, in order.
    var arrayParameters: [ParameterInfo] { get }
    /// The slots of every call, where each parameter is one array.
    var plainSlots: [Slot]? { get }
    /// Whether a gradient can flow through it.
    var isDifferentiable: Bool { get }
    /// Whether the results come as a list.
    var hasSeveralResults: Bool { get }
    /// What the backward of the op reads, in words: data set in place there is seen by a later backward.
    var backwardReads: String { get }
    /// Applies the op to slots that have been checked.
    func apply(_ slots: [Slot], _ inputs: [Variable]) throws -> Outcome
    /// For each input a formula of its gradient, computed only when called.
    /// - Parameter gradients: of each result; nil where nothing arrived.
    func pullbacks(
        _ function: FunctionNode, _ gradients: OneOrMore<Variable?>, recording: Bool
    ) throws -> [Pullback]
}

/// Which arrays the backward of an op reads, beside the gradient; only those are kept for it.
struct Reads: OptionSet, Sendable {
    let rawValue: UInt64
    static let results = Reads(rawValue: 1)
    static let inputs = Reads(rawValue: ~1)
    /// One of the inputs, by its place among all arrays of the call.
    static func input(_ index: Int) -> Reads { Reads(rawValue: 2 << UInt64(min(index, 62))) }
}

private enum OpKind {
    case kernel
    case formula
    /// A kernel whose results are leaves: made of nothing, or cut off from what they were made of.
    case leaf
}

/// The declaration of an op: its name on the wire, its documented parameters, its forward, and its backward in
/// differentiable primitives (so that any order of derivative comes for free). Everything else that has to do with
/// the op is derived from it.
///
/// A *kernel* computes arrays; a *formula* (a composite) applies other ops. The parameters' values come in the order of
/// the parameters. No formula mentions broadcasting: the walk sums each gradient to its input's shape.
public final class Op<each Value: OpValue>: AnyOp {
    public let name: String
    public let summary: String
    public let parameters: [ParameterInfo]
    public let arrayParameters: [ParameterInfo]
    public let isDifferentiable: Bool
    public let hasSeveralResults: Bool
    private let kind: OpKind
    /// For each parameter what it asks of dtypes; nil for arguments.
    private let rules: [DTypeRule?]
    private let reads: Reads
    public let plainSlots: [Slot]?
    /// Of a kernel with one result.
    private let forward: Forward?
    private let backward: Backward?
    /// Of a kernel with several.
    private let severalForward: SeveralForward?
    private let severalBackward: SeveralBackward?
    /// A formula, or how a kernel's several results are nested.
    private let arrange: Arrange?

    typealias Forward = @Sendable (repeat each Value) throws -> NDArray
    typealias Backward = @Sendable (Variable, Variable, repeat each Value) throws -> [Pullback]
    typealias SeveralForward = @Sendable (repeat each Value) throws -> [NDArray]
    typealias SeveralBackward = @Sendable ([Variable?], [Variable], repeat each Value) throws -> [Pullback]
    typealias Arrange = @Sendable ([Variable], repeat each Value) throws -> Outcome

    private init(
        _ kind: OpKind, _ name: String, _ summary: String, _ parameters: repeat Parameter<each Value>,
        isDifferentiable: Bool = true, hasSeveralResults: Bool = false, reads: Reads = [],
        forward: Forward? = nil, backward: Backward? = nil, severalForward: SeveralForward? = nil,
        severalBackward: SeveralBackward? = nil, arrange: Arrange? = nil
    ) {
        (self.kind, self.name, self.summary) = (kind, name, summary)
        (self.parameters, arrayParameters, rules) = collect(repeat each parameters)
        let isPlain = self.parameters.allSatisfy { $0.array?.arity == .one }
        plainSlots = isPlain ? self.parameters.indices.map { .input($0) } : nil
        (self.isDifferentiable, self.hasSeveralResults, self.reads) = (isDifferentiable, hasSeveralResults, reads)
        (self.forward, self.backward, self.arrange) = (forward, backward, arrange)
        (self.severalForward, self.severalBackward) = (severalForward, severalBackward)
    }

    /// A kernel with one result.
    /// - Parameter backward: given the result's gradient, the result and the parameters' values, a formula for each
    ///   array among the parameters.
    convenience init(
        _ name: String, _ summary: String, _ parameters: repeat Parameter<each Value>, reads: Reads = [],
        forward: @escaping Forward, backward: @escaping Backward
    ) {
        self.init(
            .kernel, name, summary, repeat each parameters, reads: reads, forward: forward, backward: backward)
    }

    /// A kernel with one result that no gradient flows through.
    convenience init(
        _ name: String, _ summary: String, _ parameters: repeat Parameter<each Value>,
        forward: @escaping Forward
    ) {
        self.init(.kernel, name, summary, repeat each parameters, isDifferentiable: false, forward: forward)
    }

    /// A kernel whose result is a leaf: one made of no arrays, which requires a gradient, or one cut off from its
    /// inputs, which does not.
    convenience init(
        leaf name: String, _ summary: String, _ parameters: repeat Parameter<each Value>,
        forward: @escaping Forward
    ) {
        self.init(.leaf, name, summary, repeat each parameters, isDifferentiable: false, forward: forward)
    }

    /// A kernel with several results.
    convenience init(
        severalResults name: String, _ summary: String, _ parameters: repeat Parameter<each Value>, reads: Reads = [],
        forward: @escaping SeveralForward, backward: @escaping SeveralBackward,
        arrange: @escaping @Sendable ([Variable], repeat each Value) throws -> Results = {
            (results: [Variable], _: repeat each Value) in .list(results.map { .one($0) })
        }
    ) {
        self.init(
            .kernel, name, summary, repeat each parameters, hasSeveralResults: true, reads: reads,
            severalForward: forward, severalBackward: backward,
            arrange: { (results: [Variable], values: repeat each Value) in
                Outcome(results: try arrange(results, repeat each values))
            })
    }

    /// A kernel with several results that no gradient flows through.
    convenience init(
        severalResults name: String, _ summary: String, _ parameters: repeat Parameter<each Value>,
        forward: @escaping SeveralForward
    ) {
        self.init(
            .kernel, name, summary, repeat each parameters, isDifferentiable: false, hasSeveralResults: true,
            severalForward: forward,
            arrange: { (results: [Variable], _: repeat each Value) in
                Outcome(results: .list(results.map { .one($0) }))
            })
    }

    /// A formula in other ops.
    convenience init(
        _ name: String, _ summary: String, _ parameters: repeat Parameter<each Value>, isDifferentiable: Bool = true,
        formula: @escaping @Sendable (repeat each Value) throws -> Variable
    ) {
        self.init(
            .formula, name, summary, repeat each parameters, isDifferentiable: isDifferentiable,
            arrange: { (_: [Variable], values: repeat each Value) in
                Outcome(results: .one(try formula(repeat each values)))
            })
    }

    /// A formula with several results.
    convenience init(
        severalResults name: String, _ summary: String, _ parameters: repeat Parameter<each Value>,
        isDifferentiable: Bool = true, formula: @escaping @Sendable (repeat each Value) throws -> Results
    ) {
        self.init(
            .formula, name, summary, repeat each parameters, isDifferentiable: isDifferentiable,
            hasSeveralResults: true,
            arrange: { (_: [Variable], values: repeat each Value) in
                Outcome(results: try formula(repeat each values))
            })
    }

    /// A formula that also writes data in place in some of its arrays, as running statistics are.
    convenience init(
        updating name: String, _ summary: String, _ parameters: repeat Parameter<each Value>,
        formula: @escaping @Sendable (repeat each Value) throws -> Outcome
    ) {
        self.init(
            .formula, name, summary, repeat each parameters,
            arrange: { (_: [Variable], values: repeat each Value) in try formula(repeat each values) })
    }

    public var backwardReads: String {
        guard isDifferentiable else { return "no gradient" }
        guard kind == .kernel else { return "as its formula's ops" }
        let isList = arrayParameters.count == 1 && arrayParameters[0].array?.arity == .list
        let inputs = arrayParameters.indices.filter { reads.contains(.input($0)) }
        let names = isList && !inputs.isEmpty ? [arrayParameters[0].name] : inputs.map { arrayParameters[$0].name }
        let all = names + (reads.contains(.results) ? ["the result"] : [])
        return all.isEmpty ? "nothing" : all.joined(separator: ", ")
    }

    /// Applies the op; the one result of an op that has one.
    func callAsFunction(_ values: repeat each Value) throws -> Variable {
        guard case .one(let variable) = try outcome(repeat each values).results else {
            throw EngineError.fault("\(name) has several results.")
        }
        return variable
    }

    /// Applies the op.
    func results(_ values: repeat each Value) throws -> Results { try outcome(repeat each values).results }

    /// - Parameter given: the call, where it is known already.
    private func outcome(_ values: repeat each Value, given: OpCall? = nil) throws -> Outcome {
        do {
            var check = ArrayCheck()
            var position = 0
            for value in repeat each values {
                if let rule = rules[position] {
                    try value.forEachArray { try check.take($0, rule, name: parameters[position].name) }
                }
                position += 1
            }
            let isRecorded = check.isRecorded
            switch kind {
            case .kernel:
                if let forward {
                    let array = try forward(repeat each values)
                    guard isRecorded else { return Outcome(results: .one(Variable(constant: array))) }
                    let function = try (given ?? call(repeat each values)).function(self, reads)
                    return Outcome(
                        results: .one(try function.produce(array, keep: reads.contains(.results))))
                }
                guard let severalForward, let arrange else { break }
                let arrays = try severalForward(repeat each values)
                guard isRecorded else {
                    return try arrange(arrays.map(Variable.init(constant:)), repeat each values)
                }
                let function = try (given ?? call(repeat each values)).function(self, reads)
                return try arrange(
                    try function.produce(arrays, keep: reads.contains(.results)), repeat each values)
            case .leaf:
                guard let forward else { break }
                let array = try forward(repeat each values)
                return Outcome(results: .one(try call(repeat each values).leaf(array, self)))
            case .formula:
                guard let arrange else { break }
                var outcome = try arrange([], repeat each values)
                guard isRecorded else { return outcome }
                let call = given ?? call(repeat each values)
                let composite = FunctionCall(op: self, slots: call.slots, inputs: try call.nodes())
                outcome.results = try outcome.results.map { try call.own($0, composite) }
                return outcome
            }
            throw EngineError.fault("\(name) has no rule.")
        } catch var error as EngineError {
            // A fault inside a formula is told of the op that the caller named, whose inputs are others.
            if error.op != nil { error.place = nil }
            error.op = name
            throw error
        }
    }

    /// What a node keeps of a call.
    private func call(_ values: repeat each Value) -> OpCall {
        var call = OpCall(slots: plainSlots ?? [])
        for value in repeat each values {
            let slot = value.slot(appendingTo: &call.inputs)
            if plainSlots == nil { call.slots.append(slot) }
        }
        return call
    }

    /// Applies it to slots, whose arrays are among `inputs`.
    public func apply(_ slots: [Slot], _ inputs: [Variable]) throws -> Outcome {
        var reader = SlotReader(slots)
        let input = { (index: Int) in inputs.indices.contains(index) ? inputs[index] : nil }
        // An argument's slot may say more once it was read: a seed that was drawn.
        let isKnown = arrayParameters.count == parameters.count
        return try outcome(
            repeat reader.next((each Value).self, input), given: isKnown ? OpCall(slots: slots, inputs: inputs) : nil)
    }

    /// The formulas of the inputs' gradients; empty where none flows.
    public func pullbacks(
        _ function: FunctionNode, _ gradients: OneOrMore<Variable?>, recording: Bool
    ) throws -> [Pullback] {
        var reader = SlotReader(function.slots)
        let input = { (index: Int) in function.inputVariable(index, recording: recording) }
        if let backward {
            guard let gradient = gradients[0] else { return [] }
            let result = try function.resultVariable(0, recording: recording)
            return try backward(gradient, result, repeat reader.next((each Value).self, input))
        }
        guard let severalBackward else { return [] }
        let results = try gradients.indices.map { try function.resultVariable($0, recording: recording) }
        return try severalBackward(
            gradients.indices.map { gradients[$0] }, results, repeat reader.next((each Value).self, input))
    }
}

private func collect<each Value: OpValue>(
    _ parameters: repeat Parameter<each Value>
) -> ([ParameterInfo], [ParameterInfo], [DTypeRule?]) {
    var infos: [ParameterInfo] = []
    for parameter in repeat each parameters { infos.append(parameter.info) }
    let rules = infos.map { $0.array.map { DTypeRule(dtypes: $0.dtypes, sharesDType: $0.sharesDType) } }
    return (infos, infos.filter { $0.array != nil }, rules)
}
