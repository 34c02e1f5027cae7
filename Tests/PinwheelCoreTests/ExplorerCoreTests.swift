import CPinwheelExplorer
import Testing

extension ExplorerTests {
  /// The shipped C core on the simulated memory: every interleaving within the bounds keeps the promises of its client
  /// (Tests/CPinwheelExplorer/client_*.c say what these are).
  @Suite("The core", .serialized)
  struct CoreTests {
    struct Bounds: Sendable, CustomStringConvertible {
      let client: String
      let preemptions: Int32
      let staleReads: Int32

      init(_ client: String, preemptions: Int32, staleReads: Int32) {
        self.client = client
        self.preemptions = preemptions
        self.staleReads = staleReads
      }
      var description: String { client }
    }

    /// As deep as a debug build gets in a second or two.
    static let clients = [
      Bounds("strict_floors", preemptions: 0, staleReads: 0),
      Bounds("strict_nested", preemptions: 3, staleReads: 2),
      Bounds("strict_reused", preemptions: 2, staleReads: 2),
      Bounds("strict_two_thieves", preemptions: 2, staleReads: 1),
      Bounds("wait_unrelated", preemptions: 2, staleReads: 0),
      Bounds("wait_floor", preemptions: 2, staleReads: 2),
      Bounds("wait_chain", preemptions: 2, staleReads: 0),
      Bounds("wait_outside", preemptions: 3, staleReads: 3),
      Bounds("sleep_fork", preemptions: 2, staleReads: 1),
      Bounds("sleep_submit", preemptions: 2, staleReads: 1),
      Bounds("sleep_dependent", preemptions: 1, staleReads: 0),
      Bounds("sleep_nested", preemptions: 1, staleReads: 0),
      Bounds("sleep_woken_early", preemptions: 1, staleReads: 0),
      Bounds("sleep_stop", preemptions: 2, staleReads: 1),
      Bounds("sleep_shut_down", preemptions: 2, staleReads: 0),
      Bounds("sleep_guest", preemptions: 1, staleReads: 1),
      Bounds("sleep_guest_forks", preemptions: 1, staleReads: 1),
      Bounds("sleep_guest_stays", preemptions: 1, staleReads: 0),
      Bounds("deque_grows", preemptions: 3, staleReads: 2),
      Bounds("deque_wraps", preemptions: 3, staleReads: 2),
      Bounds("deque_two_thieves", preemptions: 2, staleReads: 1),
      Bounds("injector_begins", preemptions: 2, staleReads: 1),
      Bounds("injector_links", preemptions: 2, staleReads: 0),
      Bounds("injector_closes", preemptions: 2, staleReads: 2),
      Bounds("scope_waits", preemptions: 2, staleReads: 1),
      Bounds("scope_is_woken", preemptions: 2, staleReads: 0),
      Bounds("unrelated_after_scope", preemptions: 2, staleReads: 0),
      Bounds("unrelated_after_region", preemptions: 2, staleReads: 0),
      Bounds("region_once", preemptions: 2, staleReads: 1),
      Bounds("region_twice", preemptions: 2, staleReads: 0),
      Bounds("region_three", preemptions: 1, staleReads: 0),
      Bounds("region_two_callers", preemptions: 1, staleReads: 1),
    ]

    @Test("Every interleaving keeps its promises", arguments: clients)
    func intact(bounds: Bounds) throws {
      let result = try explore(bounds.client) {
        $0.preemptions = bounds.preemptions
        $0.stale_reads = bounds.staleReads
        $0.seconds = 30
        // A guest naps; everybody else must be woken.
        if bounds.client.hasPrefix("sleep_guest") { $0.timeouts = PX_TIMEOUTS_WHEN_STUCK }
      }
      #expect(result.passed, "\(result.verdict): \(result.message)\n\(result.trace)replay \(result.replay)")
    }

    @Test("Waits that return early break nothing", arguments: ["wait_unrelated", "wait_outside", "sleep_fork"])
    func spuriousWakes(client: String) throws {
      let result = try explore(client) {
        $0.preemptions = 1
        $0.stale_reads = 0
        $0.spurious_wakes = 1
      }
      #expect(result.passed, "\(result.message)\n\(result.trace)")
    }

    @Test(
      "Helping happens at all",
      arguments: ["wait_unrelated", "wait_floor", "wait_chain", "unrelated_after_scope", "unrelated_after_region"])
    func helping(client: String) throws {
      let result = try explore(client, mutant: .planted("nobody_helps")) { $0.stale_reads = 0 }
      #expect(result.outcome == PX_BROKEN_PROMISE)
    }
  }
}
