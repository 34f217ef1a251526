/// An op without its Swift types: what dispatch, the catalogue and the backward walk see.
public protocol AnyOp: AnyObject, Sendable {
    var name: String { get }
    var summary: String { get }
    var parameters: [ParameterInfo] { get }
    /// The parameters that are arrays, in order.
    var arrayParameters: [ParameterInfo] { get }
    /// Whether a gradient can flow through it.
    var isDifferentiable: Bool { get }
    /// Whether the results come as a list.
    var hasSeveralResults: Bool { get }
    /// Applies the op to slots that have been checked.
    func apply(_ slots: [Slot], _ inputs: [Variable]) throws -> Results
    /// For each input a formula of its gradient, computed only when called.
    /// - Parameter gradients: of each result; nil where nothing arrived.
    func pullbacks(_ function: FunctionNode, _ gradients: [Variable?], recording: Bool) throws -> [Pullback]
}

/// What an op gives: one variable, or several, nested as Chainer nests them.
public enum Results {
    case one(Variable)
    case list([Results])
    /// Chainer's `None` among several results.
    case none

    /// All of them, in order.
    public var flat: [Variable] {
        switch self {
        case .one(let variable): [variable]
        case .list(let items): items.flatMap(\.flat)
        case .none: []
        }
    }

    func map(_ transform: (Variable) throws -> Variable) rethrows -> Results {
        switch self {
        case .one(let variable): .one(try transform(variable))
        case .list(let items): .list(try items.map { try $0.map(transform) })
        case .none: .none
        }
    }
}

/// Which arrays the backward of an op reads, beside the gradient; only those are kept for it.
struct Reads: OptionSet, Sendable {
    let rawValue: UInt64
    static let results = Reads(rawValue: 1)
    static let inputs = Reads(rawValue: ~1)
    /// One of the inputs, by its place among all arrays of the call.
    static func input(_ index: Int) -> Reads { Reads(rawValue: 2 << UInt64(min(index, 62))) }
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
    private let isKernel: Bool
    /// For each parameter what it asks of dtypes; nil for arguments.
    private let rules: [DTypeRule?]
    private let reads: Reads
    /// Of a kernel.
    private let forward: @Sendable (repeat each Value) throws -> [NDArray]
    private let backward: @Sendable ([Variable?], [Variable], repeat each Value) throws -> [Pullback]
    /// A formula, or how a kernel's results are nested.
    private let arrange: @Sendable ([Variable], repeat each Value) throws -> Results

    /// A kernel with one result.
    /// - Parameter backward: given the result's gradient, the result and the parameters' values, a formula for each
    ///   array among the parameters.
    init(
        _ name: String, _ summary: String, _ parameters: repeat Parameter<each Value>, reads: Reads = [],
        forward: @escaping @Sendable (repeat each Value) throws -> NDArray,
        backward: @escaping @Sendable (Variable, Variable, repeat each Value) throws -> [Pullback]
    ) {
        (self.name, self.summary) = (name, summary)
        (self.parameters, arrayParameters, rules) = collect(repeat each parameters)
        (isDifferentiable, isKernel, self.reads) = (true, true, reads)
        hasSeveralResults = false
        self.forward = { (values: repeat each Value) in [try forward(repeat each values)] }
        self.backward = { (gradients: [Variable?], results: [Variable], values: repeat each Value) in
            guard let gradient = gradients[0] else { return [] }
            return try backward(gradient, results[0], repeat each values)
        }
        arrange = { (results: [Variable], _: repeat each Value) in .one(results[0]) }
    }

    /// A kernel with one result that no gradient flows through.
    init(
        _ name: String, _ summary: String, _ parameters: repeat Parameter<each Value>,
        forward: @escaping @Sendable (repeat each Value) throws -> NDArray
    ) {
        (self.name, self.summary) = (name, summary)
        (self.parameters, arrayParameters, rules) = collect(repeat each parameters)
        (isDifferentiable, isKernel, reads) = (false, true, [])
        hasSeveralResults = false
        self.forward = { (values: repeat each Value) in [try forward(repeat each values)] }
        backward = { (_: [Variable?], _: [Variable], _: repeat each Value) in [] }
        arrange = { (results: [Variable], _: repeat each Value) in .one(results[0]) }
    }

    /// A kernel with several results.
    init(
        severalResults name: String, _ summary: String, _ parameters: repeat Parameter<each Value>, reads: Reads = [],
        forward: @escaping @Sendable (repeat each Value) throws -> [NDArray],
        backward: @escaping @Sendable ([Variable?], [Variable], repeat each Value) throws -> [Pullback],
        arrange: @escaping @Sendable ([Variable], repeat each Value) throws -> Results = {
            (results: [Variable], _: repeat each Value) in .list(results.map { .one($0) })
        }
    ) {
        (self.name, self.summary) = (name, summary)
        (self.parameters, arrayParameters, rules) = collect(repeat each parameters)
        (isDifferentiable, isKernel, self.reads) = (true, true, reads)
        hasSeveralResults = true
        self.forward = forward
        self.backward = backward
        self.arrange = arrange
    }

    /// A formula in other ops.
    convenience init(
        _ name: String, _ summary: String, _ parameters: repeat Parameter<each Value>, isDifferentiable: Bool = true,
        formula: @escaping @Sendable (repeat each Value) throws -> Variable
    ) {
        self.init(
            severalResults: name, summary, repeat each parameters, isDifferentiable: isDifferentiable,
            hasSeveralResults: false,
            formula: { (values: repeat each Value) in .one(try formula(repeat each values)) })
    }

