import Engine

/// What a call gives to an op's parameters: arrays by position, then arguments by position, and both by keyword.
///
/// By position come the required arrays, and the optional ones that stand before every argument (`linear(x, W, b)`);
/// then the arguments in the catalogue's order. An op whose only arrays are a list takes `concat([x, y], 0)` or
/// `concat(x, y, axis=0)`.
struct CallBinding {
    /// A value and where it stands.
    struct Given {
        let value: FormulaValue
        let place: Formula.Place
        /// The items' places, where it is a list that was written out.
        var items: [Formula.Place] = []
    }

    private(set) var operands: [Operand] = []
    private(set) var arguments: [String: Argument] = [:]
    /// Where the arrays stand, in the order in which the engine counts them, and the arguments.
    private(set) var operandPlaces: [Formula.Place] = []
    private(set) var argumentPlaces: [String: Formula.Place] = [:]
    /// The elements of all variables given.
    private(set) var elements = 0

    private let op: any AnyOp
    private let place: Formula.Place

    /// - Parameter place: the op's.
    /// - Throws: `FormulaError` where the call does not fit the op's parameters.
    init(
        _ op: any AnyOp, positional: [Given], keywords: [(name: String, place: Formula.Place, given: Given)],
        at place: Formula.Place
    ) throws {
        (self.op, self.place) = (op, place)
        var given: [String: Given] = [:]
        try bind(positional, &given)
        for (name, place, value) in keywords {
            guard op.parameters.contains(where: { $0.name == name }) else {
                throw FormulaError(
                    .unknownArgument(name, op: op.name, known: op.parameters.map(\.name)), at: place)
            }
            guard given.updateValue(value, forKey: name) == nil else {
                throw FormulaError.impossible(
                    "\(op.name) is given \(name) twice: by position, and by keyword.", expected: "\(name) once",
                    actual: "\(name) twice", at: place, op: op.name)
            }
        }
        try bindArguments(given)
        try bindArrays(given)
    }

    private mutating func bind(_ positional: [Given], _ given: inout [String: Given]) throws {
        let firstArgument = op.parameters.firstIndex { $0.array == nil } ?? op.parameters.count
        let arguments = op.parameters.filter { $0.array == nil }
        let arrays = op.parameters.enumerated().filter { index, parameter in
            parameter.array.map { $0.arity != .optional || index < firstArgument } ?? false
        }.map(\.element)
        var positional = positional
        if arrays.count == 1, arrays[0].array?.arity == .list, !positional.isEmpty {
            let count = listCount(positional, hasArguments: !arguments.isEmpty)
            let items = positional[..<count]
            let isWritten = count == 1 && isListOfArrays(items[0].value)
            given[arrays[0].name] =
                isWritten
                ? items[0]
                : Given(value: .list(items.map(\.value)), place: items[0].place, items: items.map(\.place))
            positional.removeFirst(count)
            return try bind(positional, to: arguments, &given)
        }
        try bind(positional, to: arrays + arguments, &given)
    }

    private func bind(_ positional: [Given], to parameters: [ParameterInfo], _ given: inout [String: Given]) throws {
        guard positional.count <= parameters.count else {
            throw FormulaError.impossible(
                "\(op.name) takes no more by position.",
                expected: parameters.isEmpty ? "no more" : parameters.map(\.name).joined(separator: ", "),
                actual: "\(positional.count) values", at: positional[parameters.count].place, op: op.name)
        }
        for (parameter, value) in zip(parameters, positional) { given[parameter.name] = value }
    }

    /// How many of the values make up the list that is an op's only array parameter.
    private func listCount(_ positional: [Given], hasArguments: Bool) -> Int {
        if !hasArguments { return positional.count }
        guard case .variable = positional[0].value else { return 1 }
        return positional.prefix { if case .variable = $0.value { true } else { false } }.count
    }

    /// Whether a value is a list of arrays, not the one array that a list of numbers is.
    private func isListOfArrays(_ value: FormulaValue) -> Bool {
        guard case .list(let items) = value else { return false }
        return items.isEmpty
            || items.contains { item in
                switch item {
                case .number, .bool: false
                default: true
                }
            }
    }

