/// An object of a body while it is decoded: members are taken by name, and what is left at the end is refused.
struct JSONObject {
    private var value: JSONValue?
    private var members: [(key: JSONValue, name: String, value: JSONValue, isTaken: Bool)] = []
    /// The names that were asked for: those that are known.
    private var known: [String] = []

    /// The empty object.
    private init() { value = nil }

    /// - Throws: `JSONError` where it is no object, or a key comes twice.
    init(_ value: JSONValue, _ expected: String = "an object") throws(JSONError) {
        self.value = value
        for (key, value) in try value.members(expected) {
            let name = try key.string()
            if members.contains(where: { $0.name == name }) {
                throw JSONError(kind: .duplicateKey(name), offset: key.offset)
            }
            members.append((key, name, value, false))
        }
    }

    /// The object that a body is; an empty body is an empty object.
    init(body: UnsafeRawBufferPointer) throws(JSONError) {
        let text = JSONText(body)
        if text.skipWhiteSpace(0) < text.count {
            try self.init(try JSONValue(text))
        } else {
            self.init()
        }
    }

    var names: [String] { members.map(\.name) }

    /// Looks at a member without taking it.
    func value(_ name: String) -> JSONValue? { members.first { $0.name == name }?.value }
    var offset: Int { value?.offset ?? 0 }

    /// Takes a member; nil where it is not there.
    mutating func take(_ name: String) -> JSONValue? {
        known.append(name)
        guard let index = members.firstIndex(where: { $0.name == name }) else { return nil }
        members[index].isTaken = true
        return members[index].value
    }

    /// Takes a member that may be left out or null.
    mutating func takeUnlessNull(_ name: String) -> JSONValue? {
        take(name).flatMap { $0.isNull ? nil : $0 }
    }

    /// Takes a member that must be there.
    mutating func require(_ name: String) throws(JSONError) -> JSONValue {
        guard let value = take(name) else { throw JSONError(kind: .missingKey(name), offset: offset) }
        return value
    }

    mutating func bool(_ name: String) throws(JSONError) -> Bool? {
        guard let value = take(name) else { return nil }
        return try value.bool()
    }

    /// Refuses members that nobody took.
    func finish() throws(JSONError) {
        if let left = members.first(where: { !$0.isTaken }) {
            throw JSONError(kind: .unknownKey(left.name, known: known), offset: left.key.offset)
        }
    }
}
