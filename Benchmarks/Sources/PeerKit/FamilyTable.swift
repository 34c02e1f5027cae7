public import PeerProtocol

/// What a peer can run, by the families' names.
public struct FamilyTable {
  /// Runs a family of one size; what the second number means is the family's.
  public typealias Run = (_ size: Int, _ repeats: Int) -> Measured

  @usableFromInline var runs: [String: Run] = [:]

  @inlinable public init() {}

  /// All families of the three kinds.
  @inlinable
  public init<R: ForkJoinRuntime & LoopRuntime & SubmissionRuntime>(everythingOf runtime: R) {
    addForkJoin(runtime)
    addLoops(runtime)
    addSubmission(runtime)
  }

  /// The names, sorted.
  public var names: [String] { runs.keys.sorted() }

  @inlinable
  public subscript(name: String) -> Run? {
    get { runs[name] }
    set { runs[name] = newValue }
  }

  @inlinable
  public mutating func addForkJoin<R: ForkJoinRuntime>(_ runtime: R) {
    self["fib"] = { n, _ in
      let (result, span) = timed { Fibonacci.forked(runtime, n) }
      return span.measured(UInt64(result))
    }
    self["skynet"] = { depth, _ in
      let (result, span) = timed { Skynet.forked(runtime, first: 0, leaves: Skynet.leaves(depth)) }
      return span.measured(result)
    }
    self["nqueens"] = { n, _ in
      let (result, span) = timed { Queens(n).forked(runtime) }
      return span.measured(result)
    }
    addTree("uts", of: PublishedTree.self, runtime)
    addTree("uts.fine", of: FineTree.self, runtime)
    self["knapsack"] = { count, _ in
      Knapsack.with(count) { knapsack in
        let (result, span) = timed { knapsack.forked(runtime) }
        return span.measured(result)
      }
    }
    self["matmul"] = { n, _ in
      Matrix.with(n) { a, b, c in
        let (_, span) = timed { MatrixProduct.forked(runtime, a, b, c, m: n, k: n, n: n) }
        return span.measured(c.checksum(n))
      }
    }
    self["strassen"] = { n, _ in
      Matrix.with(n) { a, b, c in
        let (_, span) = timed { Strassen.forked(runtime, a, b, c, n) }
        return span.measured(c.checksum(n))
      }
    }
    self["mergesort"] = { count, _ in
      MergeSort.with(count) { keys, room in
        let (_, span) = timed { MergeSort.forked(runtime, 0..<count, in: keys, with: room) }
        return span.measured(MergeSort.checksum(keys))
      }
    }
  }

  @inlinable
  mutating func addTree<R: ForkJoinRuntime, T: SearchTree>(_ name: String, of type: T.Type, _ runtime: R) {
    self[name] = { seed, _ in
      let (result, span) = timed { TreeSearch.forked(runtime, T(seed: seed)) }
      return span.measured(result)
    }
  }

  /// The bodies of `loop.grain.*`, in nanoseconds. How many rounds that is, the controller says.
  @inlinable public static var grains: [Int] { [0, 10, 100, 1000, 10_000, 100_000, 1_000_000] }

  @inlinable
  public mutating func addLoops<R: LoopRuntime>(_ runtime: R) {
    self["loop.static"] = { regions, _ in RegionLoops.runStatic(runtime, regions: regions) }
    self["loop.dynamic"] = { regions, _ in RegionLoops.runDynamic(runtime, regions: regions) }
    self["loop.quiet"] = { regions, _ in RegionLoops.runQuiet(runtime, regions: regions, pause: 1_000_000) }
    self["loop.parked"] = { regions, _ in RegionLoops.runQuiet(runtime, regions: regions, pause: 100_000_000) }
    self["loop.crowd"] = { regions, _ in RegionLoops.runCrowd(runtime, regions: regions) }
    for grain in Self.grains {
      self["loop.grain.\(grain)"] = { WorkLoops.runUniform(runtime, iterations: $0, rounds: $1) }
    }
    self["loop.tailed"] = { WorkLoops.runTailed(runtime, iterations: $0, unit: $1) }
    self["loop.nested"] = { WorkLoops.runNested(runtime, side: $0, rounds: $1) }
    self["loop.stencil"] = { phases, _ in Stencil.run(runtime, phases: phases) }
    self["loop.reduce"] = { count, _ in WorkLoops.runSum(runtime, count: count) }
    for length in TinyLoops.lengths {
      self["loop.tiny.\(length)"] = { TinyLoops.run(runtime, length, loops: $0, rounds: $1) }
    }
    self["duty"] = { milliseconds, rounds in
      LightLoad.runDuty(milliseconds: milliseconds, rounds: rounds) { runtime.defaultLoop($0, $1) }
    }
    self["idle"] = { milliseconds, _ in LightLoad.runIdle(milliseconds: milliseconds) }
  }

  @inlinable
  public mutating func addTiles<R: TiledRuntime>(_ runtime: R) {
    self["loop.guided"] = { WorkLoops.runGuided(runtime, iterations: $0, unit: $1) }
    self["loop.tiles"] = { passes, _ in TiledSheet.run(runtime, passes: passes) }
  }

  /// For runtimes of which a process can make a second pool.
  @inlinable
  public mutating func addStart<R: SubmissionRuntime>(
    _ make: @escaping (_ workers: Int) -> R, end: @escaping (R) -> Void
  ) {
    self["start"] = { workers, times in
      PoolStart.run(workers: workers, times: times, make: { make(workers) }, end: end)
    }
  }

  @inlinable
  public mutating func addSubmission<R: SubmissionRuntime>(_ runtime: R) {
    self["submit.1"] = { jobs, _ in Submission.runOne(runtime, jobs: jobs) }
    self["submit.8"] = { jobs, _ in Submission.runCrowd(runtime, jobs: jobs) }
    self["submit.batch"] = { jobs, _ in Submission.runBatches(runtime, jobs: jobs) }
    self["submit.latency"] = { times, _ in Submission.runLatency(runtime, times: times) }
    self["submit.latency.8"] = { times, _ in Submission.runCrowdLatency(runtime, times: times) }
    self["wake"] = { times, _ in Submission.runWake(runtime, times: times) }
    self["idle"] = { milliseconds, _ in LightLoad.runIdle(milliseconds: milliseconds) }
  }
}