    /// A formula with several results.
    init(
        severalResults name: String, _ summary: String, _ parameters: repeat Parameter<each Value>,
        isDifferentiable: Bool = true, hasSeveralResults: Bool = true,
        formula: @escaping @Sendable (repeat each Value) throws -> Results
    ) {
        self.hasSeveralResults = hasSeveralResults
        (self.name, self.summary) = (name, summary)
        (self.parameters, arrayParameters, rules) = collect(repeat each parameters)
        (self.isDifferentiable, isKernel, reads) = (isDifferentiable, false, [])
        forward = { (_: repeat each Value) in [] }
        backward = { (_: [Variable?], _: [Variable], _: repeat each Value) in [] }
        arrange = { (_: [Variable], values: repeat each Value) in try formula(repeat each values) }
    }

    /// Applies the op; the one result of an op that has one.
    func callAsFunction(_ values: repeat each Value) throws -> Variable {
        guard case .one(let variable) = try results(repeat each values) else {
            throw EngineError.fault("\(name) has several results.")
        }
        return variable
    }

    /// Applies the op.
    func results(_ values: repeat each Value) throws -> Results {
        do {
            var call = Call()
            call.slots.reserveCapacity(parameters.count)
            for value in repeat each values { call.slots.append(value.slot(appendingTo: &call.inputs)) }
            try call.checkDTypes(rules) { parameters[$0].name }
            let isRecorded = call.inputs.contains { $0.node != nil }
            guard isKernel else {
                let results = try arrange([], repeat each values)
                guard isRecorded else { return results }
                let composite = FunctionCall(op: self, slots: call.slots, inputs: try call.nodes())
                return try results.map { try call.own($0, composite) }
            }
            let arrays = try forward(repeat each values)
            guard isRecorded else { return try arrange(arrays.map(Variable.init(constant:)), repeat each values) }
            let function = FunctionNode(
                op: self, slots: call.slots, inputs: try call.nodes(),
                keptInputs: call.inputs.enumerated().map { reads.contains(.input($0)) ? $1.cell : nil })
            return try arrange(function.produce(arrays, keep: reads.contains(.results)), repeat each values)
        } catch var error as EngineError {
            // A fault inside a formula is told of the op that the caller named, whose inputs are others.
            if error.op != nil { error.place = nil }
            error.op = name
            throw error
        }
    }

    /// Applies it to slots, whose arrays are among `inputs`.
    public func apply(_ slots: [Slot], _ inputs: [Variable]) throws -> Results {
        var reader = SlotReader(slots: slots, inputs: inputs)
        return try results(repeat reader.next((each Value).self))
    }

    /// The formulas of the inputs' gradients; empty where none flows.
    public func pullbacks(
        _ function: FunctionNode, _ gradients: [Variable?], recording: Bool
    ) throws -> [Pullback] {
        guard isDifferentiable, isKernel else { return [] }
        let inputs = function.inputs.indices.map { function.inputVariable($0, recording: recording) }
        let results = try (0..<function.resultCount).map { try function.resultVariable($0, recording: recording) }
        var reader = SlotReader(slots: function.slots, inputs: inputs)
        return try backward(gradients, results, repeat reader.next((each Value).self))
    }
}

/// A call while it is applied.
private struct Call {
    var slots: [Slot] = []
    var inputs: [Variable] = []

    /// The inputs' nodes; constants become leaves.
    func nodes() throws -> [VariableNode] {
        try inputs.map { input in
            if let node = input.node { return node }
            guard let cell = input.cell else { throw EngineError.fault("A constant without data.") }
            return try VariableNode(leaf: cell, requiresGrad: false)
        }
    }

    /// A composite's result: what its formula hands through (an input, a constant) becomes a result of its own.
    func own(_ result: Variable, _ composite: FunctionCall) throws -> Variable {
        var result = result
        if result.node?.creator == nil || composite.inputs.contains(where: { $0 === result.node }) {
            if result.node == nil, let cell = result.cell {
                result = Variable(node: try VariableNode(leaf: cell, requiresGrad: false), cell: cell)
            }
            result = try arrayOps.identity.results([result]).flat[0]
        }
        result.node?.composite = composite
        return result
    }

    /// - Throws: `EngineError.Kind.dtype` for a dtype that a parameter does not take, or two that differ.
    func checkDTypes(_ rules: [DTypeRule?], name: (Int) -> String) throws {
        var shared: DType?
        for index in slots.indices {
            guard let rule = rules[index] else { continue }
            try check(slots[index], rule, &shared) { name(index) }
        }
    }

    private func check(_ slot: Slot, _ rule: DTypeRule, _ shared: inout DType?, name: () -> String) throws {
        switch slot {
        case .absent, .argument: break
        case .list(let items): for item in items { try check(item, rule, &shared, name: name) }
        case .input(let index):
            let dtype = inputs[index].dtype
            guard rule.dtypes.contains(dtype) else {
                throw EngineError(
                    .dtype, "\(name()) is of dtype \(dtype): apply cast to it first.", expected: rule.dtypes.names,
                    actual: dtype.rawValue, at: .input(index))
            }
            guard rule.sharesDType else { return }
            if let shared, shared != dtype {
                var error = NDArray.mixedDTypes(shared, dtype)
                error.place = .input(index)
                throw error
            }
            shared = dtype
        }
    }
}

/// What a parameter asks of its arrays' dtypes.
private struct DTypeRule: Sendable {
    let dtypes: DTypes
    let sharesDType: Bool
}

private struct SlotReader {
    let slots: [Slot]
    let inputs: [Variable]
    private var position = 0

    init(slots: [Slot], inputs: [Variable]) {
        self.slots = slots
        self.inputs = inputs
    }

    mutating func next<T: OpValue>(_: T.Type) throws -> T {
        guard position < slots.count else { throw EngineError.fault("A slot is missing.") }
        defer { position += 1 }
        return try T.read(slots[position], inputs)
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
