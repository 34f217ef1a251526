/// The keys that are in force, and whose they are.
final class KeyRing: Sendable {
    private let digests: [KeyDigest]
    private let owners: [Owner]

    init(_ keys: [(digest: KeyDigest, owner: Owner)]) {
        digests = keys.map(\.digest)
        owners = keys.map(\.owner)
    }

    var count: Int { digests.count }

    /// Whose key it is. All keys are looked at, however early one is the same.
    func owner(of key: UnsafeRawBufferPointer) -> Owner? {
        let digest = KeyDigest(of: key)
        // No two are the same.
        var place: UInt = 0
        for index in digests.indices { place |= UInt(index + 1) & digests[index].equality(with: digest) }
        return place == 0 ? nil : owners[Int(place) - 1]
    }
}

/// What a request carries to be let in (RFC 6750, 2.1).
enum Credential {
    case none
    case key(UnsafeRawBufferPointer)
    /// More than one, of which none can be chosen.
    case several

    init(_ request: Request) {
        guard let value = request.fields["authorization"] else {
            self = .none
            return
        }
        let scheme: StaticString = "bearer"
        let end = value.firstIndex(of: Grammar.space) ?? value.count
        let key = value[end...].drop { $0 == Grammar.space }
        if request.fields.count(of: "authorization") > 1 {
            self = .several
        } else if !key.isEmpty, Grammar.matches(UnsafeRawBufferPointer(rebasing: value[..<end]), scheme) {
            self = .key(UnsafeRawBufferPointer(rebasing: key))
        } else {
            self = .none
        }
    }
}