    // MARK: Arguments

    private mutating func bindArguments(_ given: [String: Given]) throws {
        for parameter in op.parameters where parameter.array == nil {
            guard let value = given[parameter.name] else { continue }
            guard let argument = value.value.argument else {
                var error = EngineError(
                    .argumentType, "The argument is of the wrong type: an argument is no array.",
                    expected: parameter.form, actual: value.value.kind, at: .argument(parameter.name))
                error.op = op.name
                throw FormulaError(.application(error), at: value.place)
            }
            arguments[parameter.name] = argument
            argumentPlaces[parameter.name] = value.place
        }
    }

    // MARK: Arrays

    private mutating func bindArrays(_ given: [String: Given]) throws {
        let parameters = op.arrayParameters
        // What a list of numbers becomes: of the dtype of the first array that it must match, else of the first.
        let plain = parameters.filter { $0.array?.inlineDType == nil }
        let shared = (plain.filter { $0.array?.sharesDType == true } + plain).lazy
            .compactMap { given[$0.name]?.value.firstVariable }.first?.dtype
        for parameter in parameters {
            guard let array = parameter.array, let value = given[parameter.name] else {
                operands.append(.absent)
                continue
            }
            let dtype = array.inlineDType ?? (array.sharesDType ? shared : nil)
            operands.append(try operand(value, array.arity, dtype))
        }
        while case .absent = operands.last { operands.removeLast() }
        // A list that is the only array parameter is the inputs themselves.
        if parameters.count == 1, case .list(let items) = operands.first { operands = items }
    }

    private mutating func operand(
        _ given: Given, _ arity: ArrayParameter.Arity, _ dtype: DType?
    ) throws -> Operand {
        guard arity == .list || arity == .lists else { return try operand(given, dtype) }
        guard case .list(let items) = given.value else {
            throw wrong("\(op.name) takes a list of arrays here.", "a list of arrays", given)
        }
        return .list(
            try items.enumerated().map { index, item in
                let place = index < given.items.count ? given.items[index] : given.place
                return try operand(Given(value: item, place: place), arity == .lists ? .list : .one, dtype)
            })
    }

    /// - Parameter dtype: of an array written out; nil: bool for booleans, else float32.
    private mutating func operand(_ given: Given, _ dtype: DType?) throws -> Operand {
        switch given.value {
        case .none: return .absent
        case .variable(let variable, _):
            operandPlaces.append(given.place)
            elements += variable.size
            return .variable(variable)
        case .number(let number):
            operandPlaces.append(given.place)
            return .number(number)
        case .bool: break
        case .list: if !given.value.isPlainList { throw wrong("A list is no array.", "an array or a number", given) }
        case .string: throw wrong("A string is no array.", "an array or a number", given)
        }
        operandPlaces.append(given.place)
        do {
            let plain = try PlainArray(given.value)
            return .array(try plain.array(dtype ?? (plain.isBool ? .bool : .float32)))
        } catch var error as EngineError {
            error.op = op.name
            throw FormulaError(.application(error), at: given.place)
        }
    }

    private func wrong(_ detail: String, _ expected: String, _ given: Given) -> FormulaError {
        .impossible(detail, expected: expected, actual: given.value.kind, at: given.place, op: op.name)
    }

    /// Applies the op.
    /// - Throws: `FormulaError` at the array or argument that the engine refuses.
    func apply(to graph: Graph) throws -> Results {
        do {
            return try graph.apply(op, operands, arguments)
        } catch let error as EngineError {
            let place: Formula.Place? =
                switch error.place {
                case .input(let index): index < operandPlaces.count ? operandPlaces[index] : nil
                case .argument(let name): argumentPlaces[name]
                case .inputs, .gradOutput, .gradInput, nil: nil
                }
            throw FormulaError(.application(error), at: place ?? self.place, expected: error.expected ?? op.signature)
        }
    }
}
