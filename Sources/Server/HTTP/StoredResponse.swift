import HTTPTypes

/// A response that is kept, so that it can be sent again.
struct StoredResponse: Sendable {
    let status: HTTPResponse.Status
    /// The lines of the fields that not every response has.
    let fields: [UInt8]
    let body: [UInt8]

    /// A body beyond this is not kept.
    static let bodyLimit = 64 * 1024

    init(status: HTTPResponse.Status, fields: [UInt8], body: [UInt8]) {
        (self.status, self.fields) = (status, fields)
        self.body = body.count <= StoredResponse.bodyLimit ? body : Array("{}\n".utf8)
    }

    /// The bytes that it takes up.
    var size: Int { fields.count + body.count }
}
