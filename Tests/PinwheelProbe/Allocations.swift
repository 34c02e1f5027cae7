import CPinwheelProbe
import Glibc
import Pinwheel

/// Allocations an operation, on a worker and as an outside caller, where all is specialised (a release build).
func allocations() throws {
  for workers in [1, 2] {
    let pool = try makePool(workers)
    print("\(workers) worker(s), outside caller")
    measureAll(pool, outside: true)
    print("\(workers) worker(s), on a worker")
    try pool.submit { measureAll(pool, outside: false) }.wait()
  }
}

/// 1000 bytes: beside the 24 of a fork, as much as a temporary allocation takes on the stack.
private struct Large: Sendable { var words = InlineArray<125, UInt64>(repeating: 1) }
private struct Fault: Error {}

private func measureAll(_ pool: ThreadPool, outside: Bool) {
  func measure(_ name: String, most: Double, _ operation: () -> Void) {
    let rounds = 2000
    for _ in 0..<rounds { operation() }  // queues grow, metadata is made
    let before = probe_allocations()
    for _ in 0..<rounds { operation() }
    let each = Double(probe_allocations() - before) / Double(rounds)
    print("  \(name): \(each)")
    // One in a hundred rounds is what else may happen in the process.
    check(each <= most + 0.01, "\(name) allocates \(each) times, at most \(most) was promised")
  }

  measure("join, Void", most: 0) { _ = pool.join({}, {}) }
  measure("join, Int", most: 0) { sink(pool.join({ 1 }, { 2 }).1) }
  measure("join, 1000 bytes", most: 0) { sink(pool.join({ Large() }, { Large() }).1.words[7]) }
  measure("join, typed throws", most: 0) {
    do throws(Fault) {
      sink(try pool.join({ () throws(Fault) in 1 }, { () throws(Fault) in 2 }).1)
    } catch {}
  }
  measure("join, typed throws, thrown", most: 0) {
    do throws(Fault) {
      sink(try pool.join({ () throws(Fault) -> Int in throw Fault() }, { () throws(Fault) in 2 }).1)
    } catch {}
  }
  measure("join, any error", most: 0) { sink((try? pool.join({ try maybe(1) }, { try maybe(2) }))?.1) }
  measure("join, a tree of 88", most: 0) { sink(fib(pool, 9)) }
  for schedule in [Schedule.auto, .static, .dynamic(grain: 1), .guided(grain: 2)] {
    measure("parallelFor, \(schedule)", most: 0) { pool.parallelFor(0..<64, schedule: schedule) { sink($0) } }
    measure("parallelFor, \(schedule), typed throws", most: 0) {
      do throws(Fault) {
        try pool.parallelFor(0..<64, schedule: schedule) { (i) throws(Fault) in
          if i < 0 { throw Fault() }
          sink(i)
        }
      } catch {}
    }
    measure("parallelFor, \(schedule), nested", most: 0) {
      pool.parallelFor(0..<4, schedule: schedule) { _ in pool.parallelFor(0..<4, schedule: schedule) { sink($0) } }
    }
  }
  measure("parallelFor, rows and columns", most: 0) {
    pool.parallelFor(rows: 0..<20, columns: 0..<20) { sink($0 + $1) }
  }
  measure("parallelFor, tiles of three ranges", most: 0) {
    pool.parallelFor(tilesOfPlanes: 0..<9, rows: 0..<9, columns: 0..<9, tile: (2, 4, 4)) {
      sink($0.count + $1.count + $2.count)
    }
  }
  measure("team with 3 barriers", most: 0) {
    pool.team { member in for _ in 0..<3 { member.barrier() } }
  }
  measure("team, typed throws, thrown", most: 0) {
    do throws(Fault) {
      try pool.team(throwing: Fault.self) { member throws(Fault) in
        if member.index == 0 { throw Fault() }
        try member.barrier()
      }
    } catch {}
  }
  var array = [Int](repeating: 0, count: 1000)
  measure("forEachChunk", most: 0) {
    pool.forEachChunk(of: &array) { chunk, start in for i in chunk.indices { chunk[i] = start } }
  }
  measure("forEachChunk, of 10", most: 0) {
    pool.forEachChunk(of: &array, size: 10) { chunk, start in for i in chunk.indices { chunk[i] = start } }
  }
  measure("reduce", most: 0) { sink(pool.reduce(0..<1000, identity: 0, leaf: 10, combine: +) { $0 }) }
  measure("reduce over chunks", most: 0) {
    sink(pool.reduce(chunks: 0..<1000, identity: 0, leaf: 10, combine: +) { $0.count })
  }
  measure("reduce over chunks, typed throws", most: 0) {
    do throws(Fault) {
      sink(
        try pool.reduce(chunks: 0..<1000, identity: 0, leaf: 10, combine: +) { (part) throws(Fault) in
          if part.isEmpty { throw Fault() }
          return part.count
        })
    } catch {}
  }
  measure("map (its array and its flags)", most: 2) { sink(pool.map(0..<1000) { $0 }.count) }
  measure("scope, empty", most: 1) { pool.scope { _ in } }
  // The array is captured so that no closure can be a constant.
  let captured = array
  measure("scope with 10 spawns", most: 11) {
    pool.scope { s in for i in captured.indices.prefix(10) { s.spawn { sink(captured[i]) } } }
  }
  measure("scope with 10 spawns that may throw", most: 11) {
    try? pool.scope { s in for i in captured.indices.prefix(10) { s.spawn { sink(try maybe(captured[i])) } } }
  }
  // From outside a block for every 63 jobs, and the last one of a batch may be begun.
  measure("submit of 63 together, and wait", most: outside ? 2 + 2 : 2) {
    if let batch = try? pool.submit(count: 63, { sink(captured[$0]) }) { batch.wait() }
  }
  // An outside thread's queue takes a block for every 63 jobs.
  measure("submit and wait", most: outside ? 2 + 1.0 / 63 : 2) {
    let x = array.count
    if let handle = try? pool.submit({ x }) { sink(handle.wait()) }
  }
}

@inline(never) private func maybe(_ value: Int) throws -> Int {
  if value < 0 { throw Fault() }
  return value
}

/// Uses a value.
@inline(never) @_optimize(none) private func sink<T>(_ value: T) {}
