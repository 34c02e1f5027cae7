import CPinwheelExplorer
import Testing

extension ExplorerTests {
  /// The simulator itself: it shows the weak behaviours that RC11 allows, and no others.
  @Suite("Litmus tests", .serialized)
  struct LitmusTests {
    @Test(
      "What RC11 forbids does not happen",
      arguments: [
        "message_passing", "message_passing_fences", "store_buffering", "crossing_writes", "independent_reads",
        "independent_reads_loads", "read_to_write", "update_buffering_loads",
        "coherence", "cas_counter", "add_counter", "release_sequence", "spin_lock", "freed_box", "new_box",
        "futex_one_shot", "futex_one_shot_limited", "futex_event", "futex_two_sleepers", "futex_hasty",
      ])
    func forbidden(client: String) throws {
      let result = try explore(client)
      #expect(result.passed, "\(result.message)\n\(result.trace)")
      #expect(result.preemptions == 2)
    }

    @Test(
      "What RC11 allows is found",
      arguments: [
        ("store_buffering_cas_allowed", PX_BROKEN_PROMISE),
        ("crossing_writes_allowed", PX_BROKEN_PROMISE),
        ("independent_reads_allowed", PX_BROKEN_PROMISE),
        ("store_buffering_loads_allowed", PX_BROKEN_PROMISE),
        ("release_sequence_store_allowed", PX_DATA_RACE),
        ("livelock", PX_STEP_BOUND),
        ("plain_store", PX_MISUSE),
      ])
    func allowed(client: String, outcome: px_outcome) throws {
      let result = try explore(client)
      #expect(result.outcome == outcome, "\(result.message)\n\(result.trace)")
    }

    struct Fault: Sendable, CustomStringConvertible {
      let client: String
      let mutant: Mutant
      let outcome: px_outcome

      init(_ client: String, _ mutant: Mutant, _ outcome: px_outcome) {
        self.client = client
        self.mutant = mutant
        self.outcome = outcome
      }
      var description: String { "\(client): \(mutant)" }
    }

    static let faults = [
      Fault("message_passing", Mutant("mp_publish"), PX_DATA_RACE),
      Fault("message_passing", Mutant("mp_look"), PX_DATA_RACE),
      Fault("message_passing_fences", Mutant("mpf_release", PX_DROPPED), PX_DATA_RACE),
      Fault("message_passing_fences", Mutant("mpf_acquire", PX_DROPPED), PX_DATA_RACE),
      Fault("store_buffering", Mutant("sb_fence", PX_DROPPED), PX_BROKEN_PROMISE),
      Fault("independent_reads", Mutant("iriw_fence", PX_DROPPED), PX_BROKEN_PROMISE),
      Fault("independent_reads_loads", Mutant("iriwl_fence", PX_DROPPED), PX_BROKEN_PROMISE),
      Fault("read_to_write", Mutant("rwc_loads", PX_DROPPED), PX_BROKEN_PROMISE),
      Fault("read_to_write", Mutant("rwc_fence", PX_DROPPED), PX_BROKEN_PROMISE),
      Fault("update_buffering_loads", Mutant("ubl_loads", PX_DROPPED), PX_BROKEN_PROMISE),
      Fault("update_buffering_loads", Mutant("ubl_fence", PX_DROPPED), PX_BROKEN_PROMISE),
      Fault("cas_counter", Mutant("counter_cas", PX_NOT_ATOMIC), PX_BROKEN_PROMISE),
      Fault("add_counter", Mutant("counter_add", PX_NOT_ATOMIC), PX_BROKEN_PROMISE),
      Fault("add_counter", Mutant("counter_add", PX_DROPPED), PX_BROKEN_PROMISE),
      Fault("release_sequence", Mutant("rs_update", PX_NOT_ATOMIC), PX_PASSED),
      Fault("release_sequence", Mutant("rs_update"), PX_PASSED),
      Fault("release_sequence", Mutant("rs_publish"), PX_DATA_RACE),
      Fault("spin_lock", Mutant("lock_take", PX_NO_ACQUIRE), PX_DATA_RACE),
      Fault("spin_lock", Mutant("lock_free"), PX_DATA_RACE),
      Fault("spin_lock", Mutant("lock_take", PX_NOT_ATOMIC), PX_DATA_RACE),
      Fault("spin_lock", Mutant("lock_free", PX_DROPPED), PX_STEP_BOUND),
      Fault("crossing_writes", Mutant("ww_fence", PX_DROPPED), PX_BROKEN_PROMISE),
      Fault("freed_box", .planted("tell_first"), PX_DATA_RACE),
      Fault("freed_box", Mutant("box_tell"), PX_DATA_RACE),
      Fault("freed_box", Mutant("box_look"), PX_DATA_RACE),
      Fault("new_box", Mutant("box_publish"), PX_DATA_RACE),
      Fault("new_box", Mutant("box_find"), PX_DATA_RACE),
      Fault("futex_one_shot", Mutant("shot_wake", PX_DROPPED), PX_DEADLOCK),
      Fault("futex_one_shot", Mutant("shot_set"), PX_DATA_RACE),
      Fault("futex_one_shot_limited", Mutant("limited_wake", PX_DROPPED), PX_DEADLOCK),
      Fault("futex_event", .planted("no_second_look"), PX_DEADLOCK),
      Fault("futex_event", Mutant("event_publish_fence", PX_DROPPED), PX_DEADLOCK),
      Fault("futex_event", Mutant("event_announce_fence", PX_DROPPED), PX_DEADLOCK),
      Fault("futex_event", Mutant("event_signal", PX_DROPPED), PX_DEADLOCK),
      Fault("futex_event", Mutant("event_wake", PX_DROPPED), PX_DEADLOCK),
      Fault("futex_two_sleepers", .planted("wake_one"), PX_DEADLOCK),
    ]

