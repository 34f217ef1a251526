import Engine

/// Differentiating: `backward`, `grad`, and clearing what `backward` adds up.
enum GradientEndpoints {
    static let all: [Endpoint] = [
        Endpoint(.post, Endpoint.graph + "/backward", .graph(creating: false)) { call, response in
            let graph = try call.requireGraph()
            try call.expect(elements: graph.work)
            try graph.transaction {
                var object = try call.object()
                let request = try BackwardRequest(&object, graph, call.text)
                try object.finish()
                let touched = try request.run(graph)
                try response.json(.ok) { out in
                    try out.append(grads: touched.map { ($0.name ?? "", try $0.grad?.array) })
                }
            }
        },
        Endpoint(.post, Endpoint.graph + "/grad", .graph(creating: false)) { call, response in
            let graph = try call.requireGraph()
            try call.expect(elements: graph.work)
            try graph.transaction {
                var object = try call.object()
                let request = try GradRequest(&object, graph, call.text)
                try object.finish()
                let found = try request.run(graph)
                response.json(.ok) { $0.append(grads: found) }
            }
        },
        Endpoint(.post, Endpoint.graph + "/cleargrad", .graph(creating: false)) { call, response in
            let graph = try call.requireGraph()
            try graph.transaction {
                for variable in try ClearRequest(call, graph).variables { graph.cleargrad(variable) }
                response.json(.ok) { $0.append("{}") }
            }
        },
        Endpoint(.post, Endpoint.graph + "/zerograd", .graph(creating: false)) { call, response in
            let graph = try call.requireGraph()
            try graph.transaction {
                let request = try ClearRequest(call, graph)
                try call.expect(elements: request.variables.reduce(0) { $0 + $1.size })
                // All: those that have a gradient.
                for variable in request.variables where request.isNamed || variable.dtype.isFloat {
                    try request.reader.locating(nil) { try graph.zerograd(variable) }
                }
                response.json(.ok) { $0.append("{}") }
            }
        },
    ]
}

extension Graph {
    /// A bound for the elements that a walk over the graph touches: each of its bytes, and more for each node.
    var work: Int { account.bytes / 4 + account.nodes * 16 }
}

extension OutputBuffer {
    /// `{"grads": {"x0": [4.0, 4.0]}}`.
    fileprivate mutating func append(grads: [(name: String, array: NDArray?)]) {
        append("{\"grads\":")
        append(gradients: grads)
        append("}")
    }

