// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that nobody who depends on Pinwheel builds benchmarks. It sees what every other package
// sees: products. Without the default trait no further package is checked out.
let package = Package(
  name: "pinwheel-benchmarks",
  dependencies: [
    .package(name: "pinwheel", path: "..", traits: [])
  ],
  targets: [
    .executableTarget(
      name: "fork-cost",
      dependencies: [
        .product(name: "Pinwheel", package: "pinwheel"),
        .product(name: "PinwheelWorkloads", package: "pinwheel"),
      ], swiftSettings: [.treatAllWarnings(as: .error)]),
    .executableTarget(
      name: "operations", dependencies: [.product(name: "Pinwheel", package: "pinwheel")],
      swiftSettings: [.treatAllWarnings(as: .error)]),
  ],
  swiftLanguageModes: [.v6]
)
