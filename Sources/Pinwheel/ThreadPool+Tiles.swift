extension ThreadPool {
  /// Calls `body` with every pair of a row and a column, in parallel, tile by tile.
  ///
  /// ```swift
  /// pool.parallelFor(rows: 1..<height - 1, columns: 1..<width - 1) { y, x in
  ///   next[y, x] = (now[y - 1, x] + now[y + 1, x] + now[y, x - 1] + now[y, x + 1]) / 4
  /// }
  /// ```
  ///
  /// Neighbours share what they read as long as it is in the cache, so each thread goes through small rectangles, its
  /// columns innermost: let them be what lies side by side in memory.
  ///
  /// - Parameters:
  ///   - rows: the outer indices.
  ///   - columns: the inner indices.
  ///   - tile: rows and columns of a tile, each at least 1; less at the ends. nil: some 4096 elements, or fewer so that
  ///     there are 16 tiles a worker.
  ///   - schedule: counts tiles: `.dynamic(grain: 2)` is two of them at a time, in order of rows, then columns.
  ///     `.static` gives each worker a band.
  ///   - body: called once for each pair.
  /// - Cost, blocking and errors: as `parallelFor`.
  @inlinable @inline(__always)
  public func parallelFor<E: Error>(
    rows: Range<Int>, columns: Range<Int>, tile: (rows: Int, columns: Int)? = nil, schedule: Schedule = .auto,
    _ body: @Sendable (_ row: Int, _ column: Int) throws(E) -> Void
  ) throws(E) {
    try parallelFor(tilesOfRows: rows, columns: columns, tile: tile, schedule: schedule) { (rows, columns) throws(E) in
      for row in rows {
        for column in columns { try body(row, column) }
      }
    }
  }

  /// Calls `body` with the tiles of rows and columns, in parallel: as ``parallelFor(rows:columns:tile:schedule:_:)``, for
  /// bodies that do better on a rectangle.
  ///
  /// ```swift
  /// pool.parallelFor(tilesOfRows: 0..<n, columns: 0..<n, tile: (32, 32)) { rows, columns in
  ///   for i in rows { for j in columns { b[j, i] = a[i, j] } }
  /// }
  /// ```
  @inlinable @inline(__always)
  public func parallelFor<E: Error>(
    tilesOfRows rows: Range<Int>, columns: Range<Int>, tile: (rows: Int, columns: Int)? = nil,
    schedule: Schedule = .auto, _ body: @Sendable (_ rows: Range<Int>, _ columns: Range<Int>) throws(E) -> Void
  ) throws(E) {
    let tiling = tiling(0..<1, rows, columns, tile: tile.map { (1, $0.rows, $0.columns) })
    try runLoop(0..<Int(tiling.count), schedule, .tiles) { (tiles) throws(E) in
      for index in tiles {
        let tile = tiling[index]
        try body(tile.rows, tile.columns)
      }
    }
  }

  /// Calls `body` with every triple of a plane, a row and a column, in parallel, tile by tile: as
  /// ``parallelFor(rows:columns:tile:schedule:_:)``, with one more dimension around them.
  ///
  /// ```swift
  /// pool.parallelFor(planes: 0..<depth, rows: 0..<height, columns: 0..<width) { z, y, x in
  ///   field[z, y, x] = source(z, y, x)
  /// }
  /// ```
  @inlinable @inline(__always)
  public func parallelFor<E: Error>(
    planes: Range<Int>, rows: Range<Int>, columns: Range<Int>, tile: (planes: Int, rows: Int, columns: Int)? = nil,
    schedule: Schedule = .auto, _ body: @Sendable (_ plane: Int, _ row: Int, _ column: Int) throws(E) -> Void
  ) throws(E) {
    try parallelFor(tilesOfPlanes: planes, rows: rows, columns: columns, tile: tile, schedule: schedule) {
      (planes, rows, columns) throws(E) in
      for plane in planes {
        for row in rows {
          for column in columns { try body(plane, row, column) }
        }
      }
    }
  }

  /// Calls `body` with the tiles of planes, rows and columns, in parallel: as
  /// ``parallelFor(planes:rows:columns:tile:schedule:_:)``, for bodies that do better on a box.
  @inlinable @inline(__always)
  public func parallelFor<E: Error>(
    tilesOfPlanes planes: Range<Int>, rows: Range<Int>, columns: Range<Int>,
    tile: (planes: Int, rows: Int, columns: Int)? = nil, schedule: Schedule = .auto,
    _ body: @Sendable (_ planes: Range<Int>, _ rows: Range<Int>, _ columns: Range<Int>) throws(E) -> Void
  ) throws(E) {
    let tiling = tiling(planes, rows, columns, tile: tile.map { ($0.planes, $0.rows, $0.columns) })
    try runLoop(0..<Int(tiling.count), schedule, .tiles) { (tiles) throws(E) in
      for index in tiles {
        let tile = tiling[index]
        try body(tile.planes, tile.rows, tile.columns)
      }
    }
  }

  @usableFromInline
  func tiling(
    _ planes: Range<Int>, _ rows: Range<Int>, _ columns: Range<Int>, tile: (Int, Int, Int)?
  ) -> Tiling {
    Tiling(planes: planes, rows: rows, columns: columns, tile: tile, workers: slotCount)
  }
}
