import Testing

@testable import PinwheelTopology

/// Trees that no recorded machine has.
@Suite("Handmade machines")
struct HandmadeMachineTests {
  func node(_ kind: String, _ cpus: CPUSet, osIndex: Int? = nil, _ children: [MachineNode] = []) -> MachineNode {
    MachineNode(kind: kind, osIndex: osIndex, label: kind, cpus: cpus, children: children)
  }

  func cpu(_ number: Int) -> MachineNode { node("PU", [number], osIndex: number) }

  func machine(_ tree: MachineNode, kinds: [Machine.CPUKind] = []) -> Machine {
    Machine(source: .real, tree: tree, kinds: kinds)
  }

  @Test("memory behind a memory-side cache counts; of two nodes at one level the first is the normal one")
  func fastMemory() {
    let packages = [0, 1].map { package in
      node(
        "Package", [2 * package, 2 * package + 1], osIndex: package,
        [
          node(
            "MemCache", [2 * package, 2 * package + 1],
            [node("NUMANode", [2 * package, 2 * package + 1], osIndex: package)]),
          node("NUMANode", [2 * package, 2 * package + 1], osIndex: package + 2),
          cpu(2 * package), cpu(2 * package + 1),
        ])
    }
    let machine = machine(node("Machine", [0, 1, 2, 3], packages))
    #expect(machine.cpus.map(\.numaNode) == [0, 0, 1, 1])
    #expect(machine.numaNodeCount == 4)
    #expect(machine.resolve(.numaDomains, in: machine.usable) == [[0, 1], [2, 3]])
  }

  @Test("memory without CPUs is nobody's closest")
  func farMemory() {
    let machine = machine(
      node(
        "Machine", [0, 1],
        [node("NUMANode", [], osIndex: 8), node("NUMANode", [0, 1], osIndex: 0), cpu(0), cpu(1)]))
    #expect(machine.cpus.map(\.numaNode) == [0, 0])
    #expect(machine.numaNodeCount == 1)
  }

  @Test("clusters without an L3 count their L2 as the last level; instruction caches count for nothing")
  func mixedCaches() {
    let machine = machine(
      node(
        "Machine", [0, 1, 2, 3, 4],
        [
          node("L3", [0, 1], [node("L2", [0], [cpu(0)]), node("L2", [1], [cpu(1)])]),
          node("L2", [2, 3], [node("L1iCache", [2], [cpu(2)]), cpu(3)]),
          node("L1iCache", [4], [cpu(4)]),
        ]))
    #expect(machine.resolve(.llCaches, in: machine.usable) == [[0, 1], [2, 3], [4]])
  }

  @Test("CPU numbers far beyond 1,024 are places like others")
  func largeNumbers() throws {
    let machine = machine(node("Machine", [1, 5000, 70_000], [cpu(70_000), cpu(1), cpu(5000)]))
    let plan = try machine.plan(workers: .auto, places: .threads, bind: .close)
    #expect(plan.seats.map(\.place) == [[70_000], [1], [5000]])
  }

  @Test("CPUs of no known kind form one of their own, and kinds that are not here are left out")
  func partialKinds() {
    let fast = Machine.CPUKind(cpus: [1, 9], efficiency: 1, details: ["CoreType": "IntelCore"])
    let absent = Machine.CPUKind(cpus: [8], efficiency: 0, details: [:])
    let machine = machine(node("Machine", [0, 1, 2], [cpu(0), cpu(1), cpu(2)]), kinds: [absent, fast])
    #expect(machine.kinds.map(\.cpus) == [[1], [0, 2]])
    #expect(machine.kinds.map(\.efficiency) == [1, nil])
    #expect(machine.cpus.map(\.kind) == [1, 0, 1])
  }
}
