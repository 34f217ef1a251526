// What stands in the brackets of calls and indexes.

extension FormulaParser {
    /// The arguments of a call, and the bracket that closes.
    mutating func callArguments() throws(FormulaError) -> [Formula.CallArgument] {
        var arguments: [Formula.CallArgument] = []
        var keywords = Set<String>()
        while !take(.close) {
            let place = token.place
            if case .name(let keyword) = token.kind, position + 1 < tokens.count,
                case .symbol(.assign) = tokens[position + 1].kind
            {
                guard keywords.insert(keyword).inserted else {
                    throw .syntax("each argument once", at: place, actual: "\(keyword) twice")
                }
                position += 2
                arguments.append(Formula.CallArgument(keyword: keyword, place: place, value: try expression()))
            } else {
                let value = try expression()
                guard keywords.isEmpty else {
                    throw .syntax("keyword=value, as behind another keyword", at: place, actual: "a value by position")
                }
                arguments.append(Formula.CallArgument(keyword: nil, place: place, value: value))
            }
            guard take(.comma) || isNext(.close) else { throw unexpected("an operator, a comma or )") }
        }
        return arguments
    }

    /// The items of an index, and the bracket that closes.
    mutating func indexItems() throws(FormulaError) -> [Formula.IndexItem] {
        var items: [Formula.IndexItem] = []
        var endsWithComma = false
        while items.isEmpty || !isNext(.closeList) {
            items.append(try indexItem())
            endsWithComma = take(.comma)
            guard endsWithComma || isNext(.closeList) else { throw unexpected("an operator, a colon, a comma or ]") }
        }
        try expect(.closeList, "]")
        // A tuple in parentheses is the index itself, as in Python.
        if items.count == 1, !endsWithComma, case .value(let id) = items[0], id == formula.nodes.count - 1,
            case .sequence(let values, isTuple: true) = formula.nodes[id].kind
        {
            formula.nodes.removeLast()
            return values.map { .value($0) }
        }
        return items
    }

    private mutating func indexItem() throws(FormulaError) -> Formula.IndexItem {
        if take(.ellipsis) { return .ellipsis }
        let start = isNext(.colon) ? nil : try expression()
        guard take(.colon) else {
            guard let start else { throw unexpected("an index") }
            return .value(start)
        }
        let stop = try bound()
        return .slice(start: start, stop: stop, step: take(.colon) ? try bound() : nil)
    }

    /// A bound of a slice, or nothing.
    private mutating func bound() throws(FormulaError) -> Formula.ID? {
        isNext(.colon) || isNext(.comma) || isNext(.closeList) ? nil : try expression()
    }
}
