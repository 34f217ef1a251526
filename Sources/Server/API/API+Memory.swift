import Engine

/// Bodies that are received count as arrays do.
extension API {
    func reserve(bytes: Int) -> Bool { (try? owners.account.charge(bytes: bytes)) != nil }

    func release(bytes: Int) { owners.account.repay(bytes: bytes) }
}
