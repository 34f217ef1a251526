import Engine

/// Reads a formula by precedence climbing, with Python's precedence: comparisons (which do not chain) bind least, then
/// `+ -`, `* / // @`, the signs, and `**`, which groups from the right. Recursion is bounded by
/// `Limits.formulaDepth`.
struct FormulaParser {
    let tokens: [FormulaToken]
    var position = 0
    private let depthLimit: Int
    private var depth = 0
    var formula = Formula()

    /// - Throws: `FormulaError` at the first word that does not fit.
    static func parse(_ text: String, _ limits: Limits = Limits()) throws(FormulaError) -> Formula {
        guard text.utf8.count <= limits.formula else {
            throw .syntax(
                "a formula of at most \(limits.formula) bytes", at: Formula.Place(line: 1, column: 1),
                actual: "\(text.utf8.count) bytes")
        }
        var parser = FormulaParser(tokens: FormulaLexer.tokens(text), depthLimit: limits.formulaDepth)
        try parser.statements()
        return parser.formula
    }

    private init(tokens: [FormulaToken], depthLimit: Int) { (self.tokens, self.depthLimit) = (tokens, depthLimit) }

    // MARK: Words

    /// The word that is next. The last word, `end` or `invalid`, stays the next for ever.
    var token: FormulaToken { tokens[min(position, tokens.count - 1)] }

    func isNext(_ symbol: FormulaSymbol) -> Bool {
        if case .symbol(symbol) = token.kind { true } else { false }
    }

    private var isAtEnd: Bool { if case .end = token.kind { true } else { false } }

    /// Whether a statement may end here.
    private var isAtEndOfStatement: Bool {
        switch token.kind {
        case .end, .newLine, .symbol(.semicolon): true
        default: false
        }
    }

    mutating func take(_ symbol: FormulaSymbol) -> Bool {
        guard isNext(symbol) else { return false }
        position += 1
        return true
    }

    func unexpected(_ expected: String) -> FormulaError {
        // What cannot be read as a word has its own error.
        if case .invalid(let error) = token.kind { return error }
        return .syntax(expected, at: token.place, actual: token.description)
    }

    mutating func expect(_ symbol: FormulaSymbol, _ expected: String) throws(FormulaError) {
        guard take(symbol) else { throw unexpected(expected) }
    }

    private mutating func append(
        _ kind: Formula.Kind, _ place: Formula.Place, start: Formula.Place? = nil
    ) -> Formula.ID {
        formula.nodes.append(Formula.Node(kind: kind, place: place, start: start ?? place))
        return formula.nodes.count - 1
    }

    private func start(_ node: Formula.ID) -> Formula.Place { formula.nodes[node].start }

    /// Reads what stands one level deeper.
    private mutating func nested<R>(
        _ place: Formula.Place, _ read: (inout FormulaParser) throws(FormulaError) -> R
    ) throws(FormulaError) -> R {
        guard depth < depthLimit else {
            throw .syntax("at most \(depthLimit) levels within each other", at: place, actual: "more")
        }
        depth += 1
        defer { depth -= 1 }
        return try read(&self)
    }

    // MARK: Statements

    private mutating func statements() throws(FormulaError) {
        skipSeparators()
        while !isAtEnd {
            if let bare = formula.statements.last, bare.target == nil {
                throw .syntax(
                    "name = …, since only the last statement may stand without a name", at: bare.start,
                    actual: "a bare expression")
            }
            try statement()
            guard isAtEndOfStatement else { throw unexpected("an operator or the end of the statement") }
            skipSeparators()
        }
        if formula.statements.isEmpty { throw unexpected("a statement") }
    }

    private mutating func skipSeparators() {
        while !isAtEnd, isAtEndOfStatement { position += 1 }
    }

    private mutating func statement() throws(FormulaError) {
        let (first, place) = (formula.nodes.count, token.place)
        let node = try expressionList()
        var target: Formula.Target?
        if isNext(.assign) {
            target = try self.target(node)
            // What was read as an expression is a target: there is nothing to evaluate.
            formula.nodes.removeLast(formula.nodes.count - first)
            position += 1
            _ = try expressionList()
        }
        formula.statements.append(
            Formula.Statement(target: target, nodes: first..<formula.nodes.count, start: place))
    }

    /// An expression as what is assigned to. It is as deep as the expression.
    private func target(_ id: Formula.ID) throws(FormulaError) -> Formula.Target {
        let node = formula.nodes[id]
        switch node.kind {
        case .name(let name):
            guard Name.isValid(name) else { throw FormulaError(.badName(name), at: node.place) }
            return .name(name)
        case .sequence(let items, _):
            guard !items.isEmpty else { throw .syntax("a name to assign to", at: node.start, actual: "nothing") }
            var targets: [Formula.Target] = []
            for item in items { targets.append(try target(item)) }
            return .list(targets, node.start)
        default: throw .syntax("a name to assign to", at: node.start, actual: "an expression")
        }
    }

