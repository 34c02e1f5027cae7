/// A team whose members fill rows of cells, a row a phase, each member its slice; then one of them fills some more, while
/// the others leave. The numbered jobs are the cells, row by row. Nothing of it depends on how many members come.
struct Team: Sendable {
  var pool: Int
  var errors: ErrorForm
  /// Members that are asked for at most.
  var most: Int?
  /// Where the range begins whose slices the members take.
  var lower: Int
  /// Cells a row.
  var width: Int
  var phases: Int
  /// Phases of one member alone.
  var solo: Int
  /// Who that is: the last member, or the first, which is the root of the barrier's tree.
  var lastStays: Bool
  var pause: Pause
  var failing: Set<Int>
  /// Cells that have a call to make.
  var children: [Int: Node]

  var phaseCount: Int { phases + solo }
  var range: Range<Int> { lower..<(lower + width) }

  /// Whether the members share that phase's work.
  func isShared(_ phase: Int) -> Bool { phase < phases }

  func job(_ phase: Int, _ offset: Int) -> Int { phase * width + offset }

  /// What a cell gets: what its job returned, and what the phase before left in the cell and in those beside it. The row is
  /// a ring, so that each member needs cells of others.
  func cell(_ value: UInt64, _ phase: Int, _ offset: Int, before: (Int) -> UInt64) -> UInt64 {
    if phase == 0 { return value }
    return Affine.fold([value, before((offset + width - 1) % width), before(offset), before((offset + 1) % width)])
  }

  /// Whether the member works alone in the phases that are not shared.
  func stays(_ index: Int, of count: Int) -> Bool { index == (lastStays ? count - 1 : 0) }

  /// Whether the member takes part in that phase: those that do not stay leave one after the other.
  func takesPart(_ index: Int, of count: Int, in phase: Int) -> Bool {
    let turn = lastStays ? count - 1 - index : index
    return isShared(phase) || turn == 0 || turn > phase - phases
  }

  /// How many of so many members take part in that phase.
  func members(of count: Int, in phase: Int) -> Int {
    (0..<count).count(where: { takesPart($0, of: count, in: phase) })
  }
}
