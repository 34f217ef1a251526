// swift-tools-version: 6.1
import PackageDescription

// The service is built where it runs, so for the processor that it runs on: without a target flag Swift's fused
// multiply-add is a library call. GRADD_MARCH=x86-64-v3 builds the portable one.
#if arch(x86_64)
    let march = Context.environment["GRADD_MARCH"] ?? "native"
    let processor: [SwiftSetting] = [.unsafeFlags(["-Xcc", "-march=\(march)"])]
#else
    let processor: [SwiftSetting] = []
#endif
// Debug builds, which the tests run in, check at run time that no memory is changed while it is read; the service does
// not pay for it again.
let settings = processor + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

let package = Package(
    name: "gradd",
    platforms: [.macOS("26.0")],
    products: [
        .executable(name: "gradd", targets: ["Server"]),
        .library(name: "Engine", targets: ["Engine"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-numerics", exact: "1.1.1"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    ],
    targets: [
        // What -march says, as constants, and functions of the C library: headers only.
        .systemLibrary(name: "Processor", path: "Sources/Processor"),
        .target(
            name: "Engine",
            dependencies: [
                "Processor",
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "RealModule", package: "swift-numerics"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "Server",
            dependencies: [
                "Engine",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .target(name: "TestSupport", path: "Tests/TestSupport"),
        // libcurl-dev is needed by tests only: nothing that the service is made of depends on this.
        .systemLibrary(name: "CCurl", path: "Tests/CCurl"),
        .testTarget(name: "EngineTests", dependencies: ["Engine", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "Server", "CCurl", "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
