/// An object of a body while it is decoded: members are taken by name, and what is left at the end is refused.
struct JSONObject {
    private var value: JSONValue?
    private var members: [(key: JSONValue, name: String, value: JSONValue, isTaken: Bool)] = []
    /// Places by name, where there are more than a look at each would find fast.
    private var places: [String: Int] = [:]
    /// The names that were asked for: those that are known.
    private var known: [String] = []

    /// The empty object.
    private init() { value = nil }

    /// - Throws: `JSONError` where it is no object, or a key comes twice.
    init(_ value: JSONValue, _ expected: String = "an object") throws(JSONError) {
        self.value = value
        for (key, value) in try value.members(expected) {
            let name = try key.string()
            if members.count == JSONObject.fewMembers {
                for (place, member) in members.enumerated() { places[member.name] = place }
            }
            guard place(name) == nil else { throw JSONError(kind: .duplicateKey(name), offset: key.offset) }
            if !places.isEmpty { places[name] = members.count }
            members.append((key, name, value, false))
        }
    }

    /// The object that a body is; an empty body is an empty object.
    init(body text: JSONText) throws(JSONError) {
        if text.skipWhiteSpace(0) < text.count {
            try self.init(try JSONValue(text))
        } else {
            self.init()
        }
    }

    var names: [String] { members.map(\.name) }

    /// All members, where their names are the caller's.
    var entries: [(key: JSONValue, value: JSONValue)] { members.map { ($0.key, $0.value) } }

    /// Looks at a member without taking it.
    func value(_ name: String) -> JSONValue? { place(name).map { members[$0].value } }

    private static let fewMembers = 16

    private func place(_ name: String) -> Int? {
        places.isEmpty ? members.firstIndex { $0.name == name } : places[name]
    }
    var offset: Int { value?.offset ?? 0 }

    /// Takes a member; nil where it is not there.
    mutating func take(_ name: String) -> JSONValue? {
        known.append(name)
        guard let index = place(name) else { return nil }
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
