/// What a loop in tiles goes through. Its elements are numbered by planes, then rows, then columns; two dimensions are one
/// plane.
struct Block: Sendable {
  struct Side: Sendable {
    var lower: Int
    var count: Int
    /// Indices a tile, at most.
    var tile: Int

    static let none = Side(lower: 0, count: 0, tile: 1)

    var range: Range<Int> { lower..<(lower + count) }
    var tiles: Int { count == 0 ? 0 : (count - 1) / tile + 1 }
  }

  var planes: Side
  var rows: Side
  var columns: Side
  /// Whether the loop is told how large tiles are to be.
  var isCut: Bool

  static let empty = Block(planes: .none, rows: .none, columns: .none, isCut: false)

  var count: Int { planes.count * rows.count * columns.count }
  var tiles: Int { planes.tiles * rows.tiles * columns.tiles }

  /// The number of an element, or nil if it is not in the block.
  func number(_ plane: Int, _ row: Int, _ column: Int) -> Int? {
    guard planes.range.contains(plane) && rows.range.contains(row) && columns.range.contains(column) else { return nil }
    return ((plane - planes.lower) * rows.count + (row - rows.lower)) * columns.count + (column - columns.lower)
  }
}

extension Block.Side {
  /// Whether a tile may look like that on this side.
  func mayHave(_ part: Range<Int>, isCut: Bool) -> Bool {
    guard !part.isEmpty && range.contains(part.lowerBound) && part.upperBound <= range.upperBound else { return false }
    let offset = part.lowerBound - lower
    return !isCut || (offset % tile == 0 && part.count == min(tile, count - offset))
  }
}

extension Block: CustomStringConvertible {
  var description: String {
    let sides = [planes, rows, columns]
    let lengths = sides.map { "\($0.count) from \($0.lower)" }.joined(separator: " x ")
    return lengths + (isCut ? ", tiles of " + sides.map { "\($0.tile)" }.joined(separator: " x ") : "")
  }
}
