import Pinwheel

extension Scene {
  func execute(_ loop: Loop, _ node: Node) throws(Oops) -> UInt64 {
    let indices = Indices(scene: inside(sites[loop.pool]), loop: loop, node: node)
    return try indices.reported { () throws(Oops) in
      switch loop.errors {
      case .never: return indices.runSurely()
      case .typed: return try indices.run()
      case .untyped: do { return try indices.runAnyhow() } catch { throw run.oops(error) }
      }
    }
  }
}

/// The jobs of a loop, in every form that the pool has.
struct Indices: Sendable {
  let scene: Scene
  let loop: Loop
  let node: Node

  var pool: ThreadPool { scene.sites[loop.pool].pool }
  private var range: Range<Int> { loop.lower..<(loop.lower + loop.count) }

  /// What an index returns. `offset` counts from 0.
  func value(_ offset: Int) throws(Oops) -> UInt64 {
    try scene.working(on: node, waiters: [node.id]) { () throws(Oops) in try job(offset) }
  }

  private func job(_ offset: Int) throws(Oops) -> UInt64 {
    guard offset >= 0 && offset < loop.count else {
      scene.run.complain("#\(node.id) was called with index \(offset) of \(loop.count)")
      return 0
    }
    return try scene.numbered(
      node.id + 1 + offset, loop.pause, fails: loop.failing.contains(offset), loop.children[offset])
  }

  func valueSurely(_ offset: Int) -> UInt64 {
    do throws(Oops) { return try value(offset) } catch {
      scene.run.complain("#\(node.id) threw the error of #\(error.id) where nothing throws")
      return 0
    }
  }

  /// All values of a chunk, in the span that begins at offset `start`.
  private func fill(_ chunk: inout MutableSpan<UInt64>, _ start: Int) throws(Oops) {
    _ = try scene.working(on: node, waiters: [node.id]) { () throws(Oops) in
      for index in chunk.indices {
        if chunk[index] != UInt64(start + index) {
          scene.run.complain("#\(node.id): element \(start + index) was \(chunk[index]) before its job")
        }
        chunk[index] = try job(start + index)
      }
      return 0
    }
  }

  private func fillSurely(_ chunk: inout MutableSpan<UInt64>, _ start: Int) {
    do throws(Oops) { try fill(&chunk, start) } catch {
      scene.run.complain("#\(node.id) threw the error of #\(error.id) where nothing throws")
    }
  }

  /// The values of a chunk, in order.
  private func fold(_ chunk: Range<Int>) throws(Oops) -> Affine {
    if chunk.isEmpty { scene.run.complain("#\(node.id) folds a chunk without indices") }
    var sum = Affine.identity
    for index in chunk { sum = Affine.combine(sum, Affine(try value(index - loop.lower))) }
    return sum
  }

  private func foldSurely(_ chunk: Range<Int>) -> Affine {
    do throws(Oops) { return try fold(chunk) } catch {
      scene.run.complain("#\(node.id) threw the error of #\(error.id) where nothing throws")
      return Affine.identity
    }
  }

  func result(_ values: some Sequence<UInt64>) -> UInt64 {
    Affine.fold([Model.value(node.id)] + Array(values))
  }

  private var unfilled: [UInt64] { (0..<loop.count).map { UInt64($0) } }

  func runSurely() -> UInt64 {
    let cells = Cells(loop.count)
    let lower = loop.lower
    switch loop.form {
    case .indices:
      pool.parallelFor(range, schedule: loop.schedule) { cells[$0 - lower] = valueSurely($0 - lower) }
      return result(cells.values)
    case .chunks:
      pool.parallelFor(chunks: range, schedule: loop.schedule) { chunk in
        for index in chunk { cells[index - lower] = valueSurely(index - lower) }
      }
      return result(cells.values)
    case .array:
      var array = unfilled
      pool.forEachChunk(of: &array, size: loop.grain) { chunk, start in fillSurely(&chunk, start) }
      return result(array)
    case .span:
      var array = unfilled
      var span = array.mutableSpan
      pool.forEachChunk(of: &span, size: loop.grain) { chunk, start in fillSurely(&chunk, start) }
      return result(array)
    case .map:
      let boxes = pool.map(range) { Box(valueSurely($0 - lower), scene.run) }
      return result(boxes.map(\.word))
    case .reduce:
      let sum = pool.reduce(range, identity: Affine.identity, leaf: loop.grain, combine: Affine.combine) {
        Affine(valueSurely($0 - lower))
      }
      return Affine.combine(Affine(Model.value(node.id)), sum).value
    case .fold:
      let sum = pool.reduce(chunks: range, identity: Affine.identity, leaf: loop.grain, combine: Affine.combine) {
        foldSurely($0)
      }
      return Affine.combine(Affine(Model.value(node.id)), sum).value
    case .regroup:
      let sum = pool.reduce(regrouping: range, identity: Affine.identity, combine: Affine.combine) {
        Affine(valueSurely($0 - lower))
      }
      return Affine.combine(Affine(Model.value(node.id)), sum).value
    case .pairs, .rectangles, .triples, .boxes:
      runTilesSurely(cells)
      return result(cells.values)
    }
  }

