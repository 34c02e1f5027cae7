// swift-tools-version: 6.2
import PackageDescription

// Documentation is built with a plugin that an app never needs, so it is only a dependency when asked for.
let buildsDocumentation = Context.environment["PINWHEEL_DOCUMENTATION"] != nil

/// Builds do not notice that a C header has changed whose inline functions a Swift module has compiled into it. They notice
/// this: the number is that of the layout (CSources/CPinwheel/include/pw_slot.h), and changes with it.
let layout = SwiftSetting.define("PINWHEEL_LAYOUT_3")
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error), layout]
let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

/// What only the tools need: an app that says `traits: []` checks none of it out.
let tools: TargetDependencyCondition? = .when(traits: ["Tools"])
/// For apps that want the pool's line in their log, and not the tools.
let logging: TargetDependencyCondition? = .when(traits: ["Logging"])

let package = Package(
  name: "pinwheel",
  products: [
    .library(name: "Pinwheel", targets: ["Pinwheel"]),
    .library(name: "PinwheelTopology", targets: ["PinwheelTopology"]),
    // The core alone, for targets in C and C++; no stable interface.
    .library(name: "CPinwheel", targets: ["CPinwheel"]),
    .library(name: "PinwheelConfiguration", targets: ["PinwheelConfiguration"]),
    .library(name: "PinwheelLogging", targets: ["PinwheelLogging"]),
    .library(name: "PinwheelWorkloads", targets: ["PinwheelWorkloads"]),
    .executable(name: "pinwheel", targets: ["PinwheelTool"]),
    .executable(name: "pinwheel-stress", targets: ["PinwheelStress"]),
  ],
  traits: [
    .trait(
      name: "Tools",
      description: "The command line tool and configuration files: swift-configuration, Yams, swift-argument-parser."),
    .trait(name: "Logging", description: "A pool's start and warnings in swift-log: the product PinwheelLogging."),
    .default(enabledTraits: ["Tools", "Logging"]),
  ],
  dependencies: [
    .package(
      url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: [.defaults, "CommandLineArguments"]),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
  ],
  targets: [
    // C: system libraries, then the lock-free core.
    .systemLibrary(
      name: "CAtomicOps", path: "CSources/CAtomicOps", pkgConfig: "atomic_ops",
      providers: [.apt(["libatomic-ops-dev"])]),
    .systemLibrary(
      name: "CHwloc", path: "CSources/CHwloc", pkgConfig: "hwloc", providers: [.apt(["libhwloc-dev"])]),
    .target(
      name: "CPinwheel", dependencies: ["CAtomicOps"], path: "CSources/CPinwheel", exclude: ["README.md", "ORDERS.md"],
      cSettings: strictC),

    // Swift: topology (values), the pool, and what hangs on the Tools trait.
    .target(name: "PinwheelTopology", dependencies: ["CHwloc"], swiftSettings: strict),
    // Pictures of machines, as text and as SVG: for the tool, and for nobody who links the pool.
    .target(name: "PinwheelDrawing", dependencies: ["PinwheelTopology"], swiftSettings: strict),
    .target(name: "Pinwheel", dependencies: ["CPinwheel", "PinwheelTopology"], swiftSettings: strict),
    .target(
      name: "PinwheelConfiguration",
      dependencies: [
        "Pinwheel", "PinwheelTopology",
        .product(name: "Configuration", package: "swift-configuration", condition: tools),
        .product(name: "Yams", package: "Yams", condition: tools),
      ], swiftSettings: strict),
    .target(
      name: "PinwheelLogging",
      dependencies: ["Pinwheel", .product(name: "Logging", package: "swift-log", condition: logging)],
      swiftSettings: strict),
    .target(
      name: "PinwheelWorkloads", dependencies: ["Pinwheel", "PinwheelTopology"], swiftSettings: strict),
    .executableTarget(
      name: "PinwheelTool",
      dependencies: [
        "Pinwheel", "PinwheelConfiguration", "PinwheelDrawing", "PinwheelTopology", "PinwheelWorkloads",
        .product(name: "ArgumentParser", package: "swift-argument-parser", condition: tools),
      ], swiftSettings: strict),

    // Tests, and the explorer: the shipped C core compiled again onto a one-thread simulator.
    .target(
      name: "CPinwheelExplorer", dependencies: ["CAtomicOps"], path: "Tests/CPinwheelExplorer",
      cSettings: strictC),
    .testTarget(
      name: "PinwheelCoreTests", dependencies: ["CPinwheel", "CPinwheelExplorer"], swiftSettings: strict),
    .testTarget(
      name: "PinwheelTopologyTests", dependencies: ["PinwheelTopology"], resources: [.copy("Fixtures")],
      swiftSettings: strict),
    .testTarget(
      name: "PinwheelDrawingTests", dependencies: ["PinwheelDrawing", "PinwheelTopology"], swiftSettings: strict),
    .testTarget(
      name: "PinwheelTests", dependencies: ["Pinwheel", "CPinwheel", "PinwheelProbe"], swiftSettings: strict),
    // What tests look at in a process of its own: limits, fork, CPU time, allocations.
    .target(
      name: "CPinwheelProbe", dependencies: ["CPinwheel"], path: "Tests/CPinwheelProbe", cSettings: strictC),
    .executableTarget(
      name: "PinwheelProbe", dependencies: ["Pinwheel", "PinwheelTopology", "CPinwheel", "CPinwheelProbe"],
      path: "Tests/PinwheelProbe", swiftSettings: strict),
    // Random programs against a serial model of them, for soaking and sanitizers: nothing but the pool, so that it builds fast.
    .target(name: "CPinwheelStress", path: "Tests/CPinwheelStress", cSettings: strictC),
    .executableTarget(
      name: "PinwheelStress", dependencies: ["Pinwheel", "CPinwheelStress"], path: "Tests/PinwheelStress",
      swiftSettings: strict),
    .testTarget(
      name: "PinwheelConfigurationTests",
      dependencies: [
        "PinwheelConfiguration", "Pinwheel", "PinwheelTopology",
        .product(name: "Configuration", package: "swift-configuration", condition: tools),
      ], swiftSettings: strict),
    .testTarget(
      name: "PinwheelLoggingTests",
      dependencies: [
        "PinwheelLogging", "Pinwheel", .product(name: "Logging", package: "swift-log", condition: logging),
      ], swiftSettings: strict),
    .testTarget(
      name: "PinwheelWorkloadsTests", dependencies: ["PinwheelWorkloads", "Pinwheel"], swiftSettings: strict),
    .testTarget(
      name: "PinwheelToolTests", dependencies: ["PinwheelTool"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)

if buildsDocumentation {
  package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}
