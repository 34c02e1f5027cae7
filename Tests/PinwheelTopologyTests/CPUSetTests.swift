import Foundation
import PinwheelTopology
import Testing

@Suite("CPU sets")
struct CPUSetTests {
  @Test(
    "prints runs in the kernel's list format",
    arguments: [
      ([], ""), ([5], "5"), ([0, 1], "0-1"), ([8, 0, 2, 1, 3, 2], "0-3,8"), ([0, 2, 4], "0,2,4"),
      ([1024, 2047, 1023], "1023-1024,2047"), ([-1, 3, Int.min, Int.max], "3"),
    ] as [([Int], String)])
  func printing(cpus: [Int], text: String) {
    #expect(CPUSet(cpus).description == text)
  }

  @Test(
    "reads what it prints, and other spellings",
    arguments: [
      ("", []), ("\n", []), ("0-3,8\n", [0, 1, 2, 3, 8]), (" 8 , 0 - 1 ", [0, 1, 8]), ("1,0,1-2", [0, 1, 2]),
      ("7-7", [7]),
    ] as [(String, [Int])])
  func reading(text: String, cpus: [Int]) throws {
    #expect(Array(try #require(CPUSet(text))) == cpus)
  }

  @Test(
    "refuses what is no list",
    arguments: [
      ",", "0,", "-", "-1", "1-", "3-1", "1-2-3", "+1", "0x1", "a", "1 2", "2147483647", "0-99999999999999999999", "²",
    ])
  func refusing(text: String) {
    #expect(CPUSet(text) == nil)
  }

  @Test("holds 2,048 CPUs, dense and sparse")
  func manyCPUs() throws {
    let all = CPUSet(0..<2048)
    #expect(all.description == "0-2047")
    #expect(all.count == 2048)
    let even = CPUSet(stride(from: 0, to: 2048, by: 2))
    #expect(even.count == 1024)
    #expect(try #require(CPUSet(even.description)) == even)
    #expect(all.subtracting(even) == CPUSet(stride(from: 1, to: 2048, by: 2)))
    #expect(even.union(all.subtracting(even)) == all)
    #expect(even.last == 2046)
  }

  @Test("takes ranges of any size without looping over them")
  func hugeRanges() {
    #expect(CPUSet(Int.min...Int.max).count == CPUSet.largestCPU + 1)
    #expect(CPUSet(-5..<3) == [0, 1, 2])
    #expect(CPUSet(4..<4).isEmpty)
    #expect(CPUSet(-5 ... -1).isEmpty)
  }

  @Test("set algebra agrees with Set<Int> on random sets", arguments: 0..<200)
  func algebra(seed: Int) {
    var generator = SplitMix(state: UInt64(seed))
    let a = Set((0..<generator.below(30)).map { _ in generator.below(40) })
    let b = Set((0..<generator.below(30)).map { _ in generator.below(40) })
    let (left, right) = (CPUSet(a), CPUSet(b))
    #expect(Array(left) == a.sorted())
    #expect(left.union(right) == CPUSet(a.union(b)))
    #expect(left.intersection(right) == CPUSet(a.intersection(b)))
    #expect(left.subtracting(right) == CPUSet(a.subtracting(b)))
    #expect(left.isSubset(of: right) == a.isSubset(of: b))
    #expect(left.count == a.count)
    #expect(left.first == a.min())
    #expect((0..<40).allSatisfy { left.contains($0) == a.contains($0) })
    #expect(CPUSet(left.description) == left)
  }

  @Test("gives the words of an affinity mask")
  func affinityMask() {
    #expect(CPUSet().affinityMask == [])
    #expect(([0, 1, 63] as CPUSet).affinityMask == [0x8000_0000_0000_0003])
    #expect(([64] as CPUSet).affinityMask == [0, 1])
    #expect(([2000] as CPUSet).affinityMask.count == 32)
  }

  @Test("is coded as its text")
  func coding() throws {
    let set: CPUSet = [0, 1, 2, 9]
    let data = try JSONEncoder().encode([set])
    #expect(String(decoding: data, as: UTF8.self) == #"["0-2,9"]"#)
    #expect(try JSONDecoder().decode([CPUSet].self, from: data) == [set])
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([CPUSet].self, from: Data(#"["x"]"#.utf8)) }
  }
}

/// A small generator with a seed, so that a failure can be repeated.
private struct SplitMix {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(bound))
  }
}
