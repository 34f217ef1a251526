import Foundation

/// The file of `--api-keys`: a line `name:sha256-of-key` for each key; empty lines and those that start with # are
/// skipped. A name with several keys is one owner, so that a key can be changed while both are in use.
struct KeyFile: Sendable {
    let path: String

    struct Line: Sendable {
        let name: String
        let digest: KeyDigest
    }

    /// What is wrong with a file. It quotes nothing: what stands in a wrong place may be a key.
    struct Damage: Error, CustomStringConvertible {
        let description: String
    }

    /// The keys in the file.
    /// - Throws: `Damage`.
    func read() throws(Damage) -> [Line] {
        let data: Data
        do { data = try Data(contentsOf: URL(filePath: path)) } catch {
            throw Damage(description: "--api-keys: \(path) cannot be read; is it there, and readable for the service?")
        }
        guard let text = String(validating: data, as: UTF8.self) else { throw damage("is not text in UTF-8") }
        var (lines, seen) = ([Line](), Set<KeyDigest>())
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.isEmpty || line.hasPrefix("#") { continue }
            let parts = line.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, Name.isValid(String(parts[0])), let digest = KeyDigest(hex: parts[1]) else {
                throw damage(
                    "line \(index + 1) is not a name, a colon and the 64 hexadecimal digits of a key's SHA-256, as gradd"
                        + " key NAME prints it")
            }
            guard seen.insert(digest).inserted else { throw damage("line \(index + 1) has the key of a line above it") }
            lines.append(Line(name: String(parts[0]), digest: digest))
        }
        // One that is cut off must not shut everybody out.
        guard !lines.isEmpty else { throw damage("has no key; gradd key NAME makes one") }
        return lines
    }

    private func damage(_ what: String) -> Damage { Damage(description: "--api-keys: \(path): \(what)") }
}
