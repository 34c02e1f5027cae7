import CPinwheelExplorer
import Testing

/// All that the explorer runs: one exploration at a time, in one process.
@Suite("Explorer", .serialized, .timeLimit(.minutes(1)))
enum ExplorerTests {}

/// One exploration of a client, with what it found as Swift values.
struct Exploration {
  let client: String
  let mutant: Mutant?
  let outcome: px_outcome
  let preemptions: Int
  let executions: UInt64
  let states: UInt64
  let seconds: Double
  let message: String
  let trace: String
  let replay: String

  var passed: Bool { outcome == PX_PASSED }

  /// The outcome in words.
  // SAFETY: names of outcomes are string literals of the C module.
  var verdict: String { String(cString: px_outcome_name(outcome)) }
}

/// A client of the core, and how far a test explores it.
struct CoreClient: Sendable, CustomStringConvertible {
  let client: String
  let preemptions: Int32
  let staleReads: Int32
  let timeouts: px_timeouts

  var description: String { client }

  /// All but the simulator's own.
  static let all: [CoreClient] = (0..<px_group_count()).flatMap { index -> [CoreClient] in
    let group = px_group_at(index)
    // SAFETY: groups and their names are constants of the C module.
    if ["litmus", "futex"].contains(String(cString: group.name)) { return [] }
    return (0..<Int(group.count)).map { CoreClient(group.clients[$0]) }
  }

  private init(_ client: px_client) {
    // SAFETY: as above.
    self.client = String(cString: client.name)
    preemptions = client.quick.preemptions
    staleReads = client.quick.stale_reads
    timeouts = client.timeouts
  }
}

/// A site of the code under test, weakened; or a fault planted by name.
struct Mutant: Sendable, CustomStringConvertible {
  let site: String
  let weakening: px_weakening

  init(_ site: String, _ weakening: px_weakening = PX_RELAXED) {
    self.site = site
    self.weakening = weakening
  }

  /// A fault that the code has a name for, as against a site made weaker.
  static func planted(_ name: String) -> Mutant { Mutant(name, PX_INTACT) }

  var description: String {
    switch weakening {
    case PX_RELAXED: "\(site) relaxed"
    case PX_NO_ACQUIRE: "\(site) without acquire"
    case PX_NO_RELEASE: "\(site) without release"
    case PX_DROPPED: "\(site) dropped"
    case PX_NOT_ATOMIC: "\(site) not atomic"
    default: "planted: \(site)"
    }
  }
}

/// Explores a client of the C module by its name.
func explore(
  _ client: String, mutant: Mutant? = nil, _ adjust: (inout px_options) -> Void = { _ in }
) throws -> Exploration {
  try run(client, mutant: mutant, adjust) { client, options in px_explore(client, options) }
}

/// Runs a client at random, without bounds.
func walk(
  _ client: String, mutant: Mutant? = nil, seed: UInt64, executions: UInt64,
  _ adjust: (inout px_options) -> Void = { _ in }
) throws -> Exploration {
  try run(
    client, mutant: mutant,
    {
      ($0.preemptions, $0.stale_reads, $0.steps) = (10000, 10000, 16384)
      adjust(&$0)
    }, { client, options in px_walk(client, options, seed, executions) })
}

/// Runs one interleaving again.
func replay(
  _ client: String, choices: String, mutant: Mutant? = nil, _ adjust: (inout px_options) -> Void = { _ in }
) throws -> Exploration {
  try run(client, mutant: mutant, adjust) { client, options in px_replay(client, options, choices) }
}

private func run(
  _ name: String, mutant: Mutant?, _ adjust: (inout px_options) -> Void,
  _ body: (UnsafePointer<px_client>, UnsafePointer<px_options>) -> px_result
) throws -> Exploration {
  let client = try #require(px_find_client(name), "no client is called \(name)")
  var options = px_default_options()
  adjust(&options)
  // SAFETY: the site's name outlives the call, which is the only user of `options`.
  var result = (mutant?.site ?? "").withCString { site in
    if let mutant {
      options.mutant = site
      options.weakening = mutant.weakening
    }
    return body(client, &options)
  }
  defer { px_result_free(&result) }
  return Exploration(
    client: name, mutant: mutant, outcome: result.outcome, preemptions: Int(result.preemptions),
    executions: result.executions, states: result.states, seconds: result.seconds, message: text(result.message),
    trace: text(result.trace), replay: text(result.replay))
}

private func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
  guard let pointer else { return "" }
  // SAFETY: the explorer's texts end with a zero and live until `px_result_free`.
  return String(cString: pointer)
}
