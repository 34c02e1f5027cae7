import PinwheelTopology
import Testing

/// Plans beside cores that others have claimed.
struct CoreClaimTests {
  private static let render = CoreClaim.Holder(process: 4711, program: "render", pool: "pinwheel")
  private static let own = CoreClaim.Holder(process: 1, program: "app", pool: "io", isThisProcess: true)

  /// Two packages, two cores each, two threads each: CPUs 0-1, 2-3, 4-5, 6-7.
  private func plan(
    _ workers: WorkerCount, _ places: Places = .cores, _ bind: Binding = .close, limit: Int? = nil,
    beside claimed: [(CPUSet, CoreClaim.Holder)], smt: SMTChoice = .all, usable: CPUSet? = nil
  ) throws -> PlacementPlan {
    let machine = try Machine(synthetic: "package:2 core:2 pu:2", usable: usable)
    var request = PlacementRequest(workers: workers, places: places, bind: bind, limit: limit)
    request.smt = smt
    return try machine.plan(request, beside: claimed.map { CoreClaim(cpus: $0, holder: $1) })
  }

  @Test func nothingClaimedIsNoDifference() throws {
    let machine = try Machine(synthetic: "package:2 core:2 pu:2")
    let request = PlacementRequest(workers: .exactly(3), places: .cores, bind: .spread)
    #expect(try machine.plan(request, beside: []) == machine.plan(request))
    // Nor is a claim on what is not used here.
    let elsewhere = CoreClaim(cpus: [64], holder: Self.render)
    #expect(try machine.plan(request, beside: [elsewhere]) == machine.plan(request))
  }

