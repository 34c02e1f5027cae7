import Glibc
import Pinwheel
import Testing

/// What `scope` throws, what it cancels and waits for, and that nothing a job captured is left.
@Suite(.timeLimit(.minutes(1)), .watched)
struct ScopeErrorTests {
  @Test(arguments: workerCounts)
  func theFirstErrorWins(workers: Int) throws {
    let pool = try makePool(workers)
    for _ in 0..<50 {
      let first = Gate()
      #expect(performing: {
        try pool.scope(throwing: Oops.self) { (s) throws(Oops) in
          s.spawn { () throws(Oops) in
            defer { first.arrive() }
            throw Oops("first")
          }
          if workers > 1 {
            s.spawn { () throws(Oops) in
              first.wait("the first error")
              // The throw and its record are apart by some instructions.
              usleep(2000)
              throw Oops("second")
            }
          }
        }
      }, throws: { ($0 as? Oops)?.name == "first" })
    }
  }

  @Test(arguments: workerCounts)
  func anErrorCancelsTheJobsThatHaveNotStarted(workers: Int) throws {
    let pool = try makePool(workers)
    let (ledger, ran) = (Ledger(), Counter())
    // From inside of a job that all slots are busy with but for this worker's: so the order is its own, newest first.
    let (busy, done) = (Gate(workers - 1), Gate())
    for _ in 1..<max(workers, 1) {
      try pool.submit {
        busy.arrive()
        done.wait("the test to let go")
      }
    }
    busy.wait("the others to be busy")
    try pool.submit { [unowned pool] in
      _ = #expect(throws: Oops.self) {
        try pool.scope { s in
          for _ in 0..<100 {
            let instance = ledger.make()
            s.spawn {
              _ = instance
              ran.add(1)
            }
          }
          s.spawn { throw Oops("last in, first out") }
        }
      }
    }.wait()
    done.arrive()
    #expect(ran.value == 0)
    #expect(ledger.live == 0)
  }

  @Test(arguments: workerCounts)
  func aBodyThatThrowsStillWaits(workers: Int) throws {
    let pool = try makePool(workers)
    for _ in 0..<20 {
      let (begun, ended) = (Gate(), Gate())
      #expect(performing: {
        try pool.scope { s in
          s.spawn {
            begun.arrive()
            usleep(2000)
            ended.arrive()
          }
          if workers > 1 { begun.wait("the job to begin") }
          throw Oops("body")
        }
      }, throws: { ($0 as? Oops)?.name == "body" })
      if begun.isOpen { #expect(ended.isOpen) }
    }
  }

  @Test(arguments: workerCounts)
  func capturesAreReleasedBeforeTheScopeReturns(workers: Int) throws {
    let pool = try makePool(workers)
    let ledger = Ledger()
    for _ in 0..<200 {
      pool.scope { s in
        for _ in 0..<10 {
          let instance = ledger.make()
          s.spawn { _ = instance }
        }
      }
      #expect(ledger.live == 0)
    }
    #expect(ledger.made == 2000)
  }

  @Test(arguments: workerCounts)
  func errorsThatNobodySeesAreDestroyed(workers: Int) throws {
    let pool = try makePool(workers)
    let ledger = Ledger()
    for _ in 0..<50 {
      #expect(throws: Oops.self) {
        try pool.scope(throwing: Oops.self) { (s) throws(Oops) in
          for i in 0..<20 { s.spawn { () throws(Oops) in throw Oops("\(i)", ledger.make()) } }
        }
      }
    }
    // Tickets in the queue may keep the scope for a moment.
    eventually("all errors are destroyed") { ledger.live == 0 }
    #expect(ledger.made >= 50)
  }

  @Test(arguments: workerCounts)
  func theValueOfTheBodyIsReturned(workers: Int) throws {
    let pool = try makePool(workers)
    let ledger = Ledger()
    do {
      let value = pool.scope { s in
        s.spawn {}
        return ledger.make()
      }
      #expect(ledger.live == 1)
      _ = value
    }
    #expect(ledger.live == 0)
  }
}
