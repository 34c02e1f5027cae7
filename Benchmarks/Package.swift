// swift-tools-version: 6.2
import PackageDescription

// Every function begins a cache line, in all peers: where a short recursive one happens to begin otherwise decides a third
// of its time, and changes with any edit elsewhere.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error), .unsafeFlags(["-Xllvm", "-align-all-functions=6"]),
]
let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let pinwheel = Target.Dependency.product(name: "Pinwheel", package: "pinwheel")
let workloads = Target.Dependency.product(name: "PinwheelWorkloads", package: "pinwheel")

/// One runtime's peer: the families of PeerKit over that runtime, nothing else.
func peer(_ name: String, over runtime: [Target.Dependency] = []) -> Target {
  .executableTarget(name: name, dependencies: ["PeerKit"] + runtime, swiftSettings: strict)
}

// A package of its own, so that nobody who depends on Pinwheel builds benchmarks. It sees what every other package
// sees: products. Without the default trait the library itself checks no further package out.
let package = Package(
  name: "pinwheel-benchmarks",
  traits: [
    .trait(name: "NIO", description: "The peer over SwiftNIO's thread pool: most of what there is to compile."),
    .default(enabledTraits: ["NIO"]),
  ],
  dependencies: [
    .package(name: "pinwheel", path: "..", traits: []),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
  ],
  targets: [
    .executableTarget(name: "fork-cost", dependencies: [pinwheel, workloads], swiftSettings: strict),
    .executableTarget(name: "operations", dependencies: [pinwheel, "CBenchmarkSystem"], swiftSettings: strict),
    .executableTarget(name: "changes", dependencies: [pinwheel, "CBenchmarkSystem"], swiftSettings: strict),

    .executableTarget(
      name: "balance", dependencies: [pinwheel, "PeerKit", "CBenchmarkSystem"], swiftSettings: strict),

    // The comparison of runtimes: what a peer is, the peers in Swift, and who asks them.
    .target(name: "CBenchmarkSystem", path: "CSources/CBenchmarkSystem", cSettings: strictC),
    .systemLibrary(
      name: "CTreeHash", path: "CSources/CTreeHash", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
    .target(name: "PeerProtocol", swiftSettings: strict),
    .target(name: "PeerKit", dependencies: ["PeerProtocol", "CBenchmarkSystem", "CTreeHash"], swiftSettings: strict),
    peer("peer-pinwheel", over: [pinwheel]),
    peer("peer-dispatch"),
    peer("peer-taskgroup"),
    peer("peer-nio", over: [.product(name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["NIO"]))]),
    .target(
      name: "PeerComparison", dependencies: ["PeerProtocol", "CBenchmarkSystem", pinwheel, workloads],
      swiftSettings: strict),
    .executableTarget(
      name: "peers", dependencies: ["PeerComparison", argumentParser], swiftSettings: strict),
    .testTarget(
      name: "PeerComparisonTests", dependencies: ["PeerComparison", "PeerKit", "PeerProtocol"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
