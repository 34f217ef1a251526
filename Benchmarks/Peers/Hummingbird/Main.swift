import Hummingbird
import Logging

/// The smallest reply, `GET /health`, on Hummingbird (SwiftNIO): `HummingbirdPeer PORT`.
@main
enum Main {
    static func main() async throws {
        guard CommandLine.arguments.count == 2, let port = Int(CommandLine.arguments[1]) else {
            fatalError("usage: HummingbirdPeer PORT")
        }
        let router = Router()
        router.get("health") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: "{\"status\":\"ok\"}\n")))
        }
        var logger = Logger(label: "hummingbird")
        logger.logLevel = .warning
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            logger: logger)
        try await application.runService()
    }
}
