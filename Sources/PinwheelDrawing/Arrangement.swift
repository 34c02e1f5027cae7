/// Rectangles in rows from left to right, as many a row as comes nearest to a wanted shape.
struct Arrangement: Sendable {
  struct Size: Hashable, Sendable {
    var width: Int
    var height: Int
  }

  /// Where each goes, in order.
  private(set) var origins: [(x: Int, y: Int)] = []
  /// Which row each is in.
  private(set) var rows: [Int] = []
  /// How many there are in a full row.
  let columns: Int
  /// All of them together.
  private(set) var size: Size

  /// - Parameter aspect: Width over height that looks good, in percent.
  init(_ sizes: [Size], gap: Int, aspect: Int) {
    let best = Self.columnCounts(upTo: sizes.count).min { a, b in
      Self.cost(sizes, columns: a, gap: gap, aspect: aspect) < Self.cost(sizes, columns: b, gap: gap, aspect: aspect)
    }
    columns = best ?? 1
    size = Self.total(of: sizes, columns: columns, gap: gap)
    var y = 0
    for start in stride(from: 0, to: sizes.count, by: columns) {
      let row = sizes[start..<min(start + columns, sizes.count)]
      var x = 0
      for size in row {
        origins.append((x, y))
        rows.append(start / columns)
        x += size.width + gap
      }
      y += (row.map(\.height).max() ?? 0) + gap
    }
  }

  /// All counts, or of very many things only those that leave no gap, and the powers of two.
  private static func columnCounts(upTo count: Int) -> [Int] {
    guard count > 0 else { return [] }
    if count <= 64 { return Array(1...count) }
    return (1...count).filter { count % $0 == 0 || $0 & ($0 - 1) == 0 }
  }

  /// How far from the wanted shape, in percent: 0 is just right. Empty room at the end of the last row costs, too.
  private static func cost(_ sizes: [Size], columns: Int, gap: Int, aspect: Int) -> Int {
    let size = total(of: sizes, columns: columns, gap: gap)
    let shape = size.width * 100 / max(size.height, 1)
    let off = max(shape * 100 / aspect, aspect * 100 / max(shape, 1)) - 100
    let empty = (columns - sizes.count % columns) % columns
    return off + 400 * empty / columns
  }

  private static func total(of sizes: [Size], columns: Int, gap: Int) -> Size {
    guard !sizes.isEmpty else { return Size(width: 0, height: 0) }
    var total = Size(width: 0, height: -gap)
    for start in stride(from: 0, to: sizes.count, by: columns) {
      let row = sizes[start..<min(start + columns, sizes.count)]
      total.width = max(total.width, row.reduce(-gap) { $0 + $1.width + gap })
      total.height += (row.map(\.height).max() ?? 0) + gap
    }
    return total
  }
}
