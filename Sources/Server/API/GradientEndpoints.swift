import Engine

/// Differentiating: `backward`, `grad`, clearing what `backward` adds up, and cutting a graph.
enum GradientEndpoints {
    static let all: [Endpoint] = [
        .step("backward", BackwardStep.self), .step("grad", GradStep.self), .step("cleargrad", CleargradStep.self),
        .step("zerograd", ZerogradStep.self), .step("unchain", UnchainStep.self),
    ]
}

extension Graph {
    /// A bound for the elements that a walk over the graph touches: each of its bytes, and more for each node.
    var work: Int { account.bytes / 4 + account.nodes * 16 }
}

extension OutputBuffer {
    /// `{"x0": [4.0, 4.0]}`; a name that comes twice is written once.
    mutating func append(grads: [(name: String, array: NDArray?)], _ form: Representation.ArrayForm) throws {
        var seen = Set<String>()
        try append(list: grads.filter { seen.insert($0.name).inserted }, "{", "}") { out, item in
            out.append(jsonString: item.name)
            out.append(UInt8(ascii: ":"))
            try out.append(item.array, form)
        }
    }
}

extension BackpropOptions {
    fileprivate init(_ object: inout JSONObject) throws(JSONError) {
        self.init(
            retainGrad: try object.bool("retain_grad") ?? false,
            enableDoubleBackprop: try object.bool("enable_double_backprop") ?? false)
        if let scale = object.takeUnlessNull("loss_scale") { lossScale = try scale.scalar().asDouble }
    }
}

/// `{"output" or "outputs", "grad_outputs"?, "retain_grad"?, "enable_double_backprop"?, "loss_scale"?, "accumulate"?,
/// "names"?}`.
struct BackwardStep: Step {
    private let roots: [Variable]
    private let seeds: [Variable?]
    private let seedsValue: JSONValue?
    private let options: BackpropOptions
    /// Leaves and the names that their gradients take.
    private let names: [(leaf: Variable, name: String)]
    private let reader: OperandReader
    let elements: Int

    init(_ object: inout JSONObject, _ graph: Graph, _ call: Call) throws {
        var reader = OperandReader(graph, call.text)
        switch (object.take("output"), object.take("outputs")) {
        case (let one?, nil): roots = [try reader.variable(one)]
        case (nil, let several?): roots = try several.list("a list of names").map { try reader.variable($0) }
        case (nil, nil): throw JSONError(kind: .missingKey("output"), offset: object.offset)
        case (_, let several?):
            throw JSONError(
                kind: .value("Give output or outputs, not both.", expected: "one of them", actual: "both"),
                offset: several.offset)
        }
        seedsValue = object.takeUnlessNull("grad_outputs")
        seeds = try reader.gradients(seedsValue, for: roots)
        var options = try BackpropOptions(&object)
        options.accumulates = try object.bool("accumulate") ?? true
        self.options = options
        var names: [(leaf: Variable, name: String)] = []
        if let value = object.takeUnlessNull("names") {
            for (leaf, name) in try JSONObject(value).entries {
                names.append((try reader.variable(leaf), try reader.name(name)))
            }
        }
        try reader.refuseRepeated(names.map(\.name), at: object.value("names"))
        self.names = names
        self.reader = reader
        elements = graph.work
    }

    func run(_ graph: Graph, _ call: Call) throws -> StepReply {
        let touched = try reader.locating(gradOutputs: .init(value: seedsValue, variables: roots)) {
            try graph.backward(from: roots, seeds: seeds, options: options)
        }
        // Before names are bound anew: a gradient may take the place of its own leaf.
        let grads = try touched.map { ($0.name ?? "", try $0.grad?.array) }
        let gradients = names.compactMap { leaf, name in leaf.node?.grad.map { ($0, name) } }
        for (gradient, name) in gradients { try graph.bind(gradient: gradient, to: name) }
        return StepReply { out, form in
            out.append("{\"grads\":")
            try out.append(grads: grads, form)
            out.append("}")
        }
    }
}

/// `{"outputs", "inputs", "grad_outputs"?, "grad_inputs"?, "set_grad"?, "retain_grad"?, "enable_double_backprop"?,
/// "loss_scale"?, "names"?}`.
struct GradStep: Step {
    private let outputs: [Variable]
    private let inputs: [Variable]
    private let gradOutputs: [Variable?]
    private let gradOutputsValue: JSONValue?
    private let gradInputs: [Variable?]
    private let gradInputsValue: JSONValue?
    private let setGrad: Bool
    private let options: BackpropOptions
    /// For each input the name that its gradient takes.
    private let names: [String?]
    private let reader: OperandReader
    let elements: Int

