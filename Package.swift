// swift-tools-version: 6.2
import PackageDescription

// Layers, bottom up; a target imports lower layers only (docs/architecture.md, checked by a test).
let numbers: [SwiftSetting] = [.enableExperimentalFeature("Lifetimes"), .strictMemorySafety()]

let layered: [SwiftSetting] = [.enableUpcomingFeature("InternalImportsByDefault")]

let package = Package(
  name: "Instar",
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "Instar", targets: ["Instar"]),
    .library(name: "InstarEncryption", targets: ["InstarEncryption"]),
    .executable(name: "instar", targets: ["InstarShell"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
  ],
  targets: [
    // 1: language, numbers, disk
    .systemLibrary(
      name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"]), .brew(["lmdb"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .target(name: "InstarSyntax"),
    .target(name: "InstarColumns", swiftSettings: numbers),
    .target(name: "InstarCalendar"),

    // 2: plan, kernels, store, import
    .target(name: "InstarPlan", dependencies: ["InstarSyntax", "InstarColumns", "InstarCalendar"]),
    .target(name: "InstarBehavior", dependencies: ["InstarCalendar"]),
    .target(name: "InstarModels", dependencies: ["InstarColumns"]),
    .target(name: "InstarImport", dependencies: ["CZlib", "InstarColumns", "InstarCalendar"]),
    .target(
      name: "InstarStorage", dependencies: ["CLMDB", "InstarColumns"], swiftSettings: numbers),

    // 3: operators
    .target(
      name: "InstarExecution",
      dependencies: ["InstarPlan", "InstarBehavior", "InstarModels", "InstarImport", "InstarStorage"],
      swiftSettings: layered),

    // 4: rendering and the public library
    .target(name: "InstarRendering", dependencies: ["InstarColumns", "InstarCalendar"]),
    .target(name: "Instar", dependencies: ["InstarExecution", "InstarRendering"]),

    // 5: keys of encrypted stores, for those who want them; the shell
    .target(
      name: "InstarEncryption",
      dependencies: [
        "Instar", "InstarStorage",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
      ]),
    .systemLibrary(
      name: "CEdit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"]), .brew(["libedit"])]),
    .target(name: "CLineEditor", dependencies: ["CEdit"]),
    .executableTarget(
      name: "InstarShell",
      dependencies: [
        "Instar", "InstarEncryption", "CLineEditor",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // What tests of several targets share: other processes, temporary files, seeded numbers.
    .target(name: "InstarTestSupport", path: "Tests/InstarTestSupport"),
    .testTarget(name: "InstarSyntaxTests", dependencies: ["InstarSyntax"], exclude: ["Fixtures"]),
    .testTarget(name: "InstarColumnsTests", dependencies: ["InstarColumns"]),
    .testTarget(name: "InstarCalendarTests", dependencies: ["InstarCalendar"]),
    .testTarget(name: "InstarPlanTests", dependencies: ["InstarPlan"]),
    .testTarget(name: "InstarBehaviorTests", dependencies: ["InstarBehavior"]),
    .testTarget(name: "InstarModelsTests", dependencies: ["InstarModels"]),
    .testTarget(name: "InstarImportTests", dependencies: ["InstarImport"]),
    .testTarget(name: "InstarStorageTests", dependencies: ["InstarStorage", "InstarTestSupport"]),
    .systemLibrary(
      name: "CSQLite", path: "Tests/CSQLite", pkgConfig: "sqlite3",
      providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]),
    .testTarget(name: "InstarExecutionTests", dependencies: ["InstarExecution", "CSQLite"]),
    .testTarget(name: "InstarRenderingTests", dependencies: ["InstarRendering"]),
    .testTarget(name: "InstarTests", dependencies: ["Instar"]),
    .testTarget(
      name: "InstarTrustTests",
      dependencies: ["Instar", "InstarExecution", "InstarStorage", "InstarTestSupport", "CZlib"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "InstarEncryptionTests",
      dependencies: ["CLMDB", "Instar", "InstarColumns", "InstarEncryption", "InstarStorage", "InstarTestSupport"]),
    .testTarget(name: "InstarTidyTests", dependencies: ["InstarSyntax"]),
  ],
  swiftLanguageModes: [.v6]
)
