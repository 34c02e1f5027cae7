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
  var verdict: String {
    switch outcome {
    case PX_PASSED: "passed"
    case PX_OUT_OF_BUDGET: "out of budget"
    case PX_DATA_RACE: "data race"
    case PX_DEADLOCK: "deadlock"
    case PX_BROKEN_PROMISE: "broken promise"
    case PX_STEP_BOUND: "step bound"
    case PX_USE_AFTER_FREE: "use after free"
    default: "misuse"
    }
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