  @Test func workersKeepAwayAndAutoCountsWhatIsLeft() throws {
    let left = try plan(.auto, beside: [([0, 1], Self.render)])
    #expect(left.seats.map(\.place) == [[2, 3], [4, 5], [6, 7]])
    #expect(left.warnings.isEmpty)
    #expect(
      left.workerCountReason
        == "auto: one for each of 3 usable cores; others have claimed CPUs 0-1 by process 4711 (render, pool 'pinwheel')"
    )
    let reason = left.unused.first { $0.osIndex == 1 }?.description
    #expect(reason == "CPU 1: its core is claimed by process 4711 (render, pool 'pinwheel')")
  }

  @Test func enoughIsLeft() throws {
    let two = try plan(.exactly(2), beside: [([2, 3], Self.render), ([6, 7], Self.own)])
    #expect(two.seats.map(\.place) == [[0, 1], [4, 5]])
    #expect(two.warnings.isEmpty)
    // The first so many places are the first that are left.
    #expect(try plan(.auto, limit: 2, beside: [([0, 1], Self.render)]).seats.map(\.place) == [[2, 3], [4, 5]])
  }

  @Test func aWidePlaceIsCutDown() throws {
    let sockets = try plan(.exactly(2), .sockets, .spread, beside: [([0, 1], Self.render)])
    #expect(sockets.seats.map(\.place) == [[2, 3], [4, 5, 6, 7]])
    #expect(sockets.warnings.isEmpty)
  }

  @Test func aCoreIsClaimedWithAllOfItsThreads() throws {
    let threads = try plan(.threads, .threads, .close, beside: [([0, 1], Self.render)])
    #expect(threads.seats.map(\.place) == [[2], [3], [4], [5], [6], [7]])
    let cores = try plan(.auto, .threads, .close, beside: [([4, 5], Self.render)], smt: .one)
    #expect(cores.seats.map(\.place) == [[0], [2], [6]])
  }

  @Test func moreThanIsLeftIsAWarningThatNamesWho() throws {
    let crowded = try plan(
      .exactly(4), .threads, .close, beside: [([0, 1], Self.render), ([2, 3], Self.own), ([4, 5], Self.render)])
    #expect(crowded.seats.map(\.place) == [[6], [6], [7], [7]])
    // Instead of the warning that there would be without a word of why.
    #expect(
      crowded.warnings.map(\.description) == [
        "4 workers share CPUs 6-7: others have claimed CPUs 0-1,4-5 by process 4711 (render, pool 'pinwheel'), "
          + "CPUs 2-3 by this process's pool 'io'"
      ])
    // More than there are in any case: both.
    let more = try plan(.exactly(9), .threads, .close, beside: [([0, 1], Self.render)])
    #expect(
      more.warnings.map(\.description) == [
        "9 workers share 6 places with 6 CPUs",
        "9 workers share CPUs 2-7: others have claimed CPUs 0-1 by process 4711 (render, pool 'pinwheel')",
      ])
  }

  /// Two workers that could have had a core each have one with two hardware threads.
  @Test func sharingAPlaceIsAWarningAlsoWhereItHasRoom() throws {
    let claimed: [(CPUSet, CoreClaim.Holder)] = [([0, 1], Self.render), ([2, 3], Self.render), ([4, 5], Self.own)]
    let two = try plan(.exactly(2), beside: claimed)
    #expect(two.seats.map(\.place) == [[6, 7], [6, 7]])
    #expect(
      two.warnings.map(\.description) == [
        "2 workers share CPUs 6-7: others have claimed CPUs 0-3 by process 4711 (render, pool 'pinwheel'), "
          + "CPUs 4-5 by this process's pool 'io'"
      ])
    #expect(try plan(.auto, beside: claimed).warnings.isEmpty)
  }

  @Test func nothingLeftIsAnOverlapAndNoError() throws {
    let all: [(CPUSet, CoreClaim.Holder)] = [
      ([0, 1], Self.render), ([2, 3], Self.own), ([4, 5], Self.own), ([6, 7], Self.own),
    ]
    let overlap = try plan(.exactly(2), beside: all)
    #expect(overlap.seats.map(\.place) == [[0, 1], [2, 3]])
    #expect(
      overlap.warnings.map(\.description) == [
        "no core is left, so workers sit where others do: CPUs 0-1 are claimed by process 4711 (render, pool "
          + "'pinwheel'), CPUs 2-3 are claimed by this process's pool 'io'"
      ])
    // Listed places alone may all be claimed.
    let listed = try plan(.exactly(1), .explicit([[2]]), beside: [([2, 3], Self.own)])
    #expect(listed.seats.map(\.place) == [[2]])
    #expect(
      listed.warnings.map(\.description) == [
        "no core is left, so workers sit where others do: CPUs 2-3 are claimed by this process's pool 'io'"
      ])
  }

  @Test func whatIsWrongWithoutClaimsIsWrongWithThem() throws {
    #expect(throws: TopologyError.self) { try plan(.exactly(0), beside: [([0, 1], Self.render)]) }
    #expect(throws: TopologyError.self) { try plan(.auto, .explicit([[64]]), beside: [([0, 1], Self.render)]) }
  }

  // MARK: Workers that are not bound

  @Test func floatingWorkersKeepToACoreEach() throws {
    // Also if nobody has claimed anything: the rest is for others.
    let two = try plan(.exactly(2), .cores, .none, beside: [])
    #expect(two.seats.map(\.place) == [[0, 1, 2, 3], [0, 1, 2, 3]] && two.needsPinning)
    #expect(two.seats.map(\.placeIndex) == [nil, nil] && two.warnings.isEmpty)
    #expect(two.seats[0].reason == "not bound, but kept to CPUs 0-3")
    #expect(
      two.unused.map(\.description) == (4..<8).map { "CPU \($0): left to other pools: 2 workers keep to 2 cores" })
    let thread = try plan(.exactly(1), .cores, .none, beside: [], smt: .one)
    #expect(thread.seats[0].reason == "not bound, but kept to CPU 0")
    let next = try plan(.exactly(1), .cores, .none, beside: [([0, 1], Self.render), ([2, 3], Self.render)])
    #expect(next.seats.map(\.place) == [[4, 5]] && next.warnings.isEmpty)
    // All there is: nobody has to be kept to anything.
    let all = try plan(.auto, .cores, .none, beside: [])
    #expect(all.seats.map(\.place) == Array(repeating: CPUSet(0..<8), count: 4) && !all.needsPinning)
  }

  @Test func floatingWorkersThatAreCountedAreCountedOverWhatIsLeft() throws {
    let claimed: [(CPUSet, CoreClaim.Holder)] = [([0, 1], Self.render), ([4, 5], Self.own)]
    let left = try plan(.auto, .cores, .none, beside: claimed)
    #expect(left.seats.map(\.place) == [[2, 3, 6, 7], [2, 3, 6, 7]] && left.warnings.isEmpty)
    #expect(
      left.workerCountReason == "auto: one for each of 2 usable cores; others have claimed CPUs 0-1 by process 4711 "
        + "(render, pool 'pinwheel'), CPUs 4-5 by this process's pool 'io'")
    #expect(try plan(.threads, .cores, .none, beside: claimed).seats.count == 4)
    // Listed places bind nobody, and so keep nobody either.
    let listed = try plan(.auto, .explicit([[0, 64]]), .none, beside: claimed)
    #expect(listed.seats == left.seats && listed.places == [[0]])
    #expect(listed.warnings == [.droppedCPUs([64], usable: CPUSet(0..<8))])
    // A quota leaves more to others.
    let machine = try Machine(
      synthetic: "package:2 core:2 pu:2", quota: CPUQuota(cpus: 1.5, source: "/sys/fs/cgroup/app/cpu.max"))
    let request = PlacementRequest(workers: .auto, bind: .none)
    #expect(try machine.plan(request, beside: []).seats.map(\.place) == [[0, 1, 2, 3], [0, 1, 2, 3]])
  }

  @Test func floatingWorkersThatShareCoresAreAWarning() throws {
    var claimed: [(CPUSet, CoreClaim.Holder)] = [([0, 1], Self.render), ([2, 3, 4, 5], Self.render)]
    let text = "3 workers share CPUs 6-7: others have claimed CPUs 0-5 by process 4711 (render, pool 'pinwheel')"
    let three = try plan(.exactly(3), .cores, .none, beside: claimed)
    #expect(three.seats.map(\.place) == [[6, 7], [6, 7], [6, 7]] && three.warnings.map(\.description) == [text])
    #expect(try plan(.exactly(1), .cores, .none, beside: claimed).warnings.isEmpty)
    // Nothing is left: they float over all.
    claimed.append(([6, 7], Self.own))
    let none = try plan(.exactly(1), .cores, .none, beside: claimed)
    #expect(none.seats.map(\.place) == [CPUSet(0..<8)] && !none.needsPinning)
    #expect(
      none.warnings.map(\.description) == [
        "no core is left, so workers sit where others do: CPUs 0-5 are claimed by process 4711 (render, pool "
          + "'pinwheel'), CPUs 6-7 are claimed by this process's pool 'io'"
      ])
    #expect(throws: TopologyError.self) { try plan(.exactly(0), .cores, .none, beside: claimed) }
  }

  @Test func holdersReadWell() {
    #expect(Self.render.description == "process 4711 (render, pool 'pinwheel')")
    #expect(Self.own.description == "this process's pool 'io'")
    #expect(CoreClaim.Holder(process: 7, program: nil, pool: nil).description == "process 7")
    #expect(CoreClaim.Holder(process: nil, program: nil, pool: "x").description == "another process (pool 'x')")
    #expect(CoreClaim.Holder(process: nil, program: nil, pool: nil).description == "another process")
  }
}
