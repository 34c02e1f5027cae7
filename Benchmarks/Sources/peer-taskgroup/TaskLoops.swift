import CBenchmarkSystem
import PeerKit
import PeerProtocol

// Loops as groups of child tasks, each with a part of the range.

extension TaskRuntime {
  /// Parts a worker of a loop whose schedule nobody names, and of one whose iterations differ much.
  private static let (parts, unevenParts) = (16, 64)

  func addLoops(to table: inout FamilyTable) {
    let tasks = self
    table["loop.static"] = { regions, _ in tasks.regions(regions, pause: nil) }
    table["loop.quiet"] = { regions, _ in tasks.regions(regions, pause: 1_000_000) }
    table["loop.parked"] = { regions, _ in tasks.regions(regions, pause: 100_000_000) }
    table["loop.dynamic"] = { regions, _ in tasks.dynamicRegions(regions) }
    table["loop.crowd"] = { regions, _ in tasks.crowd(regions) }
    for grain in FamilyTable.grains {
      table["loop.grain.\(grain)"] = { count, rounds in
        tasks.sum { sum in
          await tasks.loop(count, parts: Self.parts * tasks.workers) {
            sum.add(WorkLoops.uniform($0, rounds: rounds))
          }
        }
      }
    }
    table["loop.tailed"] = { count, unit in
      tasks.sum { sum in
        await tasks.loop(count, parts: Self.unevenParts * tasks.workers) {
          sum.add(WorkLoops.tailed($0, unit: unit))
        }
      }
    }
    table["loop.nested"] = { side, rounds in tasks.nested(side, rounds) }
    table["loop.stencil"] = { phases, _ in tasks.stencil(phases) }
    table["loop.reduce"] = { count, _ in tasks.sum(count) }
    for length in TinyLoops.lengths {
      table["loop.tiny.\(length)"] = { loops, rounds in
        TinyLoops.run(length, rounds: rounds) { tiny, length in
          wait {
            await timed {
              for _ in 0..<loops { await tasks.loop(length, parts: Self.parts * tasks.workers) { tiny.step($0) } }
            }.span
          }
        }
      }
    }
    table["duty"] = { milliseconds, rounds in
      LightLoad.runDuty(milliseconds: milliseconds, rounds: rounds) { count, body in
        wait { await tasks.loop(count, parts: Self.parts * tasks.workers, body) }
      }
    }
  }

  private func sum(_ body: @escaping @Sendable (SharedSum) async -> Void) -> Measured {
    WorkLoops.sumTimed { sum in wait { await timed { await body(sum) }.span } }
  }

  /// Empty loops of an iteration a worker; with a pause each is timed by itself.
  private func regions(_ regions: Int, pause: UInt64?) -> Measured {
    PaddedCounters.with(workers) { counters in
      RegionLoops.Attendance.with(regions: regions, workers: workers) { attendance in
        let ((sum, median), span) = wait {
          await timed {
            var samples = Samples(capacity: regions)
            for region in 0..<regions {
              if let pause { bench_sleep(pause) }
              let start = pause == nil ? 0 : bench_now()
              await loop(workers, parts: workers) { range in
                for iteration in range {
                  counters.increment(iteration)
                  attendance.note(region, iteration)
                }
              }
              if pause != nil { samples.add(bench_now() - start) }
            }
            return (samples.sum, samples.median)
          }
        }
        guard pause != nil else { return span.measured(counters.total, ["both": attendance.complete]) }
        return Span(wall: sum, cpu: span.cpu)
          .measured(counters.total, ["both": attendance.complete, "median": median])
      }
    }
  }

  private func dynamicRegions(_ regions: Int) -> Measured {
    let iterations = 2 * workers
    return PaddedCounters.with(iterations) { counters in
      let (_, span) = wait {
        await timed {
          for _ in 0..<regions {
            await loop(iterations, parts: iterations) { for iteration in $0 { counters.increment(iteration) } }
          }
        }
      }
      return span.measured(counters.total)
    }
  }

  private func crowd(_ regions: Int) -> Measured {
    PaddedCounters.with(OutsideThreads.count * workers) { counters in
      let (running, end) = OutsideThreads.run(OutsideThreads.count) { thread in
        wait {
          for _ in 0..<(regions / OutsideThreads.count) {
            await loop(workers, parts: workers) { range in
              for iteration in range { counters.increment(thread * workers + iteration) }
            }
          }
        }
      }
      return running.end(at: end).measured(counters.total)
    }
  }

  private func nested(_ side: Int, _ rounds: Int) -> Measured {
    sum { sum in
      await withDiscardingTaskGroup { group in
        let parts = min(side, Self.parts * workers)
        for part in 0..<parts {
          group.addTask {
            for row in Strides.part(part, of: parts, side) {
              await loop(side, parts: Self.parts * workers) { columns in
                let first = row * side
                sum.add(
                  WorkLoops.uniform((first + columns.lowerBound)..<(first + columns.upperBound), rounds: rounds))
              }
            }
          }
        }
      }
    }
  }

  private func stencil(_ phases: Int) -> Measured {
    Stencil.with { stencil in
      let (_, span) = wait {
        await timed {
          for phase in 0..<phases {
            await loop(Stencil.innerRows, parts: workers) { stencil.step(phase, rows: $0) }
          }
        }
      }
      return span.measured(stencil.sum(after: phases))
    }
  }

  private func sum(_ count: Int) -> Measured {
    let parts = min(count, Self.parts * workers)
    let (sum, span) = wait {
      await timed {
        await forkSum(parts) { part in
          Strides.part(part, of: parts, count).reduce(0) { $0 &+ Arithmetic.singleRandom(UInt64($1)) }
        }
      }
    }
    return span.measured(sum)
  }
}
