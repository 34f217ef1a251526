/// The gradient of one input, or nil where there is none; of the input's shape, or one that sums to it.
public typealias Pullback = () throws -> Variable?

/// A formula that several pullbacks share: computed when the first of them is called.
func once<Value>(_ formula: @escaping () throws -> Value) -> () throws -> Value {
    var value: Value?
    return {
        if let value { return value }
        let computed = try formula()
        value = computed
        return computed
    }
}