  func run() throws(Oops) -> UInt64 {
    let cells = Cells(loop.count)
    let lower = loop.lower
    switch loop.form {
    case .indices:
      try pool.parallelFor(range, schedule: loop.schedule) { (index) throws(Oops) in
        cells[index - lower] = try value(index - lower)
      }
      return result(cells.values)
    case .chunks:
      try pool.parallelFor(chunks: range, schedule: loop.schedule) { (chunk) throws(Oops) in
        for index in chunk { cells[index - lower] = try value(index - lower) }
      }
      return result(cells.values)
    case .array:
      var array = unfilled
      try pool.forEachChunk(of: &array, size: loop.grain) { (chunk, start) throws(Oops) in try fill(&chunk, start) }
      return result(array)
    case .span:
      var array = unfilled
      var span = array.mutableSpan
      try pool.forEachChunk(of: &span, size: loop.grain) { (chunk, start) throws(Oops) in try fill(&chunk, start) }
      return result(array)
    case .map:
      let boxes = try pool.map(range) { (index) throws(Oops) in Box(try value(index - lower), scene.run) }
      return result(boxes.map(\.word))
    case .reduce:
      let sum = try pool.reduce(
        range, identity: Affine.identity, leaf: loop.grain, combine: Affine.combine
      ) { (index) throws(Oops) in Affine(try value(index - lower)) }
      return Affine.combine(Affine(Model.value(node.id)), sum).value
    case .fold:
      let sum = try pool.reduce(
        chunks: range, identity: Affine.identity, leaf: loop.grain, combine: Affine.combine
      ) { (chunk) throws(Oops) in try fold(chunk) }
      return Affine.combine(Affine(Model.value(node.id)), sum).value
    case .regroup:
      let sum = try pool.reduce(
        regrouping: range, identity: Affine.identity, combine: Affine.combine
      ) { (index) throws(Oops) in Affine(try value(index - lower)) }
      return Affine.combine(Affine(Model.value(node.id)), sum).value
    case .pairs, .rectangles, .triples, .boxes:
      try runTiles(cells)
      return result(cells.values)
    }
  }

  func runAnyhow() throws -> UInt64 {
    let cells = Cells(loop.count)
    let lower = loop.lower
    switch loop.form {
    case .indices:
      try pool.parallelFor(range, schedule: loop.schedule) { cells[$0 - lower] = try value($0 - lower) }
      return result(cells.values)
    case .chunks:
      try pool.parallelFor(chunks: range, schedule: loop.schedule) { chunk in
        for index in chunk { cells[index - lower] = try value(index - lower) }
      }
      return result(cells.values)
    case .array:
      var array = unfilled
      try pool.forEachChunk(of: &array, size: loop.grain) { chunk, start in try fill(&chunk, start) }
      return result(array)
    case .span:
      var array = unfilled
      var span = array.mutableSpan
      try pool.forEachChunk(of: &span, size: loop.grain) { chunk, start in try fill(&chunk, start) }
      return result(array)
    case .map:
      let boxes = try pool.map(range) { try Box(value($0 - lower), scene.run) }
      return result(boxes.map(\.word))
    case .reduce:
      let sum = try pool.reduce(
        range, identity: Affine.identity, leaf: loop.grain, combine: Affine.combine
      ) { Affine(try value($0 - lower)) }
      return Affine.combine(Affine(Model.value(node.id)), sum).value
    case .fold:
      let sum = try pool.reduce(
        chunks: range, identity: Affine.identity, leaf: loop.grain, combine: Affine.combine
      ) { try fold($0) }
      return Affine.combine(Affine(Model.value(node.id)), sum).value
    case .regroup:
      let sum = try pool.reduce(
        regrouping: range, identity: Affine.identity, combine: Affine.combine
      ) { Affine(try value($0 - lower)) }
      return Affine.combine(Affine(Model.value(node.id)), sum).value
    case .pairs, .rectangles, .triples, .boxes:
      try runTilesAnyhow(cells)
      return result(cells.values)
    }
  }
}
