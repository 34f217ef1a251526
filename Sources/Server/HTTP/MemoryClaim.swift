/// What a connection's input buffer takes of the service's memory, where a body made it large.
struct MemoryClaim {
    private var bytes = 0

    /// Takes as much as the buffer's capacity; less than before is never refused.
    /// - Returns: whether there is room for it.
    @discardableResult
    mutating func take(_ capacity: Int, of handler: any RequestHandler) -> Bool {
        let wanted = capacity > InputBuffer.keptCapacity ? capacity : 0
        guard wanted != bytes else { return true }
        if wanted > bytes {
            guard handler.reserve(bytes: wanted - bytes) else { return false }
        } else {
            handler.release(bytes: bytes - wanted)
        }
        bytes = wanted
        return true
    }
}
