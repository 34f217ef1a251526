import ArgumentParser
import Crypto
import Foundation

/// `gradd key NAME`: makes a key.
struct KeyCommand: ParsableCommand {
    static let name = "key"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Makes a key, and its line for the file of --api-keys.",
        discussion: """
            The first line that it prints is the key, for whoever is to have it: it is shown this once, and kept nowhere. \
            The second goes into the file.
            """)

    @Argument(help: "Whose key it is; a name may have several.")
    var name: String

    func validate() throws {
        guard Name.isValid(name) else { throw ValidationError("A name is \(Name.form).") }
    }

    func run() {
        let key = KeyCommand.makeKey()
        var bytes = key
        let digest = bytes.withUTF8 { KeyDigest(of: UnsafeRawBufferPointer($0)) }
        print("\(key)\n\(name):\(digest.hex)")
    }

    /// 256 random bits in base64 for URLs (RFC 4648, 5): 43 characters.
    private static func makeKey() -> String {
        SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }.base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
