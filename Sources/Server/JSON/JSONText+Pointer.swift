extension JSONText {
    /// The JSON Pointer (RFC 6901) of the innermost value that an offset lies in. Only for errors: it reads the text
    /// from its start.
    func pointer(to offset: Int) -> String {
        var pointer = ""
        guard var value = try? JSONValue(self) else { return pointer }
        descent: while true {
            if value.isObject, let members = try? value.members() {
                for (key, member) in members where key.range.contains(offset) || member.range.contains(offset) {
                    guard let name = try? key.string() else { return pointer }
                    pointer += "/" + JSONText.escape(name)
                    // A key is told by its member.
                    if key.range.contains(offset) { return pointer }
                    value = member
                    continue descent
                }
            } else if value.isList, let items = try? value.list() {
                for (index, item) in items.enumerated() where item.range.contains(offset) {
                    pointer += "/\(index)"
                    value = item
                    continue descent
                }
            }
            return pointer
        }
    }

    /// A key as a part of a pointer.
    static func escape(_ key: String) -> String {
        key.contains(where: { $0 == "~" || $0 == "/" })
            ? key.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0")
                .split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1") : key
    }
}
