// swift-tools-version: 6.2
import PackageDescription

// What cannot be measured from outside: appends by the library beside raw commits of LMDB. The rest is in compare.py.
let package = Package(
  name: "InstarBenchmarks",
  platforms: [.macOS(.v26)],
  products: [.executable(name: "InstarBenchmarks", targets: ["InstarBenchmarks"])],
  dependencies: [.package(name: "Instar", path: "..")],
  targets: [
    .systemLibrary(
      name: "CBenchmarkLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"]), .brew(["lmdb"])]),
    .executableTarget(
      name: "InstarBenchmarks", dependencies: ["CBenchmarkLMDB", .product(name: "Instar", package: "Instar")]),
  ],
  swiftLanguageModes: [.v6]
)
