import Engine

/// JSON text, as any value, as an object, and as an array of each dtype.
enum JSONTarget {
    private static let dtypes = Array(DType.allCases)

    static func run(_ bytes: UnsafeRawBufferPointer) {
        guard let (choice, rest) = bytes.choiceAndRest else { return }
        let text = JSONText(rest)
        let isJSON = (try? JSONValidator.validate(text)) != nil
        if var object = try? JSONObject(body: rest) {
            for name in object.names { precondition(object.take(name) != nil) }
            try? object.finish()
        }
        guard let value = try? JSONValue(text) else { return precondition(!isJSON, "JSON that is not read") }
        let asString = try? value.string()
        let asScalar = try? value.scalar()
        precondition(!isJSON || !value.isString || asString != nil, "a string that is not read")
        precondition(!isJSON || !value.isNumber || asScalar != nil, "a number that is not read")
        _ = value.beginsWithBool
        let dtype = dtypes[Int(choice) % dtypes.count]
        if let array = try? value.array(dtype) {
            precondition(isJSON, "an array of what is no JSON")
            checkRoundTrip(array)
        }
    }

    /// What is written reads back the same, to the bit; a NaN as some NaN.
    static func checkRoundTrip(_ array: NDArray) {
        // Of no elements, a list does not tell the shape.
        guard array.size > 0 else { return }
        var out = OutputBuffer()
        guard (try? out.append(array)) != nil else { fatalError("an array that is not written") }
        let text = out.unsent
        do {
            let again = try JSONValue(JSONText(text)).array(array.dtype)
            var other = OutputBuffer()
            try other.append(again)
            precondition(again.shape == array.shape && other.unsent.elementsEqual(text))
        } catch {
            fatalError("\(error) in what was written: \(String(decoding: text, as: UTF8.self))")
        }
    }
}
