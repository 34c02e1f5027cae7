import Synchronization
import Testing

@testable import Pinwheel

extension PoolTests {
  /// Loops over two and three ranges.
  @Suite
  struct TileTests {
    private let shapes: [(Range<Int>, Range<Int>, Range<Int>)] = [
      (0..<1, 0..<1, 0..<1), (0..<0, 0..<5, 0..<5), (0..<3, 0..<0, 0..<5), (0..<3, 2..<5, 0..<0),
      (-2..<3, 4..<11, -9..<10),
      (0..<1, 0..<130, 0..<2), (0..<1, 0..<2, 0..<200), (5..<6, 0..<20, 0..<20), (0..<40, 0..<2, 0..<2),
    ]
    private let tiles: [(Int, Int, Int)?] = [nil, (1, 1, 1), (2, 5, 7), (.max, .max, .max), (0, -3, 4)]

    @Test(arguments: workerCounts)
    func everyElementOnce(workers: Int) throws {
      let pool = try makePool(workers)
      for (planes, rows, columns) in shapes {
        let expected = planes.flatMap { z in rows.flatMap { y in columns.map { x in (z * 1000 + y) * 1000 + x } } }
        let flat = rows.flatMap { y in columns.map { x in y * 1000 + x } }
        for tile in tiles {
          for schedule in ScheduleTests.all {
            let seen = Mutex<[Int]>([])
            func sorted() -> [Int] {
              seen.withLock { all in
                defer { all = [] }
                return all.sorted()
              }
            }
            pool.parallelFor(
              planes: planes, rows: rows, columns: columns, tile: tile.map { ($0.0, $0.1, $0.2) }, schedule: schedule
            ) { z, y, x in seen.withLock { $0.append((z * 1000 + y) * 1000 + x) } }
            #expect(sorted() == expected, "\(planes) \(rows) \(columns) \(String(describing: tile)) \(schedule)")
            pool.parallelFor(rows: rows, columns: columns, tile: tile.map { ($0.1, $0.2) }, schedule: schedule) {
              y, x in
              seen.withLock { $0.append(y * 1000 + x) }
            }
            #expect(sorted() == flat, "\(rows) \(columns) \(String(describing: tile)) \(schedule)")
          }
        }
      }
    }

    @Test func tilesHaveTheSizeAskedForAndComeInOrder() throws {
      let pool = try makeSettledPool(1)
      let seen = Mutex<[[Range<Int>]]>([])
      pool.parallelFor(tilesOfRows: 10..<15, columns: 0..<5, tile: (rows: 2, columns: 3)) { rows, columns in
        seen.withLock { $0.append([rows, columns]) }
      }
      #expect(
        seen.withLock { $0 } == [
          [10..<12, 0..<3], [10..<12, 3..<5], [12..<14, 0..<3], [12..<14, 3..<5], [14..<15, 0..<3], [14..<15, 3..<5],
        ])
      seen.withLock { $0 = [] }
      pool.parallelFor(tilesOfPlanes: 0..<3, rows: 0..<2, columns: 0..<9, tile: (2, 2, 9)) { planes, rows, columns in
        seen.withLock { $0.append([planes, rows, columns]) }
      }
      #expect(seen.withLock { $0 } == [[0..<2, 0..<2, 0..<9], [2..<3, 0..<2, 0..<9]])
    }

    /// As large as suits a cache, unless there would be too few for the workers.
    @Test func suitableTiles() {
      func tile(_ planes: UInt, _ rows: UInt, _ columns: UInt, _ workers: UInt) -> [UInt] {
        let tile = Tiling.suitable(planes, rows, columns, workers: workers)
        return [tile.0, tile.1, tile.2]
      }
      #expect(tile(1, 2000, 2000, 8) == [1, 32, 128])
      #expect(tile(1, 1_000_000, 3, 8) == [1, 1365, 3])
      #expect(tile(1, 1, 1_000_000, 8) == [1, 1, 128])
      #expect(tile(500, 500, 500, 8) == [8, 8, 64])
      #expect(tile(1, 16, 16, 2) == [1, 1, 8])
      #expect(tile(1, 2, 2, 64) == [1, 1, 1])
      #expect(tile(.max, .max, .max, 64) == [8, 8, 64])
      for workers in [1, 2, 64] as [UInt] {
        for (planes, rows, columns) in [(1, 100, 100), (1, 5000, 7), (50, 50, 50), (3, 1000, 2)] as [(UInt, UInt, UInt)]
        {
          let (z, y, x) = Tiling.suitable(planes, rows, columns, workers: workers)
          #expect(z * y * x <= Tiling.elements && z <= planes && y <= rows && x <= columns)
          let tiles = ((planes - 1) / z + 1) * ((rows - 1) / y + 1) * ((columns - 1) / x + 1)
          #expect(tiles >= min(Tiling.tilesPerWorker * workers, planes * rows * columns / 8))
        }
      }
    }

    /// Ranges whose product no integer holds: the first error ends them.
    @Test(arguments: [1, 2])
    func hugeRangesDoNotTrap(workers: Int) throws {
      let pool = try makePool(workers)
      let all = Int.min..<Int.max
      for tile in tiles {
        #expect(throws: Oops.self) {
          try pool.parallelFor(
            tilesOfPlanes: all, rows: all, columns: all, tile: tile.map { ($0.0, $0.1, $0.2) }
          ) { (planes, rows, columns) throws(Oops) in
            if planes.contains(.min), rows.contains(.min), columns.contains(.min) { throw Oops("the first tile") }
            throw Oops("another")
          }
        }
        #expect(throws: Oops.self) {
          try pool.parallelFor(rows: all, columns: all, tile: tile.map { ($0.1, $0.2) }) { (_, _) throws(Oops) in
            throw Oops("an element")
          }
        }
      }
    }

    @Test(arguments: workerCounts)
    func aTileThrows(workers: Int) throws {
      let pool = try makePool(workers)
      let ledger = Ledger()
      for schedule in ScheduleTests.all {
        #expect(
          performing: {
            try pool.parallelFor(rows: 0..<50, columns: 0..<50, tile: (3, 3), schedule: schedule) {
              (row, column) throws(Oops) in
              if row == 31 && column == 17 { throw Oops("31/17", ledger.make()) }
            }
          }, throws: { ($0 as? Oops)?.name == "31/17" })
      }
      #expect(ledger.live == 0)
    }
  }
}
