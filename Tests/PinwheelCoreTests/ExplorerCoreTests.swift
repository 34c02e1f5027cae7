import CPinwheelExplorer
import Testing

extension ExplorerTests {
  /// The shipped C core on the simulated memory: every interleaving within the bounds keeps the promises of its client
  /// (Tests/CPinwheelExplorer/client_*.c say what these are).
  @Suite("The core", .serialized)
  struct CoreTests {
    static let clients = CoreClient.all

    /// To the client's smaller bounds or for as long as a test may take; `.ci/explore` goes to the end, and further.
    @Test("Every interleaving keeps its promises", arguments: clients)
    func intact(client: CoreClient) throws {
      let result = try explore(client.client) {
        $0.preemptions = client.preemptions
        $0.stale_reads = client.staleReads
        $0.timeouts = client.timeouts
        $0.seconds = 0.15
      }
      #expect(
        result.passed || result.outcome == PX_OUT_OF_BUDGET,
        "\(result.verdict): \(result.message)\n\(result.trace)replay \(result.replay)")
    }

    @Test("So do random executions beyond the bounds", arguments: clients)
    func walks(client: CoreClient) throws {
      let result = try walk(client.client, seed: 1, executions: 200) { $0.timeouts = client.timeouts }
      #expect(result.passed, "\(result.verdict): \(result.message)\n\(result.trace)replay \(result.replay)")
    }

    @Test("An outgrown buffer must outlive the thieves that still read it")
    func oldBuffers() throws {
      let result = try explore("deque_grows", mutant: .planted("old_buffer_freed"))
      #expect(result.outcome == PX_USE_AFTER_FREE, "\(result.verdict)")
    }

    @Test("The rest of a range must not move on once others may see the job")
    func restOfARange() throws {
      let result = try explore("strict_rest", mutant: .planted("rest_moves_on"))
      #expect(result.outcome == PX_DATA_RACE, "\(result.verdict)")
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
