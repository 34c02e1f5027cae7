import Testing

@testable import PinwheelTopology

/// How large a description is before hwloc has read it.
@Suite("Sizes of synthetic machines")
struct SyntheticSizeTests {
  @Test(
    "counts are multiplied, attributes and memory are not",
    arguments: [
      ("pu:1", 1), ("package:2 core:4 pu:2", 16), ("2 3 4", 24), ("machine:2(memory=1GB) pu:3", 6),
      ("package:2 [numa(memory=64GiB)] l3:2(size=32MiB) core:1 pu:2", 8), ("core:x pu:2", 2),
      ("core:2 pu:2(indexes=0,2,1,3)", 4), ("(memory=5 [x 7]) pu:2", 2), ("", 1),
      ("99999999999999999999 9", .max), ("4294967296 4294967296", .max),
    ] as [(String, Int)])
  func cpus(description: String, expected: Int) {
    #expect(SyntheticSize(description).cpus == expected)
  }

  @Test("many in a row are refused earlier than many in groups")
  func bounds() {
    for large in ["core:4097", "package:257 core:16", "package:128 core:128 pu:2"] {
      #expect(SyntheticSize(large).isTooLarge, "\(large)")
    }
    for small in ["core:4096", "package:2 core:1500 pu:1", "package:128 core:64 pu:2", "package:256 core:64"] {
      #expect(!SyntheticSize(small).isTooLarge, "\(small)")
    }
  }
}
