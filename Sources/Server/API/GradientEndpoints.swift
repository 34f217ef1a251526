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
                try response.json(.ok) { out in
                    try out.append(grads: zip(request.inputs, found).map { ($0.node?.name ?? "", try $1?.array) })
                }
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
    fileprivate var work: Int { account.bytes / 4 + account.nodes * 16 }
}

extension OutputBuffer {
    /// `{"grads": {"x0": [4.0, 4.0]}}`; a name that comes twice is written once.
    fileprivate mutating func append(grads: [(name: String, array: NDArray?)]) {
        append("{\"grads\":")
        var seen = Set<String>()
        append(list: grads.filter { seen.insert($0.name).inserted }, "{", "}") { out, item in
            out.append(jsonString: item.name)
            out.append(UInt8(ascii: ":"))
            out.append(optional: item.array)
        }
        append("}")
    }
}

extension BackpropOptions {
    fileprivate init(_ object: inout JSONObject) throws(JSONError) {
        self.init(
            retainGrad: try object.bool("retain_grad") ?? false)
    }
}

extension OperandReader {
    /// Gradients that a caller gives: a list in the order of the variables, or an object by their names; a null stands
    /// for none.
    mutating func gradients(_ value: JSONValue?, for variables: [Variable]) throws -> [Variable?] {
        guard let value else { return [] }
        var items: [JSONValue?]
        if value.isObject {
            var object = try JSONObject(value)
            items = variables.map { object.take($0.node?.name ?? "") }
            try object.finish()
        } else {
            items = try value.list("a list in the order of the variables, or an object by their names")
            guard items.count == variables.count else {
                throw JSONError(
                    kind: .value(
                        "There must be a gradient, or null, for each of the variables.",
                        expected: "\(variables.count)", actual: "\(items.count)"), offset: value.offset)
            }
        }
        return try zip(items, variables).map { item, variable in
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

/// `{"output" or "outputs", "grad_outputs"?, "retain_grad"?}`.
private struct BackwardRequest {
    let roots: [Variable]
    let seeds: [Variable?]
    let options: BackpropOptions
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
        self.reader = reader
        seeds = try reader.gradients(object.takeUnlessNull("grad_outputs"), for: roots)
        options = try BackpropOptions(&object)
    }

    func run(_ graph: Graph) throws -> [VariableNode] {
        try reader.locating(nil) { try graph.backward(from: roots, seeds: seeds, options: options) }
    }
}

/// `{"outputs", "inputs", "grad_outputs"?, "set_grad"?, "retain_grad"?}`.
private struct GradRequest {
    let outputs: [Variable]
    let inputs: [Variable]
    let gradOutputs: [Variable?]
    let setGrad: Bool
    let options: BackpropOptions
    let reader: OperandReader

    init(_ object: inout JSONObject, _ graph: Graph, _ text: JSONText) throws {
        var reader = OperandReader(graph, text)
        outputs = try object.require("outputs").list("a list of names").map { try reader.variable($0) }
        inputs = try object.require("inputs").list("a list of names").map { try reader.variable($0) }
        self.reader = reader
        gradOutputs = try reader.gradients(object.takeUnlessNull("grad_outputs"), for: outputs)
        setGrad = try object.bool("set_grad") ?? false
        options = try BackpropOptions(&object)
    }

    func run(_ graph: Graph) throws -> [Variable?] {
        try reader.locating(nil) {
            try graph.grad(of: outputs, to: inputs, gradOutputs: gradOutputs, setGrad: setGrad, options: options)
        }
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
