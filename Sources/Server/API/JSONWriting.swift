import Engine

extension OutputBuffer {
    /// Items with commas between them.
    mutating func append<S: Sequence>(
        list items: S, _ open: StaticString, _ close: StaticString,
        _ write: (inout OutputBuffer, S.Element) throws -> Void
    ) rethrows {
        append(open)
        var isFirst = true
        for item in items {
            if !isFirst { append(UInt8(ascii: ",")) }
            isFirst = false
            try write(&self, item)
        }
        append(close)
    }

    mutating func append(shape: [Int]) {
        append(list: shape, "[", "]") { $0.append(decimal: $1) }
    }

    mutating func append(number: Double) {
        advance(NumberWriter.write(number, to: reserve(NumberWriter.maximumLength)))
    }

    mutating func append(_ argument: Argument) {
        switch argument {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false" as StaticString)
        case .int(let value): append(decimal: Int(value))
        case .real(let value): append(number: value)
        case .string(let text): append(jsonString: text)
        case .list(let items): append(list: items, "[", "]") { $0.append($1) }
        }
    }

    /// An array in the form that was asked for, or null.
    mutating func append(_ array: NDArray?, _ form: Representation.ArrayForm) throws {
        guard let array else { return append("null") }
        if form == .nested { return try append(array) }
        append("{\"shape\":")
        append(shape: array.shape)
        append(",\"dtype\":\"")
        append(array.dtype.rawValue)
        append("\"")
        switch form {
        case .flat:
            append(",\"data\":")
            try append(array.flattened)
        case .base64:
            append(",\"base64\":\"")
            append(base64: array)
            append("\"")
        case .nested, .none: break
        }
        append("}")
    }
}

extension OutputBuffer {
    /// A variable as the wire shows it.
    mutating func append(variable: Variable, _ form: Representation.ArrayForm, showsName: Bool = true) throws {
        guard let node = variable.node else { throw Problem.fault("A variable without a node has a name.") }
        append("{")
        if showsName {
            append("\"name\":")
            append(jsonString: node.name ?? "")
            append(",")
        }
        append("\"shape\":")
        append(shape: variable.shape)
        append(",\"dtype\":\"")
        append(variable.dtype.rawValue)
        append(node.requiresGrad ? "\",\"requires_grad\":true" : "\",\"requires_grad\":false")
        if form != .none {
            append(",\"data\":")
            try append(variable.array, form)
            append(",\"grad\":")
            try append(node.grad?.array, form)
        }
        append(",\"creator\":")
        if let call = node.call { append(creator: call) } else { append("null") }
        append("}")
    }

    /// `{"op", "inputs", "args"}`: each input the name bound to it now, its number, or null.
    private mutating func append(creator call: FunctionCall) {
        append("{\"op\":")
        append(jsonString: call.op.name)
        append(",\"inputs\":")
        var arrays: [Slot] = []
        var arguments: [(String, Argument)] = []
        for (parameter, slot) in zip(call.op.parameters, call.slots) {
            if case .argument(let argument) = slot {
                arguments.append((parameter.name, argument))
            } else if parameter.array == nil {
                // An argument that is null by default.
                arguments.append((parameter.name, .null))
            } else {
                arrays.append(slot)
            }
        }
        // A list that is the only array parameter is the inputs themselves, as in a request.
        if arrays.count == 1, case .list(let items) = arrays[0] { arrays = items }
        while case .absent = arrays.last { arrays.removeLast() }
        let parameters = call.op.arrayParameters
        if parameters.count > 1, arrays.contains(where: { if case .list = $0 { true } else { false } }) {
            // Lists among several arrays are given by name, as in a request.
            append(list: zip(parameters, arrays), "{", "}") { out, item in
                out.append(jsonString: item.0.name)
                out.append(UInt8(ascii: ":"))
                out.append(slot: item.1, call.inputs)
            }
        } else {
            append(list: arrays, "[", "]") { $0.append(slot: $1, call.inputs) }
        }
        append(",\"args\":")
        append(list: arguments, "{", "}") { out, item in
            out.append(jsonString: item.0)
            out.append(UInt8(ascii: ":"))
            out.append(item.1)
        }
        append("}")
    }

    private mutating func append(slot: Slot, _ inputs: [VariableNode]) {
        switch slot {
        case .absent, .argument: append("null")
        case .list(let items): append(list: items, "[", "]") { $0.append(slot: $1, inputs) }
        case .input(let index):
            let node = inputs[index]
            if let name = node.name {
                append(jsonString: name)
            } else {
                switch node.number {
                case .int(let value): append(decimal: Int(value))
                case .real(let value): append(number: value)
                case nil: append("null")
                }
            }
        }
    }

    /// Results nested as the op gives them.
    mutating func append(results: Results, _ form: Representation.ArrayForm) throws {
        switch results {
        case .one(let variable): try append(variable: variable, form)
        case .list(let items): try append(list: items, "[", "]") { try $0.append(results: $1, form) }
        case .none: append("null")
        }
    }

    mutating func append(_ name: StaticString, _ value: Int) {
        append(name)
        append(decimal: value)
    }
}
