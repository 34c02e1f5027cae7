internal import CBenchmarkSystem
internal import PeerProtocol

extension FamilyTable {
  /// The families as plain serial Swift, for loops of as many iterations as there are workers.
  static func serial(workers: Int) -> FamilyTable {
    var table = FamilyTable()
    table["fib"] = { n, _ in measure { UInt64(Fibonacci.serial(n)) } }
    table["skynet"] = { depth, _ in measure { Skynet.serial(first: 0, leaves: Skynet.leaves(depth)) } }
    table["nqueens"] = { n, _ in measure { Queens(n).serial() } }
    table["uts"] = { seed, _ in measure { TreeSearch.serial(PublishedTree(seed: seed)) } }
    table["uts.fine"] = { seed, _ in measure { TreeSearch.serial(FineTree(seed: seed)) } }
    table["knapsack"] = { count, _ in Knapsack.with(count) { knapsack in measure { knapsack.serial() } } }
    table["matmul"] = { n, _ in
      Matrix.with(n) { a, b, c in
        let (_, span) = timed { MatrixProduct.serial(a, b, c, m: n, k: n, n: n) }
        return span.measured(c.checksum(n))
      }
    }
    table["strassen"] = { n, _ in
      Matrix.with(n) { a, b, c in
        let (_, span) = timed { Strassen.serial(a, b, c, n) }
        return span.measured(c.checksum(n))
      }
    }
    table["mergesort"] = { count, _ in
      MergeSort.with(count) { keys, room in
        let (_, span) = timed { MergeSort.serial(0..<count, in: keys, with: room) }
        return span.measured(MergeSort.checksum(keys))
      }
    }
    table["loop.static"] = { regions, _ in emptyRegions(regions, of: workers) }
    table["loop.dynamic"] = { regions, _ in emptyRegions(regions, of: 2 * workers) }
    table["loop.crowd"] = { regions, _ in
      emptyRegions(regions / OutsideThreads.count * OutsideThreads.count, of: workers)
    }
    for grain in grains {
      table["loop.grain.\(grain)"] = { count, rounds in measure { WorkLoops.uniform(0..<count, rounds: rounds) } }
    }
    table["loop.tailed"] = { count, unit in measure { WorkLoops.tailed(0..<count, unit: unit) } }
    table["loop.guided"] = table["loop.tailed"]
    for length in TinyLoops.lengths {
      table["loop.tiny.\(length)"] = { TinyLoops.runSerial(length, loops: $0, rounds: $1) }
    }
    table["loop.tiles"] = { passes, _ in TiledSheet.runSerial(passes: passes) }
    table["duty"] = { milliseconds, rounds in
      LightLoad.runDuty(milliseconds: milliseconds, rounds: rounds) { count, body in body(0..<count) }
    }
    table["loop.nested"] = { side, rounds in measure { WorkLoops.uniform(0..<(side * side), rounds: rounds) } }
    table["loop.stencil"] = { phases, _ in Stencil.runSerial(phases: phases) }
    table["loop.reduce"] = { count, _ in
      measure { (0..<UInt64(count)).reduce(0) { $0 &+ Arithmetic.singleRandom($1) } }
    }
    return table
  }

  private static func measure(_ body: () -> UInt64) -> Measured {
    let (result, span) = timed(body)
    return span.measured(result)
  }

  /// The iterations' own cost: a counter in memory each.
  private static func emptyRegions(_ regions: Int, of iterations: Int) -> Measured {
    PaddedCounters.with(iterations) { counters in
      let (_, span) = timed {
        for _ in 0..<regions {
          for iteration in 0..<Int(bench_opaque(UInt64(iterations))) { counters.increment(iteration) }
        }
      }
      return span.measured(counters.total)
    }
  }
}
