import Foundation
import Testing

@testable import PinwheelTopology

@Suite("The running machine", .timeLimit(.minutes(1)))
struct CurrentMachineTests {
  /// The main thread's mask, as the kernel prints it.
  func mainThreadMask() throws -> CPUSet {
    let status = try #require(contentsOfSystemFile("/proc/self/status"))
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") })
    return try #require(CPUSet(String(line.split(separator: "\t")[1])))
  }

  @Test("usable CPUs are those of the main thread that are allowed")
  func usable() throws {
    let machine = try Machine.current()
    try #require(machine.source == .real)
    #expect(machine.usable == (try mainThreadMask()).intersection(machine.allowed))
    #expect(!machine.usable.isEmpty)
    #expect(machine.allowed.isSubset(of: machine.present))
    #expect(machine.offline.intersection(machine.allowed).isEmpty)
    #expect(machine.quota == CPUQuota.current())
  }

  @Test("is loaded once, from any thread")
  func once() async throws {
    let machines = try await withThrowingTaskGroup(of: Machine.self) { group in
      for _ in 0..<16 { group.addTask { try Machine.current() } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let first = try #require(machines.first)
    #expect(machines.allSatisfy { $0 == first })
  }

  @Test("a caller that is bound to one CPU still sees the mask of the process")
  func boundCaller() async throws {
    let expected = try mainThreadMask()
    let last = try #require(expected.last)
    // A thread of its own, so that the binding ends with it.
    let seen = await withCheckedContinuation {
      (continuation: CheckedContinuation<(bound: Bool, mask: CPUSet?), Never>) in
      Thread.detachNewThread {
        let bound = bindCallingThread(to: [last])
        continuation.resume(returning: (bound, try? HwlocTopology.load(.real).mainThreadMask))
      }
    }
    #expect(seen.bound)
    #expect(seen.mask == expected)
  }

  @Test("loading leaves the calling thread's binding alone")
  func loadingKeepsBinding() async throws {
    let last = try #require(try mainThreadMask().last)
    let masks = await withCheckedContinuation { (continuation: CheckedContinuation<[String?], Never>) in
      Thread.detachNewThread {
        _ = bindCallingThread(to: [last])
        let before = callingThreadMask()
        _ = try? HwlocTopology.load(.real).kinds
        continuation.resume(returning: [before, callingThreadMask()])
      }
    }
    #expect(masks == ["\(last)", "\(last)"])
  }

  @Test("can be planned on")
  func plan() throws {
    let machine = try Machine.current()
    for bind in Binding.allCases {
      let plan = try machine.plan(workers: .auto, places: .cores, bind: bind)
      #expect(plan.seats.allSatisfy { $0.place.isSubset(of: machine.usable) && !$0.place.isEmpty })
    }
  }
}

/// Glibc's module hides `sched_setaffinity`, so it is looked up by name.
private func bindCallingThread(to cpus: CPUSet) -> Bool {
  typealias SetAffinity = @convention(c) (pid_t, Int, UnsafeRawPointer?) -> CInt
  guard let symbol = dlsym(nil, "sched_setaffinity") else { return false }
  // SAFETY: this is the function's signature in sched.h.
  let setAffinity = unsafeBitCast(symbol, to: SetAffinity.self)
  // SAFETY: the kernel reads as many bytes of the mask as it is told.
  return cpus.affinityMask.withUnsafeBytes { setAffinity(0, $0.count, $0.baseAddress) } == 0
}

private func callingThreadMask() -> String? {
  contentsOfSystemFile("/proc/thread-self/status")?.split(separator: "\n")
    .first { $0.hasPrefix("Cpus_allowed_list:") }
    .map { String($0.split(separator: "\t")[1]) }
}