    /// `{"x0": [4.0, 4.0]}`; a name that comes twice is written once.
    mutating func append(gradients grads: [(name: String, array: NDArray?)]) {
        var seen = Set<String>()
        append(list: grads.filter { seen.insert($0.name).inserted }, "{", "}") { out, item in
            out.append(jsonString: item.name)
            out.append(UInt8(ascii: ":"))
            out.append(optional: item.array)
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

extension OperandReader {
    /// What a caller gives for each variable: a list in their order, or an object by their names; null stands for none.
    static func items(_ value: JSONValue, for variables: [Variable]) throws -> [JSONValue?] {
        if value.isObject {
            var object = try JSONObject(value)
            let items = variables.map { object.takeUnlessNull($0.node?.name ?? "") }
            try object.finish()
            return items
        }
        let items = try value.list("a list in the order of the variables, or an object by their names")
        guard items.count == variables.count else {
            throw JSONError(
                kind: .value(
                    "There must be one item, or null, for each of the variables.", expected: "\(variables.count)",
                    actual: "\(items.count)"), offset: value.offset)
        }
        return items.map { $0.isNull ? nil : $0 }
    }

    /// Gradients that a caller gives.
    mutating func gradients(_ value: JSONValue?, for variables: [Variable]) throws -> [Variable?] {
        guard let value else { return [] }
        return try zip(OperandReader.items(value, for: variables), variables).map { item, variable in
            guard let item else { return nil }
            switch try operand(item, variable.dtype) {
            case .variable(let gradient): return gradient
            case .array(let array): return Variable(constant: array)
            case .number(let number): return try Variable(number: number, variable.dtype)
            case .absent, .list: return nil
            }
        }
    }
}

/// `{"output" or "outputs", "grad_outputs"?, "retain_grad"?, "enable_double_backprop"?, "loss_scale"?, "accumulate"?,
/// "names"?}`.
private struct BackwardRequest {
    let roots: [Variable]
    let seeds: [Variable?]
    let options: BackpropOptions
    /// Leaves and the names that their gradients take.
    let names: [(leaf: Variable, name: String)]
    let reader: OperandReader

    init(_ object: inout JSONObject, _ graph: Graph, _ text: JSONText) throws {
        var reader = OperandReader(graph, text)
        let (one, several) = (object.take("output"), object.take("outputs"))
        switch (one, several) {
        case (let one?, nil): roots = [try reader.variable(one)]
        case (nil, let several?): roots = try several.list("a list of names").map { try reader.variable($0) }
        case (nil, nil): throw JSONError(kind: .missingKey("output"), offset: object.offset)
        case (_, let several?):
            throw JSONError(
                kind: .value("Give output or outputs, not both.", expected: "one of them", actual: "both"),
                offset: several.offset)
        }
        seeds = try reader.gradients(object.takeUnlessNull("grad_outputs"), for: roots)
        var options = try BackpropOptions(&object)
        options.accumulates = try object.bool("accumulate") ?? true
        self.options = options
        var names: [(leaf: Variable, name: String)] = []
        for (key, value) in try object.takeUnlessNull("names")?.members() ?? [] {
            names.append((try reader.variable(key), try reader.name(value)))
        }
        self.names = names
        self.reader = reader
    }

    func run(_ graph: Graph) throws -> [VariableNode] {
        let touched = try reader.locating(nil) { try graph.backward(from: roots, seeds: seeds, options: options) }
        for (leaf, name) in names {
            if let gradient = leaf.node?.grad { try graph.bind(gradient: gradient, to: name) }
        }
        return touched
    }
}

/// `{"outputs", "inputs", "grad_outputs"?, "grad_inputs"?, "set_grad"?, "retain_grad"?, "enable_double_backprop"?,
/// "loss_scale"?, "names"?}`.
struct GradRequest {
    private let outputs: [Variable]
    private let inputs: [Variable]
    /// As the caller called them: a gradient may take such a name.
    private let inputNames: [String]
    private let gradOutputs: [Variable?]
    private let gradInputs: [Variable?]
    private let setGrad: Bool
    private let options: BackpropOptions
    /// For each input the name that its gradient takes.
    private let names: [String?]
    private let reader: OperandReader

    init(_ object: inout JSONObject, _ graph: Graph, _ text: JSONText) throws {
        var reader = OperandReader(graph, text)
        outputs = try object.require("outputs").list("a list of names").map { try reader.variable($0) }
        inputs = try object.require("inputs").list("a list of names").map { try reader.variable($0) }
        inputNames = inputs.map { $0.node?.name ?? "" }
        gradOutputs = try reader.gradients(object.takeUnlessNull("grad_outputs"), for: outputs)
        gradInputs = try reader.gradients(object.takeUnlessNull("grad_inputs"), for: inputs)
        setGrad = try object.bool("set_grad") ?? false
        options = try BackpropOptions(&object)
        var names: [String?] = []
        if let value = object.takeUnlessNull("names") {
            for item in try OperandReader.items(value, for: inputs) {
                names.append(try item.map { try reader.name($0) })
            }
        }
        self.names = names
        self.reader = reader
    }

    /// The gradients by the inputs' names; nil where no path leads.
    func run(_ graph: Graph) throws -> [(name: String, array: NDArray?)] {
        let found = try reader.locating(nil) {
            try graph.grad(
                of: outputs, to: inputs, gradOutputs: gradOutputs, gradInputs: gradInputs, setGrad: setGrad,
                options: options)
        }
        for (gradient, name) in zip(found, names) {
            if let gradient, let name { try graph.bind(gradient: gradient, to: name) }
        }
        return try zip(inputNames, found).map { ($0, try $1?.array) }
    }
}

/// `{"variables"?}`: the named ones, or all.
private struct ClearRequest {
    let variables: [Variable]
    let isNamed: Bool
    let reader: OperandReader

    init(_ call: Call, _ graph: Graph) throws {
        var object = try call.object()
        var reader = OperandReader(graph, call.text)
        let names = object.takeUnlessNull("variables")
        try object.finish()
        isNamed = names != nil
        variables =
            try names?.list("a list of names").map { try reader.variable($0) } ?? graph.names.values.map { $0 }
        self.reader = reader
    }
}