    init(_ object: inout JSONObject, _ graph: Graph, _ call: Call) throws {
        var reader = OperandReader(graph, call.text)
        outputs = try object.require("outputs").list("a list of names").map { try reader.variable($0) }
        inputs = try object.require("inputs").list("a list of names").map { try reader.variable($0) }
        gradOutputsValue = object.takeUnlessNull("grad_outputs")
        gradOutputs = try reader.gradients(gradOutputsValue, for: outputs)
        gradInputsValue = object.takeUnlessNull("grad_inputs")
        gradInputs = try reader.gradients(gradInputsValue, for: inputs)
        setGrad = try object.bool("set_grad") ?? false
        options = try BackpropOptions(&object)
        var names: [String?] = []
        if let value = object.takeUnlessNull("names") {
            for item in try OperandReader.items(value, for: inputs) {
                names.append(try item.map { try reader.name($0) })
            }
            try reader.refuseRepeated(names.compactMap { $0 }, at: value)
        }
        self.names = names
        self.reader = reader
        elements = graph.work
    }

    /// Not if it binds, sets and retains nothing.
    static func changesGraph(_ object: JSONObject) -> Bool {
        if ["set_grad", "retain_grad"].contains(where: { (try? object.value($0)?.bool()) == true }) { return true }
        guard let names = object.value("names") else { return false }
        let items = try? names.isObject ? names.members().map(\.value) : names.list()
        return items?.contains { !$0.isNull } ?? false
    }

    /// The gradients, by the inputs' names.
    func gradients(_ graph: Graph) throws -> [(name: String, array: NDArray?)] {
        let found = try reader.locating(
            gradOutputs: .init(value: gradOutputsValue, variables: outputs),
            gradInputs: .init(value: gradInputsValue, variables: inputs)
        ) {
            try graph.grad(
                of: outputs, to: inputs, gradOutputs: gradOutputs, gradInputs: gradInputs, setGrad: setGrad,
                options: options)
        }
        // Before names are bound anew: a gradient may take the place of its own input.
        let grads = try zip(inputs, found).map { ($0.node?.name ?? "", try $1?.array) }
        for (gradient, name) in zip(found, names) {
            if let gradient, let name { try graph.bind(gradient: gradient, to: name) }
        }
        return grads
    }

    func run(_ graph: Graph, _ call: Call) throws -> StepReply {
        let grads = try gradients(graph)
        return StepReply { out, form in
            out.append("{\"grads\":")
            try out.append(grads: grads, form)
            out.append("}")
        }
    }
}

/// `{"variables"?}`: the named ones, or all.
private struct NamedOrAll {
    let variables: [Variable]
    let isNamed: Bool
    let reader: OperandReader

    init(_ object: inout JSONObject, _ graph: Graph, _ call: Call) throws {
        var reader = OperandReader(graph, call.text)
        let names = object.takeUnlessNull("variables")
        isNamed = names != nil
        variables =
            try names?.list("a list of names").map { try reader.variable($0) } ?? graph.names.values.map { $0 }
        self.reader = reader
    }
}

/// `cleargrad` of `{"variables"?}`.
struct CleargradStep: Step {
    private let targets: NamedOrAll
    var elements: Int { targets.variables.count }

    init(_ object: inout JSONObject, _ graph: Graph, _ call: Call) throws {
        targets = try NamedOrAll(&object, graph, call)
    }

    func run(_ graph: Graph, _ call: Call) -> StepReply {
        for variable in targets.variables { graph.cleargrad(variable) }
        return .empty()
    }
}

/// `zerograd` of `{"variables"?}`; all are those that can have a gradient.
struct ZerogradStep: Step {
    private let targets: NamedOrAll
    var elements: Int { targets.variables.reduce(0) { $0 + $1.size } }

    init(_ object: inout JSONObject, _ graph: Graph, _ call: Call) throws {
        targets = try NamedOrAll(&object, graph, call)
    }

    func run(_ graph: Graph, _ call: Call) throws -> StepReply {
        for (index, variable) in targets.variables.enumerated() where targets.isNamed || variable.dtype.isFloat {
            try targets.reader.locating { try graph.zerograd(variable, at: index) }
        }
        return .empty()
    }
}

/// `{"variable", "backward"?}`: `Variable.unchain`, or `unchain_backward`.
struct UnchainStep: Step {
    private let variable: Variable
    private let isBackward: Bool
    let elements: Int

    init(_ object: inout JSONObject, _ graph: Graph, _ call: Call) throws {
        var reader = OperandReader(graph, call.text)
        variable = try reader.variable(object.require("variable"))
        isBackward = try object.bool("backward") ?? false
        elements = isBackward ? graph.work : 0
    }

    func run(_ graph: Graph, _ call: Call) -> StepReply {
        if isBackward { graph.unchainBackward(variable) } else { graph.unchain(variable) }
        return .empty()
    }
}
