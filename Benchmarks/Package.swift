// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that the service depends on nothing that only measuring needs.
#if arch(x86_64)
    let march = Context.environment["GRADD_MARCH"] ?? "native"
    let settings: [SwiftSetting] = [.unsafeFlags(["-Xcc", "-march=\(march)", "-enforce-exclusivity=unchecked"])]
#else
    let settings: [SwiftSetting] = [.unsafeFlags(["-enforce-exclusivity=unchecked"])]
#endif

let package = Package(
    name: "Benchmarks",
    platforms: [.macOS("26.0")],
    dependencies: [
        .package(name: "gradd", path: ".."),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
    ],
    targets: [
        // Its folders JSON and HTTP are links to the server's own sources, which are no library: what is measured is
        // what the service is made of, built with the same flags.
        .executableTarget(
            name: "InProcess",
            dependencies: [
                "CMalloc", .product(name: "Engine", package: "gradd"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: settings),
        .systemLibrary(name: "CMalloc", path: "Sources/CMalloc"),
        .executableTarget(
            name: "HummingbirdPeer", dependencies: [.product(name: "Hummingbird", package: "hummingbird")],
            path: "Peers/Hummingbird"),
        .executableTarget(name: "Limit", path: "Peers/Limit"),
    ],
    swiftLanguageModes: [.v6]
)
