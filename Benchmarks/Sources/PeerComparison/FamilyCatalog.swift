internal import Foundation

/// Every family of the comparison, in the order of the report.
package enum FamilyCatalog {
  package static let all = forkJoin + loops + submission + deques + quiet

  private static func power(_ base: Int, _ exponent: Int) -> Int {
    (0..<exponent).reduce(1) { power, _ in power * base }
  }

  private static func fibonacci(_ n: Int) -> UInt64 {
    var (a, b): (UInt64, UInt64) = (0, 1)
    for _ in 0..<n { (a, b) = (b, a &+ b) }
    return a
  }

  private static let forkJoin: [Family] = [
    Family(
      "fib", .forkJoin, "naive Fibonacci, a fork for every call: what a fork costs", per: "call", .steps(Array(16...45))
    ) { n, _ in Double(2 * fibonacci(n + 1) - 1) }
    .with { $0.truth = .known { n, _ in fibonacci(n) } },
    Family(
      "skynet", .forkJoin, "a tree with ten children a node: wide, shallow forks", per: "leaf", .steps(Array(2...9))
    ) { depth, _ in Double(power(10, depth)) }
    .with {
      $0.truth = .known { depth, _ in
        let leaves = UInt64(power(10, depth))
        return leaves / 2 &* (leaves &- 1)
      }
    },
    Family(
      "nqueens", .forkJoin, "boards of n queens, forked in four rows: irregular, coarse", per: "solution",
      .steps(Array(7...17))
    ) { _, solutions in Double(max(solutions, 1)) }
    .with { $0.comparesSizes = false },
    // Operations on what fits a cache cost something else than on what does not.
    Family(
      "matmul", .forkJoin, "a product of matrices, divided and conquered: regular, coarse", per: "multiply-add",
      .steps([64, 128, 256, 512, 1024, 2048, 4096])
    ) { n, _ in Double(n) * Double(n) * Double(n) }
    .with { $0.comparesSizes = false },
    Family(
      "mergesort", .forkJoin, "a merge sort whose merges are parallel too: bound by memory", per: "key",
      .doubling((1 << 12)...(1 << 26))
    ).with { $0.comparesSizes = false },
    // Seeds whose trees have a hundred thousand nodes, then about twice as many from one to the next; the last is T3, for
    // which there is time.
    Family(
      "uts", .forkJoin, "UTS, up to its T3: nobody knows where the work is; SHA-1 decides", per: "node",
      .steps(treeSeeds)
    ) { _, nodes in Double(nodes) }
    .with { $0.budgets = 4 },
    Family(
      "uts.fine", .forkJoin, "the same with a hash of some instructions: what lies ready takes as long as finding it",
      per: "node", .steps(fineTreeSeeds)
    ) { _, nodes in Double(nodes) },
    Family(
      "strassen", .forkJoin, "Strassen's product of matrices: seven forks a level, and memory", per: "multiply-add",
      .steps([64, 128, 256, 512, 1024, 2048, 4096])
    ) { n, _ in
      // Cubed at the leaves, times seven for each doubling above.
      Double(64 * 64 * 64) * Double(power(7, n.trailingZeroBitCount - 6))
    }
    .with { $0.comparesSizes = false },
    Family(
      "knapsack", .forkJoin, "branch and bound: a find anywhere cuts everywhere", per: "search",
      .fixed(56, quick: 44)
    ) { _, _ in 1 }
    .with { $0.comparesSizes = false },
  ]

  /// Higher ones have more nodes: the peers' sizes are compared by these numbers.
  private static let treeSeeds = [7, 9, 18, 19, 34, 42]
  private static let fineTreeSeeds = [5, 6, 12, 14, 22, 31]

  private static let loops: [Family] =
    [
      Family(
        "loop.static", .loops, "an empty static loop, again and again: what handing out costs", per: "region",
        .doubling(64...(1 << 22))
      ).with {
        $0.truth = .known { regions, workers in UInt64(regions * workers) }
        $0.mustBeShared = true
      },
      Family(
        "loop.dynamic", .loops, "an empty dynamic loop, which the caller may finish alone", per: "region",
        .doubling(64...(1 << 22))
      ).with { $0.truth = .known { regions, workers in UInt64(regions * 2 * workers) } },
      Family(
        "loop.quiet", .loops, "an empty static loop after 1 ms of quiet", per: "region", .fixed(100, quick: 30)
      ).with {
        $0.figure = .median
        $0.truth = .known { regions, workers in UInt64(regions * workers) }
        $0.pauses = { Double($0) * 0.001 }
        $0.mostRounds = 3
        $0.mustBeShared = true
      },
      Family(
        "loop.parked", .loops, "an empty static loop after 100 ms of quiet", per: "region", .fixed(5, quick: 2)
      ).with {
        $0.figure = .median
        $0.truth = .known { regions, workers in UInt64(regions * workers) }
        $0.pauses = { Double($0) * 0.1 }
        $0.mostRounds = 3
        $0.mustBeShared = true
      },
    ]
    + [0, 10, 100, 1000, 10_000, 100_000, 1_000_000].map { nanoseconds in
      Family(
        "loop.grain.\(nanoseconds)", .loops, "a loop over iterations of \(nanoseconds) ns, by default",
        per: "iteration",
        .doubling((nanoseconds >= 100_000 ? 2 : 64)...(1 << 28))
      ).with { $0.workNanoseconds = Double(nanoseconds) }
    }
    + [1, 4, 16, 64].map { iterations in
      Family(
        "loop.tiny.\(iterations)", .loops, "a loop too short to share: \(iterations) iterations of 3 ns, by default",
        per: "loop", .doubling(256...(1 << 22))
      ).with { $0.workNanoseconds = 3 }
    }
    + [
      Family(
        "loop.tailed", .loops, "a loop over iterations of very different lengths (Pareto)", per: "iteration",
        .doubling(64...(1 << 24))
      ).with { $0.workNanoseconds = 100 },
      Family(
        "loop.nested", .loops, "a parallel loop in a parallel loop, 100 ns each", per: "iteration",
        .steps([8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096])
      ) { side, _ in Double(side * side) }
      .with { $0.workNanoseconds = 100 },
      Family(
        "loop.guided", .loops, "the same as loop.tailed by a guided schedule", per: "iteration",
        .doubling(64...(1 << 24))
      ).with { $0.workNanoseconds = 100 },
      Family(
        "loop.tiles", .loops, "1024 by 1024 elements transposed in tiles of 64 by 64", per: "pass",
        .doubling(1...(1 << 14))),
      Family(
        "loop.stencil", .loops, "512 by 512 cells, phase after phase: many short loops", per: "phase",
        .doubling(1...(1 << 14))),
      Family("loop.reduce", .loops, "a sum of hashes", per: "element", .doubling(1024...(1 << 28))),
      Family(
        "loop.crowd", .loops, "empty static loops from eight outside threads at once", per: "region",
        .doubling(64...(1 << 20))
      ).with { $0.truth = .known { regions, workers in UInt64(regions / 8 * 8 * workers) } },
    ]

  private static let submission: [Family] = [
    Family("submit.1", .submission, "empty jobs from one outside thread", per: "job", .doubling(256...(1 << 22))),
    Family("submit.8", .submission, "empty jobs from eight outside threads", per: "job", .doubling(256...(1 << 22))),
    Family(
      "submit.batch", .submission, "empty jobs from one outside thread, in batches", per: "job",
      .doubling(256...(1 << 22))),
    Family(
      "submit.latency", .submission, "an empty job from outside and back, one after the other", per: "job",
      .doubling(64...(1 << 18))
    ).with { $0.figure = .median },
    Family(
      "submit.latency.8", .submission, "the same from eight outside threads at once", per: "job",
      .doubling(64...(1 << 18))
    ).with { $0.figure = .median },
    Family(
      "wake", .submission, "from a submission after 20 ms of quiet to the job's start", per: "job",
      .fixed(15, quick: 5)
    ).with {
      $0.figure = .median
      $0.pauses = { Double($0) * 0.02 }
      $0.mostRounds = 3
    },
  ].map { family in family.with { $0.truth = .known { size, _ in UInt64(size) } } }

  private static let deques: [Family] = [
    Family(
      "deque.pair.empty", .deques, "a push and a pop by the owner of an empty deque", per: "pair",
      .doubling(1024...(1 << 26))),
    Family(
      "deque.pair.deep", .deques, "a push and a pop by the owner of a deque with 1000 elements", per: "pair",
      .doubling(1024...(1 << 26))),
    Family(
      "deque.steal.idle", .deques, "steals by a second thread while the owner does nothing", per: "steal",
      .doubling(1024...(1 << 24))),
    Family(
      "deque.steal.busy", .deques, "steals by a second thread while the owner pushes and pops", per: "steal",
      .doubling(1024...(1 << 24))),
    Family(
      "injector.pair", .deques, "a push and a pop through the queue for outside threads", per: "pair",
      .doubling(1024...(1 << 26))),
  ].map { family in
    family.with {
      $0.truth = .known { size, _ in UInt64(size) }
      $0.isOfOneSetting = true
    }
  }

  private static let quiet: [Family] = [
    Family("idle", .quiet, "nothing to do: CPU time", per: "second", .fixed(300, quick: 200)).with {
      $0.figure = .cpuShare
      $0.truth = .known { _, _ in 0 }
      $0.pauses = { 0.3 + Double($0) / 1000 }
      $0.mostRounds = 3
    },
    Family(
      "duty", .quiet, "a loop of 100 us of work every 10 ms, 1% of the time: CPU time", per: "second",
      .fixed(500, quick: 200)
    ).with {
      $0.figure = .cpuShare
      $0.workNanoseconds = 100_000 / 16
      $0.pauses = { Double($0) / 1000 }
      $0.mostRounds = 3
    },
    // As many workers as CPUs; ten pools in a run.
    Family(
      "start", .quiet, "making a pool in a running process, until every worker has run a job", per: "worker",
      .fixed(usableCPUs, quick: usableCPUs)
    ).with { $0.truth = .known { size, _ in UInt64(size) } },
  ]

  private static let usableCPUs = ProcessInfo.processInfo.activeProcessorCount

  /// The families that the words name: names, groups, or beginnings as in `loop.grain*`.
  ///
  /// - Throws: ``UsageError`` for a word that names nothing.
  package static func select(_ words: [String]) throws(UsageError) -> [Family] {
    if words.isEmpty { return all }
    var chosen: Set<String> = []
    for word in words {
      let found = all.filter { family in
        word.hasSuffix("*")
          ? family.name.hasPrefix(word.dropLast()) : family.name == word || family.group.rawValue == word
      }
      guard !found.isEmpty else {
        let groups = Family.Group.allCases.map(\.rawValue)
        throw UsageError(
          "no family is called '\(word)'; there are: \((groups + all.map(\.name)).joined(separator: ", "))")
      }
      chosen.formUnion(found.map(\.name))
    }
    return all.filter { chosen.contains($0.name) }
  }
}
