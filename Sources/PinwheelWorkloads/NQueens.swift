public import Pinwheel

/// Counts the ways to put `n` queens on an `n` by `n` board so that none attacks another.
///
/// An irregular tree: a subtree's size is known only when it has been searched. Boards are three bit sets, so a node is
/// a few instructions; the last ``serialRows`` rows are searched without forking, in every engine.
public struct NQueens: Workload {
  public let name = "nqueens"
  public let summary = "counts the boards with n queens that don't attack each other: irregular forks"
  public let operation = "solution"
  public let sizeUnit = "n"
  public let sizes = Array(6...14)
  public let quickSize = 11

  /// How many rows the leaf of a parallel search covers: some microseconds of work.
  static let serialRows = 6

  /// How many boards there are, from 0 queens on (sequence A000170 of the On-Line Encyclopedia of Integer Sequences).
  static let known = [1, 1, 0, 0, 2, 10, 4, 40, 92, 352, 724, 2_680, 14_200, 73_712, 365_596, 2_279_184, 14_772_512]

  public init() {}

  public func prepare(size: Int) throws(WorkloadError) -> Int {
    try WorkloadError.requireSize(size, in: 0...(Self.known.count - 1), of: name)
    return size
  }

  /// Two and three queens have no solution, and a division by the count needs one.
  public func operationCount(_ n: Int) -> Int { max(1, Self.known[n]) }

  public func runSerial(_ n: Int) -> Int { Board(n).solutions() }
  public func runPool(_ pool: ThreadPool, _ n: Int) -> Int { Self.forked(Board(n), pool) }

  public func check(_ output: Int, for n: Int) throws(WorkloadError) {
    try WorkloadError.requireEqual(output, Self.known[n], of: name)
  }

  @inline(never)
  static func forked(_ board: Board, _ pool: ThreadPool) -> Int {
    if board.rowsLeft <= serialRows { return board.solutions() }
    return forked(board, among: board.free, pool)
  }

  /// Tries the columns in `free`: the first one here, the others as one job that a thief takes whole.
  @inline(never)
  static func forked(_ board: Board, among free: UInt32, _ pool: ThreadPool) -> Int {
    if free == 0 { return 0 }
    let column = free & (0 &- free)
    let others = free ^ column
    if others == 0 { return forked(board.placing(column), pool) }
    let (a, b) = pool.join(
      { forked(board.placing(column), pool) },
      { forked(board, among: others, pool) })
    return a + b
  }

  /// The rows filled so far, as seen from the next one.
  struct Board: Sendable {
    var columns: UInt32 = 0
    var leftDiagonals: UInt32 = 0
    var rightDiagonals: UInt32 = 0
    let all: UInt32
    var rowsLeft: Int

    init(_ n: Int) {
      all = (1 << UInt32(n)) - 1
      rowsLeft = n
    }

    /// The columns of the next row that no queen attacks, as bits.
    var free: UInt32 { all & ~(columns | leftDiagonals | rightDiagonals) }

    /// The same as a list, for engines that fork over indices.
    var freeColumns: [UInt32] {
      var (columns, rest): ([UInt32], UInt32) = ([], free)
      while rest != 0 {
        columns.append(rest & (0 &- rest))
        rest &= rest &- 1
      }
      return columns
    }

    /// The board with a queen on `column` of the next row.
    func placing(_ column: UInt32) -> Board {
      var next = self
      next.columns |= column
      next.leftDiagonals = (leftDiagonals | column) << 1
      next.rightDiagonals = (rightDiagonals | column) >> 1
      next.rowsLeft &-= 1
      return next
    }

    @inline(never)
    func solutions() -> Int {
      if rowsLeft == 0 { return 1 }
      var count = 0
      var candidates = free
      while candidates != 0 {
        let column = candidates & (0 &- candidates)
        candidates ^= column
        count &+= placing(column).solutions()
      }
      return count
    }
  }
}
