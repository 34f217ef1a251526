// swift-tools-version: 6.1
import PackageDescription

// A package of its own, since all of it is built with libFuzzer and the address sanitizer: ./run says how. Which versions
// of the packages are taken is the service's choice.
let package = Package(
    name: "Fuzz",
    platforms: [.macOS("26.0")],
    dependencies: [
        .package(name: "gradd", path: "../.."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.0.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.0.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.0.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.0.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.0.0"),
    ],
    targets: [
        // Its folder Server is a link to the server's own sources, which are no library: all but the program.
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                .product(name: "Engine", package: "gradd"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["Server/Gradd.swift", "Server/ServeOptions.swift", "Server/Service.swift"])
    ],
    swiftLanguageModes: [.v6]
)