    @Test("A planted fault is found, and its replay shows it again", arguments: faults)
    func planted(fault: Fault) throws {
      let result = try explore(fault.client, mutant: fault.mutant)
      #expect(result.outcome == fault.outcome, "\(result.message)\n\(result.trace)")
      guard !result.passed else { return }
      let again = try replay(fault.client, choices: result.replay, mutant: fault.mutant)
      #expect(again.outcome == result.outcome)
      #expect(again.message == result.message)
      #expect(again.trace == result.trace)
    }

    @Test("A wait that returns early is only explored when asked for")
    func spurious() throws {
      #expect(try explore("futex_hasty") { $0.spurious_wakes = 1 }.outcome == PX_BROKEN_PROMISE)
      #expect(try explore("futex_one_shot") { $0.spurious_wakes = 1 }.passed)
    }

    @Test("A time limit hides a lost wake-up only when asked to")
    func timeLimits() throws {
      let lost = Mutant("limited_wake", PX_DROPPED)
      let result = try explore("futex_one_shot_limited", mutant: lost) { $0.timeouts = PX_TIMEOUTS_WHEN_STUCK }
      #expect(result.passed, "\(result.trace)")
    }

    @Test("Skipping states that were reached before loses no failure", arguments: faults)
    func pruning(fault: Fault) throws {
      let result = try explore(fault.client, mutant: fault.mutant) {
        $0.revisit_states = true
        $0.preemptions = 1
      }
      let pruned = try explore(fault.client, mutant: fault.mutant) { $0.preemptions = 1 }
      #expect(pruned.outcome == result.outcome)
      #expect(pruned.executions <= result.executions)
    }

    @Test("Random walks find what the search finds, again for the same seed, and it can be replayed", arguments: faults)
    func walking(fault: Fault) throws {
      let first = try walk(fault.client, mutant: fault.mutant, seed: 7, executions: 3000)
      #expect(first.outcome == fault.outcome, "\(first.message)\n\(first.trace)")
      let second = try walk(fault.client, mutant: fault.mutant, seed: 7, executions: 3000)
      #expect(second.executions == first.executions && second.replay == first.replay)
      guard !first.passed else { return }
      let again = try replay(fault.client, choices: first.replay, mutant: fault.mutant)
      #expect(again.trace == first.trace)
    }

    @Test("Running out of budget is not passing")
    func budget() throws {
      #expect(try explore("independent_reads") { $0.executions = 10 }.outcome == PX_OUT_OF_BUDGET)
    }
  }
}
