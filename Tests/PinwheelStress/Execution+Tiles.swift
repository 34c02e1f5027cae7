import Pinwheel

// Loops in tiles, in every form that the pool has.
extension Indices {
  private var block: Block { loop.block }
  private var flatTile: (rows: Int, columns: Int)? { block.isCut ? (block.rows.tile, block.columns.tile) : nil }
  private var deepTile: (planes: Int, rows: Int, columns: Int)? {
    block.isCut ? (block.planes.tile, block.rows.tile, block.columns.tile) : nil
  }

  /// The job of one element. Two dimensions lie in plane 0.
  private func element(_ plane: Int, _ row: Int, _ column: Int, _ cells: Cells) throws(Oops) {
    guard let number = block.number(plane, row, column) else {
      return scene.run.complain("#\(node.id) was called with \(plane), \(row), \(column), of \(block)")
    }
    cells[number] = try value(number)
  }

  private func elementSurely(_ plane: Int, _ row: Int, _ column: Int, _ cells: Cells) {
    do throws(Oops) { try element(plane, row, column, cells) } catch { complain(error) }
  }

  private func tile(_ planes: Range<Int>, _ rows: Range<Int>, _ columns: Range<Int>, _ cells: Cells) throws(Oops) {
    guard
      block.planes.mayHave(planes, isCut: block.isCut) && block.rows.mayHave(rows, isCut: block.isCut)
        && block.columns.mayHave(columns, isCut: block.isCut)
    else {
      return scene.run.complain("#\(node.id) was called with the tile \(planes), \(rows), \(columns), of \(block)")
    }
    for plane in planes {
      for row in rows {
        for column in columns { try element(plane, row, column, cells) }
      }
    }
  }

  private func tileSurely(_ planes: Range<Int>, _ rows: Range<Int>, _ columns: Range<Int>, _ cells: Cells) {
    do throws(Oops) { try tile(planes, rows, columns, cells) } catch { complain(error) }
  }

  private func complain(_ error: Oops) {
    scene.run.complain("#\(node.id) threw the error of #\(error.id) where nothing throws")
  }

  func runTilesSurely(_ cells: Cells) {
    let (planes, rows, columns) = (block.planes.range, block.rows.range, block.columns.range)
    switch loop.form {
    case .pairs:
      pool.parallelFor(rows: rows, columns: columns, tile: flatTile, schedule: loop.schedule) {
        elementSurely(0, $0, $1, cells)
      }
    case .rectangles:
      pool.parallelFor(tilesOfRows: rows, columns: columns, tile: flatTile, schedule: loop.schedule) {
        tileSurely(0..<1, $0, $1, cells)
      }
    case .triples:
      pool.parallelFor(planes: planes, rows: rows, columns: columns, tile: deepTile, schedule: loop.schedule) {
        elementSurely($0, $1, $2, cells)
      }
    default:
      pool.parallelFor(tilesOfPlanes: planes, rows: rows, columns: columns, tile: deepTile, schedule: loop.schedule) {
        tileSurely($0, $1, $2, cells)
      }
    }
  }

  func runTiles(_ cells: Cells) throws(Oops) {
    let (planes, rows, columns) = (block.planes.range, block.rows.range, block.columns.range)
    switch loop.form {
    case .pairs:
      try pool.parallelFor(rows: rows, columns: columns, tile: flatTile, schedule: loop.schedule) {
        (row, column) throws(Oops) in try element(0, row, column, cells)
      }
    case .rectangles:
      try pool.parallelFor(tilesOfRows: rows, columns: columns, tile: flatTile, schedule: loop.schedule) {
        (rows, columns) throws(Oops) in try tile(0..<1, rows, columns, cells)
      }
    case .triples:
      try pool.parallelFor(planes: planes, rows: rows, columns: columns, tile: deepTile, schedule: loop.schedule) {
        (plane, row, column) throws(Oops) in try element(plane, row, column, cells)
      }
    default:
      try pool.parallelFor(
        tilesOfPlanes: planes, rows: rows, columns: columns, tile: deepTile, schedule: loop.schedule
      ) { (planes, rows, columns) throws(Oops) in try tile(planes, rows, columns, cells) }
    }
  }

  func runTilesAnyhow(_ cells: Cells) throws {
    let (planes, rows, columns) = (block.planes.range, block.rows.range, block.columns.range)
    switch loop.form {
    case .pairs:
      try pool.parallelFor(rows: rows, columns: columns, tile: flatTile, schedule: loop.schedule) {
        try element(0, $0, $1, cells)
      }
    case .rectangles:
      try pool.parallelFor(tilesOfRows: rows, columns: columns, tile: flatTile, schedule: loop.schedule) {
        try tile(0..<1, $0, $1, cells)
      }
    case .triples:
      try pool.parallelFor(planes: planes, rows: rows, columns: columns, tile: deepTile, schedule: loop.schedule) {
        try element($0, $1, $2, cells)
      }
    default:
      try pool.parallelFor(
        tilesOfPlanes: planes, rows: rows, columns: columns, tile: deepTile, schedule: loop.schedule
      ) { try tile($0, $1, $2, cells) }
    }
  }
}
