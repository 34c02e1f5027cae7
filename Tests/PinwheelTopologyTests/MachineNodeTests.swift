import Foundation
import Testing

@testable import PinwheelTopology

@Suite("A machine's tree")
struct MachineNodeTests {
  /// One line a node, indented by depth.
  func outline(_ node: MachineNode, depth: Int = 0) -> [String] {
    let indent = String(repeating: "  ", count: depth)
    return ["\(indent)\(node.label) [\(node.cpus)]"] + node.children.flatMap { outline($0, depth: depth + 1) }
  }

  @Test("has memory before CPUs, labels, and the CPUs of each node")
  func tree() throws {
    let machine = try Machine(synthetic: "package:2 [numa(memory=3GB)] l3:1(size=1536KiB) core:2 pu:1")
    #expect(
      outline(machine.tree) == [
        "Machine [0-3]",
        "  Package 0 [0-1]",
        "    NUMA node 0, 2.7 GiB [0-1]",
        "    L3 1.5 MiB [0-1]",
        "      Core 0 [0]",
        "        CPU 0 [0]",
        "      Core 1 [1]",
        "        CPU 1 [1]",
        "  Package 1 [2-3]",
        "    NUMA node 1, 2.7 GiB [2-3]",
        "    L3 1.5 MiB [2-3]",
        "      Core 2 [2]",
        "        CPU 2 [2]",
        "      Core 3 [3]",
        "        CPU 3 [3]",
      ])
  }

  @Test("names groups by what they are")
  func groups() throws {
    let tree = try recorded("20s390-2g6s4c").tree
    #expect(tree.children.map(\.label) == ["NUMA node 0, 1.9 GiB", "Drawer", "Drawer"])
    #expect(tree.children[1].children.map(\.label) == ["Book", "Book"])
    #expect(tree.children[1].kind == "Group")
  }

  @Test("keeps memory that has no CPUs")
  func memoryOnly() throws {
    let tree = try recorded("16amd64-8n2c-cpusets").tree
    let memoryOnly = tree.children.filter(\.cpus.isEmpty)
    #expect(memoryOnly.map { $0.children.map(\.osIndex) } == [[4]])
  }

  @Test(
    "prints sizes in binary units",
    arguments: [
      (0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (33_554_432, "32 MiB"), (1_047_552, "1023 KiB"),
      (UInt64.max, "15.9 EiB"),
    ] as [(UInt64, String)])
  func sizes(bytes: UInt64, text: String) {
    #expect(MachineNode.binarySize(bytes) == text)
  }

  @Test("survives JSON")
  func coding() throws {
    let tree = try recorded("fakeheterocpunuma").tree
    #expect(try JSONDecoder().decode(MachineNode.self, from: JSONEncoder().encode(tree)) == tree)
  }
}
