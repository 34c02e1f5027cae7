public import CBenchmarkSystem
public import PeerProtocol

/// Loops that do next to nothing: what it costs to hand one out and to know that it has ended.
public enum RegionLoops {
  /// Who ran which iteration of which region: a byte each, written by its runner and read after the clock has stopped.
  public struct Attendance: Sendable {
    @usableFromInline let runners: SharedView<UInt8>
    @usableFromInline let regions, workers: Int

    @inlinable
    public static func with<R>(regions: Int, workers: Int, _ body: (Attendance) throws -> R) rethrows -> R {
      try SharedBuffer<UInt8>.with(regions * workers, of: 0) {
        try body(Attendance(runners: $0, regions: regions, workers: workers))
      }
    }

    @inlinable
    init(runners: SharedView<UInt8>, regions: Int, workers: Int) {
      (self.runners, self.regions, self.workers) = (runners, regions, workers)
    }

    @inlinable @inline(__always)
    public func note(_ region: Int, _ iteration: Int) {
      runners[iteration &* regions &+ region] = UInt8(truncatingIfNeeded: bench_thread_number())
    }

    /// How many regions were run by as many threads as there are workers.
    public var complete: UInt64 {
      var count: UInt64 = 0
      for region in 0..<regions {
        if Set((0..<workers).map { runners[$0 * regions + region] }).count == workers { count += 1 }
      }
      return count
    }
  }

  @inlinable
  public static func runStatic<R: LoopRuntime>(_ runtime: R, regions: Int) -> Measured {
    let workers = runtime.workers
    return PaddedCounters.with(workers) { counters in
      Attendance.with(regions: regions, workers: workers) { attendance in
        let (_, span) = timed {
          for region in 0..<regions {
            runtime.staticLoop(workers) { range in
              for iteration in range {
                counters.increment(iteration)
                attendance.note(region, iteration)
              }
            }
          }
        }
        return span.measured(counters.total, ["both": attendance.complete])
      }
    }
  }

  /// The same with a pause before each region that is not timed, though its CPU time counts.
  @inlinable
  public static func runQuiet<R: LoopRuntime>(_ runtime: R, regions: Int, pause: UInt64) -> Measured {
    let workers = runtime.workers
    return PaddedCounters.with(workers) { counters in
      Attendance.with(regions: regions, workers: workers) { attendance in
        var samples = Samples(capacity: regions)
        let (_, span) = timed {
          for region in 0..<regions {
            bench_sleep(pause)
            let start = bench_now()
            runtime.staticLoop(workers) { range in
              for iteration in range {
                counters.increment(iteration)
                attendance.note(region, iteration)
              }
            }
            samples.add(bench_now() &- start)
          }
        }
        return Span(wall: samples.sum, cpu: span.cpu)
          .measured(counters.total, ["both": attendance.complete, "median": samples.median])
      }
    }
  }

  @inlinable
  public static func runDynamic<R: LoopRuntime>(_ runtime: R, regions: Int) -> Measured {
    let iterations = 2 * runtime.workers
    return PaddedCounters.with(iterations) { counters in
      let (_, span) = timed {
        for _ in 0..<regions { runtime.dynamicLoop(iterations) { counters.increment($0) } }
      }
      return span.measured(counters.total)
    }
  }

  /// Eight threads from outside at once.
  @inlinable
  public static func runCrowd<R: LoopRuntime>(_ runtime: R, regions: Int) -> Measured {
    let workers = runtime.workers
    return PaddedCounters.with(OutsideThreads.count * workers) { counters in
      let (running, end) = OutsideThreads.run(OutsideThreads.count) { thread in
        for _ in 0..<(regions / OutsideThreads.count) {
          runtime.staticLoop(workers) { range in
            for iteration in range { counters.increment(thread &* workers &+ iteration) }
          }
        }
      }
      return running.end(at: end).measured(counters.total)
    }
  }
}

/// Loops whose iterations work.
public enum WorkLoops {
  @inlinable @inline(__always)
  public static func uniform(_ range: Range<Int>, rounds: Int) -> UInt64 {
    var result: UInt64 = 0
    for index in range { result &+= Arithmetic.work(UInt64(truncatingIfNeeded: index), rounds: rounds) }
    return result
  }

  /// Rounds of an iteration whose lengths have a Pareto tail: half of them one unit or two, one in a thousand a
  /// thousand units.
  @inlinable @inline(__always)
  public static func tailedRounds(_ index: Int, unit: Int) -> Int {
    let draw = Int(truncatingIfNeeded: Arithmetic.random(UInt64(truncatingIfNeeded: index)) & ((1 << 20) - 1))
    return min(unit &* ((1 << 20) / (1 &+ draw)), unit &* 4096)
  }

  @inlinable @inline(__always)
  public static func tailed(_ range: Range<Int>, unit: Int) -> UInt64 {
    var result: UInt64 = 0
    for index in range {
      let rounds = tailedRounds(index, unit: unit)
      result &+= Arithmetic.work(UInt64(truncatingIfNeeded: index), rounds: rounds)
    }
    return result
  }

  /// Times `loop`, whose parts feed a sum.
  @inlinable @inline(__always)
  public static func sumTimed(_ loop: (SharedSum) -> Span) -> Measured {
    var span = Span(wall: 0, cpu: 0)
    let sum = SharedSum.with { span = loop($0) }
    return span.measured(sum)
  }

  @inlinable
  public static func runUniform<R: LoopRuntime>(_ runtime: R, iterations: Int, rounds: Int) -> Measured {
    sumTimed { sum in timed { runtime.defaultLoop(iterations) { sum.add(uniform($0, rounds: rounds)) } }.span }
  }

  @inlinable
  public static func runTailed<R: LoopRuntime>(_ runtime: R, iterations: Int, unit: Int) -> Measured {
    sumTimed { sum in timed { runtime.unevenLoop(iterations) { sum.add(tailed($0, unit: unit)) } }.span }
  }

  @inlinable
  public static func runGuided<R: TiledRuntime>(_ runtime: R, iterations: Int, unit: Int) -> Measured {
    sumTimed { sum in timed { runtime.guidedLoop(iterations) { sum.add(tailed($0, unit: unit)) } }.span }
  }

  @inlinable
  public static func runNested<R: LoopRuntime>(_ runtime: R, side: Int, rounds: Int) -> Measured {
    sumTimed { sum in
      timed {
        runtime.defaultLoop(side) { rows in
          for row in rows {
            runtime.defaultLoop(side) { columns in
              let first = row &* side
              sum.add(uniform((first &+ columns.lowerBound)..<(first &+ columns.upperBound), rounds: rounds))
            }
          }
        }
      }.span
    }
  }

  @inlinable
  public static func runSum<R: LoopRuntime>(_ runtime: R, count: Int) -> Measured {
    let (sum, span) = timed { runtime.sum(count) { Arithmetic.singleRandom(UInt64(truncatingIfNeeded: $0)) } }
    return span.measured(sum)
  }
}
