import CPinwheelExplorer
import Testing

extension ExplorerTests {
  /// Fences and orders of the core, taken away one at a time: a client must notice. A sample, in a debug build;
  /// `.ci/mutants` runs those of every site, and CSources/CPinwheel/ORDERS.md lists them.
  @Suite("Mutants of the core", .serialized)
  struct MutantTests {
    struct Case: Sendable {
      let mutant: Mutant
      let client: String

      init(_ site: String, _ weakening: px_weakening, _ client: String) {
        mutant = Mutant(site, weakening)
        self.client = client
      }
    }

    static let cases = [
      // The strict stack.
      Case("expose", PX_NO_RELEASE, "strict_nested"),
      Case("steal", PX_NO_ACQUIRE, "strict_reused"),
      Case("steal", PX_NOT_ATOMIC, "strict_nested"),
      Case("pop_unexpose", PX_NOT_ATOMIC, "strict_nested"),
      Case("rejoin", PX_DROPPED, "strict_reused"),
      // The leapfrogging wait.
      Case("end_of_job", PX_DROPPED, "wait_unrelated"),
      Case("leap_floor", PX_RELAXED, "wait_floor"),
      Case("publish_floor", PX_DROPPED, "wait_floor"),
      Case("publish_back_floor", PX_RELAXED, "wait_floor"),
      Case("wait_look", PX_RELAXED, "strict_nested"),
      Case("state_move", PX_NO_RELEASE, "strict_nested"),
      Case("state_move", PX_NOT_ATOMIC, "wait_outside"),
      Case("state_register", PX_NOT_ATOMIC, "wait_outside"),
      Case("state_wake", PX_DROPPED, "wait_outside"),
      Case("outside_look", PX_RELAXED, "wait_outside"),
      Case("stolen_fence", PX_DROPPED, "strict_nested"),
      Case("submitted_fence", PX_DROPPED, "wait_floor"),
      Case("news_fence", PX_DROPPED, "strict_nested"),
      Case("announce_wake", PX_DROPPED, "wait_floor"),
      Case("end_of_job", PX_DROPPED, "unrelated_after_scope"),
      Case("end_of_job", PX_DROPPED, "unrelated_after_region"),
      // Sleep against wake.
      Case("expose_fence", PX_DROPPED, "sleep_fork"),
      Case("submit_fence", PX_DROPPED, "sleep_submit"),
      Case("lie_down_fence", PX_DROPPED, "sleep_submit"),
      Case("want_fence", PX_DROPPED, "sleep_stop"),
      Case("lie_down", PX_DROPPED, "sleep_fork"),
      Case("wake", PX_DROPPED, "sleep_fork"),
      Case("sleep_count", PX_NOT_ATOMIC, "sleep_stop"),
      Case("claim_seat", PX_NOT_ATOMIC, "sleep_guest"),
      Case("sleep_cancel", PX_NOT_ATOMIC, "sleep_guest"),
      Case("uncount_idle", PX_NOT_ATOMIC, "sleep_dependent"),
      Case("stop_searching_fence", PX_DROPPED, "sleep_dependent"),
      // Scopes.
      Case("spawn_fence", PX_DROPPED, "scope_is_woken"),
      Case("spawn_wake", PX_DROPPED, "scope_is_woken"),
      Case("scope_wake", PX_DROPPED, "scope_is_woken"),
      Case("scope_register", PX_NOT_ATOMIC, "scope_is_woken"),
      Case("scope_leave", PX_NOT_ATOMIC, "scope_waits"),
      Case("scope_leave", PX_NO_RELEASE, "scope_waits"),
      Case("scope_look", PX_RELAXED, "scope_waits"),
      // Regions.
      Case("post", PX_RELAXED, "region_once"),
      Case("revoke", PX_NOT_ATOMIC, "region_once"),
      Case("slice_front", PX_NOT_ATOMIC, "region_once"),
      Case("slice_back", PX_NOT_ATOMIC, "region_once"),
      Case("region_leave", PX_NO_RELEASE, "region_once"),
      Case("region_open", PX_RELAXED, "region_twice"),
      Case("region_register", PX_NO_ACQUIRE, "region_twice"),
      // The loose deque and the injector.
      Case("deque_push_publish", PX_RELAXED, "deque_grows"),
      Case("deque_buffer_publish", PX_RELAXED, "deque_grows"),
      Case("deque_steal_buffer", PX_RELAXED, "deque_grows"),
      Case("deque_steal_bottom", PX_RELAXED, "deque_grows"),
      Case("deque_take_reserve", PX_RELAXED, "deque_grows"),
      Case("deque_take_fence", PX_DROPPED, "deque_grows"),
      Case("deque_steal_fence", PX_DROPPED, "deque_grows"),
      Case("deque_steal_take", PX_NOT_ATOMIC, "deque_grows"),
      Case("injector_written", PX_NO_RELEASE, "injector_begins"),
      Case("injector_pop_written", PX_RELAXED, "injector_begins"),
      Case("injector_move_head", PX_RELAXED, "injector_links"),
      Case("injector_pop_head", PX_RELAXED, "injector_links"),
      Case("injector_link_next", PX_RELAXED, "injector_links"),
      Case("injector_take", PX_NOT_ATOMIC, "injector_links"),
      Case("injector_reserve", PX_NOT_ATOMIC, "injector_begins"),
      Case("injector_close", PX_NOT_ATOMIC, "injector_closes"),
    ]

    @Test("Every mutant is caught")
    func caught() throws {
      var rows = ["mutant, client, caught by, preemptions, executions"]
      for mutantCase in Self.cases {
        let result = try explore(mutantCase.client, mutant: mutantCase.mutant) {
          $0.stale_reads = 2
          $0.seconds = 10
          // A guest naps; everybody else must be woken.
          if mutantCase.client.hasPrefix("sleep_guest") { $0.timeouts = PX_TIMEOUTS_WHEN_STUCK }
        }
        #expect(
          !result.passed && result.outcome != PX_OUT_OF_BUDGET && result.outcome != PX_MISUSE,
          "\(mutantCase.mutant) survives \(mutantCase.client)")
        rows.append(
          "\(mutantCase.mutant), \(mutantCase.client), \(result.verdict), \(result.preemptions), \(result.executions)")
      }
      print(rows.joined(separator: "\n"))
    }
  }
}