    // MARK: Expressions

    /// An expression, or several with commas between them: a tuple.
    private mutating func expressionList() throws(FormulaError) -> Formula.ID {
        let first = try expression()
        guard isNext(.comma) else { return first }
        var items = [first]
        while take(.comma), !isAtEndOfStatement, !isNext(.assign) { items.append(try expression()) }
        return append(.sequence(items, isTuple: true), start(first))
    }

    mutating func expression() throws(FormulaError) -> Formula.ID { try binary(1) }

    /// An expression of operators that bind at least as tightly as `least`.
    private mutating func binary(_ least: Int) throws(FormulaError) -> Formula.ID {
        var left = try unary()
        while case .symbol(let symbol) = token.kind, let sign = BinaryOperator(rawValue: symbol.rawValue),
            sign != .pow, sign.precedence >= least
        {
            let place = token.place
            position += 1
            let right = try binary(sign.precedence + 1)
            left = append(.binary(sign, left, right), place, start: start(left))
            if sign.isComparison, case .symbol(let next) = token.kind,
                BinaryOperator(rawValue: next.rawValue)?.isComparison == true
            {
                throw unexpected("the end of the comparison, since comparisons do not chain: use parentheses")
            }
        }
        return left
    }

    /// Signs before a power.
    private mutating func unary() throws(FormulaError) -> Formula.ID {
        let place = token.place
        let isNegative = isNext(.minus)
        guard isNegative || isNext(.plus) else { return try power() }
        position += 1
        let operand = try nested(place) { parser throws(FormulaError) in try parser.unary() }
        return append(isNegative ? .negative(operand) : .positive(operand), place)
    }

    private mutating func power() throws(FormulaError) -> Formula.ID {
        let base = try postfix()
        let place = token.place
        guard take(.doubleStar) else { return base }
        let exponent = try nested(place) { parser throws(FormulaError) in try parser.unary() }
        return append(.binary(.pow, base, exponent), place, start: start(base))
    }

    /// A value with the indexes behind it.
    private mutating func postfix() throws(FormulaError) -> Formula.ID {
        var value = try atom()
        while isNext(.openList) {
            let place = token.place
            position += 1
            let items = try nested(place) { parser throws(FormulaError) in try parser.indexItems() }
            value = append(.index(value, items), place, start: start(value))
        }
        return value
    }

    private mutating func atom() throws(FormulaError) -> Formula.ID {
        let token = token
        switch token.kind {
        case .number(let number):
            position += 1
            return append(.number(number), token.place)
        case .string(let text):
            position += 1
            return append(.string(text), token.place)
        case .name(let name):
            position += 1
            return try word(name, token.place)
        case .symbol(.open):
            position += 1
            return try nested(token.place) { parser throws(FormulaError) in try parser.parentheses(token.place) }
        case .symbol(.openList):
            position += 1
            let items = try nested(token.place) { parser throws(FormulaError) in
                try parser.items(until: .closeList)
            }
            return append(.sequence(items.values, isTuple: false), token.place)
        default: throw unexpected("a value: a name, a number, a string or a bracket")
        }
    }

    /// A word, or an op with its arguments.
    private mutating func word(_ name: String, _ place: Formula.Place) throws(FormulaError) -> Formula.ID {
        switch name {
        case "True": return append(.bool(true), place)
        case "False": return append(.bool(false), place)
        case "None": return append(.none, place)
        default: break
        }
        guard isNext(.open) else { return append(.name(name), place) }
        position += 1
        let arguments = try nested(place) { parser throws(FormulaError) in try parser.callArguments() }
        return append(.call(name, arguments), place)
    }

    /// What stands in parentheses: an expression, or a tuple.
    private mutating func parentheses(_ place: Formula.Place) throws(FormulaError) -> Formula.ID {
        let items = try items(until: .close)
        if items.values.count == 1, !items.endsWithComma { return items.values[0] }
        return append(.sequence(items.values, isTuple: true), place)
    }

    /// Expressions with commas between them, and the bracket that closes.
    private mutating func items(
        until bracket: FormulaSymbol
    ) throws(FormulaError) -> (values: [Formula.ID], endsWithComma: Bool) {
        var values: [Formula.ID] = []
        var endsWithComma = false
        while !take(bracket) {
            if !values.isEmpty, !endsWithComma { throw unexpected("an operator, a comma or \(bracket.rawValue)") }
            values.append(try expression())
            endsWithComma = take(.comma)
        }
        return (values, endsWithComma)
    }
}
