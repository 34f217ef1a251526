import Engine

/// Reads what stands for arrays in a body: names, plain numbers, inline arrays.
struct OperandReader {
    let graph: Graph
    let text: JSONText
    /// The offset of every operand that was read: for a pointer, should the engine refuse it.
    private(set) var offsets: [Int] = []
    /// The elements of all variables named.
    private(set) var elements = 0

    init(_ graph: Graph, _ text: JSONText) {
        self.graph = graph
        self.text = text
    }

    /// A name that must be bound.
    mutating func variable(_ value: JSONValue) throws -> Variable {
        let name = try value.string("the name of a variable")
        guard let variable = graph.variable(name) else {
            throw Problem.unknownName(
                name, "variable", near: Spelling.nearest(to: name, in: graph), pointer: text.pointer(to: value.offset))
        }
        offsets.append(value.offset)
        elements += variable.size
        return variable
    }

    /// A name to bind.
    func name(_ value: JSONValue) throws -> String {
        let name = try value.string("a name")
        guard Name.isValid(name) else {
            var problem = Problem.badName(name)
            problem.pointer = text.pointer(to: value.offset)
            throw problem
        }
        return name
    }

    /// Refuses names to bind of which one comes twice: what it was bound to first would be lost.
    func refuseRepeated(_ names: [String], at value: JSONValue?) throws(JSONError) {
        var seen = Set<String>()
        guard let repeated = names.first(where: { !seen.insert($0).inserted }) else { return }
        throw JSONError(
            kind: .value("The name \(repeated) comes twice.", expected: "different names", actual: repeated),
            offset: value?.offset ?? 0)
    }

    /// - Parameter dtype: of an inline array that names none.
    mutating func operand(_ value: JSONValue, _ dtype: DType?) throws -> Operand {
        if value.isNull { return .absent }
        if value.isString { return .variable(try variable(value)) }
        offsets.append(value.offset)
        if value.isNumber { return .number(try value.scalar()) }
        return .array(try value.arrayOrBody(dtype))
    }

    private mutating func operand(
        _ value: JSONValue, _ arity: ArrayParameter.Arity, _ dtype: DType?
    ) throws -> Operand {
        switch arity {
        case .one, .optional: try operand(value, dtype)
        case .list: .list(try value.list("a list of arrays").map { try operand($0, dtype) })
        case .lists: .list(try value.list("a list of lists of arrays").map { try operand($0, .list, dtype) })
        }
    }

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

    /// The inputs of an op: a list in the order of its array parameters, or an object by their names.
    mutating func inputs(_ value: JSONValue, of op: any AnyOp) throws -> [Operand] {
        let parameters = op.arrayParameters
        let isList = parameters.count == 1 && parameters[0].array?.arity == .list
        if value.isObject {
            var object = try JSONObject(value, "a list of inputs, or an object by their names")
            let values = parameters.map { object.take($0.name) }
            try object.finish()
            let named = firstDType(zip(values, parameters).compactMap { $1.declaresDType ? nil : $0 }, depth: 2)
            let operands = try zip(values, parameters).map { value, parameter -> Operand in
                guard let value, !value.isNull else { return .absent }
                return try operand(value, parameter.array?.arity ?? .one, parameter.array?.inlineDType ?? named)
            }
            if isList, case .list(let items) = operands.first { return items }
            return operands
        }
        let values = try value.list("a list of inputs, or an object by their names")
        func parameter(_ index: Int) -> ParameterInfo? {
            isList ? parameters[0] : index < parameters.count ? parameters[index] : nil
        }
        let matched = values.enumerated().filter { parameter($0.offset)?.declaresDType != true }.map(\.element)
        let named = firstDType(matched, depth: 0)
        return try values.enumerated().map { index, value in
            try operand(value, parameter(index)?.array?.inlineDType ?? named)
        }
    }

    /// The dtype of the first named array: that of inline arrays that name none. (Labels and conditions, whose dtype the
    /// op declares, say nothing of what stands beside them.)
    private func firstDType(_ values: [JSONValue], depth: Int) -> DType? {
        for value in values {
            if value.isString, let name = try? value.string(), let variable = graph.variable(name) {
                return variable.dtype
            }
            if depth > 0, value.isList, let items = try? value.list(), let dtype = firstDType(items, depth: depth - 1) {
                return dtype
            }
        }
        return nil
    }

    /// A list or object that gives something for each of some variables.
    struct Given {
        let value: JSONValue?
        let variables: [Variable]

        func offset(_ index: Int) -> Int? {
            guard let value, let items = try? OperandReader.items(value, for: variables) else { return nil }
            return index < items.count ? items[index]?.offset : nil
        }
    }

    /// Gives an error of the engine its place in the body.
    /// - Parameters:
    ///   - arguments: the object of an op's arguments.
    ///   - inputs: where the inputs stand, which may not fit together.
    ///   - gradOutputs: what was given for each of some variables; likewise `gradInputs`.
    func locating<R>(
        _ arguments: JSONValue? = nil, inputs: Int? = nil, gradOutputs: Given? = nil, gradInputs: Given? = nil,
        _ body: () throws -> R
    ) throws -> R {
        do {
            return try body()
        } catch let error as EngineError {
            var offset: Int?
            switch error.place {
            case .input(let index): offset = index < offsets.count ? offsets[index] : inputs
            case .argument(let name):
                let members = (try? arguments?.members()) ?? []
                offset = members.first { (try? $0.key.string()) == name }?.value.offset ?? arguments?.offset
            case .gradOutput(let index): offset = gradOutputs?.offset(index)
            case .gradInput(let index): offset = gradInputs?.offset(index)
            case .inputs: offset = inputs
            // It is the inputs together that do not fit; what takes none has its arguments only.
            case nil: offset = inputs ?? arguments?.offset
            }
            throw Problem(error, pointer: offset.map { text.pointer(to: $0) })
        }
    }
}

extension ParameterInfo {
    /// Whether the op says what an inline array is read as here.
    fileprivate var declaresDType: Bool { array?.inlineDType != nil }
}
