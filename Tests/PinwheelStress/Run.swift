import CPinwheelStress
import Glibc
import Pinwheel
import Synchronization

/// One run of a program: counts, complaints, and what is left behind.
final class Run: Sendable {
  let program: Program
  let begun: Tallies
  let ended: Tallies
  let census = Census()
  /// Jobs that were submitted and have not ended.
  let outstanding = Atomic<Int>(0)
  /// Jobs of storms, which have no ids.
  let unnumbered = Atomic<Int>(0)
  private let found = Mutex<[String]>([])
  /// Jobs that a pool has refused, and in which job each of them ran instead: that one cannot end without it.
  private let inPlace = Mutex<[Int: Int]>([:])

  func runs(_ refused: Int, inPlaceIn job: Int) { inPlace.withLock { $0[refused] = job } }

  /// Whether `job` is something that `waiter` cannot end without, as it has turned out.
  func needs(_ waiter: Int, _ job: Int) -> Bool {
    if job == waiter || program.waiters[job]?.contains(where: { needs(waiter, $0) }) == true { return true }
    guard let host = inPlace.withLock({ $0[job] }) else { return false }
    return needs(waiter, host)
  }

  init(_ program: Program) {
    self.program = program
    begun = Tallies(program.jobs)
    ended = Tallies(program.jobs)
  }

  func complain(_ what: String) {
    found.withLock { if $0.count < 20 { $0.append(what) } }
  }

  var complaints: [String] { found.withLock { $0 } }

  /// Jobs that have run.
  var jobs: Int { begun.sum + unnumbered.load(ordering: .relaxed) }

  /// Whether the id is that of a call, which counts its end too.
  func isNode(_ id: Int) -> Bool { program.waiters[id] != nil }

  /// A job counts itself.
  func count(_ id: Int) {
    if Fault.strikes(.lostJob) { return }
    begun.add(id, Fault.strikes(.doubledJob) ? 2 : 1)
  }

  func error(_ id: Int) -> Oops { Oops(id: Fault.strikes(.wrongError) ? -1 : id, token: Token(census)) }

  /// An error of this program, whatever type it was thrown as.
  func oops(_ error: any Error) -> Oops {
    if let oops = error as? Oops { return oops }
    complain("\(error) was thrown by nobody")
    return self.error(-1)
  }

  func pause(_ pause: Pause) {
    if Fault.strikes(.hang) { sleep(100_000) }
    switch pause {
    case .none: break
    case .spin(let rounds):
      var word = UInt64(rounds)
      for _ in 0..<rounds { word = mix(word &+ 1) }
      withExtendedLifetime(word) {}
    case .yield: sched_yield()
    case .sleep(let microseconds): usleep(UInt32(microseconds))
    }
  }
}

/// Where a thread stands in the program: what calls inside of this one need.
struct Scene: Sendable {
  let run: Run
  var sites: [Site]
  /// The pool of the innermost call.
  var site: Site?
  var handles: Chain<Handle>?
  var scopes: Chain<OpenScope>?

  func inside(_ site: Site) -> Scene {
    var scene = self
    scene.site = site
    return scene
  }
}

/// A list that grows inwards.
final class Chain<Element: Sendable>: Sendable {
  let element: Element
  let outer: Chain<Element>?

  init(_ element: Element, _ outer: Chain<Element>?) {
    self.element = element
    self.outer = outer
  }

  subscript(_ level: Int) -> Element? { level == 0 ? element : outer?[level - 1] }

  /// The list without its innermost elements.
  func dropping(_ levels: Int) -> Chain<Element>? { levels == 0 ? self : outer?.dropping(levels - 1) }
}

extension Scene {
  /// Runs `body` as a part of the job `node`, after a look at whether this thread may: a thread that waits runs only
  /// what it waits for, and no two threads hold one slot.
  ///
  /// - Parameter waiters: who waits for the part. `anywhere`: it runs in place of a job that the pool has refused.
  func working<E: Error>(
    on node: Node, waiters: [Int], anywhere: Bool = false, _ body: () throws(E) -> UInt64
  ) throws(E) -> UInt64 {
    let outer = stress_here()
    if let outer {
      // SAFETY: the program keeps its nodes, and outlives every thread that is in one.
      let here = Unmanaged<Node>.fromOpaque(outer).takeUnretainedValue().id
      if anywhere {
        run.runs(node.id, inPlaceIn: here)
      } else if !waiters.contains(where: { run.needs(here, $0) }) || Fault.strikes(.trespass) {
        run.complain("a thread that waited in #\(here) ran #\(node.id), which #\(here) does not need")
      }
    }
    stress_set_here(Unmanaged.passUnretained(node).toOpaque())
    let thread = Int(bitPattern: UInt(stress_thread()))
    let held = site?.occupy(by: thread, run.complain)
    if held != nil && Fault.strikes(.twoHolders) { _ = site?.occupy(by: thread + 1, run.complain) }
    defer {
      if let held { site?.vacate(held) }
      stress_set_here(outer)
    }
    return try body()
  }

  /// Whether this thread runs nothing of the program: it belongs to a pool, and has just found something.
  var isIdle: Bool { stress_here() == nil }
}
