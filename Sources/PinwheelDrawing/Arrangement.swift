/// Rectangles in rows from left to right, in rows of the length that comes nearest to a wanted shape.
struct Arrangement: Sendable {
  struct Size: Hashable, Sendable {
    var width: Int
    var height: Int
  }

  /// Where each goes, in order.
  private(set) var origins: [(x: Int, y: Int)] = []
  /// Which of them stand in each row.
  let rows: [Range<Int>]
  /// All of them together.
  let size: Size

  /// - Parameter aspect: Width over height that looks good, in percent.
  init(_ sizes: [Size], gap: Int, aspect: Int) {
    var best: (rows: [Range<Int>], size: Size, cost: Int)?
    for count in Self.counts(upTo: sizes.count) {
      let rows = Self.rows(of: sizes, length: Self.width(of: sizes[..<count], gap: gap), gap: gap)
      let size = Self.size(of: sizes, rows: rows, gap: gap)
      let cost = Self.cost(of: sizes, size: size, aspect: aspect)
      if cost < best?.cost ?? .max { best = (rows, size, cost) }
    }
    rows = best?.rows ?? []
    size = best?.size ?? Size(width: 0, height: 0)
    var y = 0
    for row in rows {
      var x = 0
      for index in row {
        origins.append((x, y))
        x += sizes[index].width + gap
      }
      y += (sizes[row].map(\.height).max() ?? 0) + gap
    }
  }

  /// How many to try in the first row: all counts, or of very many things only those that leave no gap, and the powers
  /// of two.
  private static func counts(upTo count: Int) -> [Int] {
    guard count > 0 else { return [] }
    if count <= 64 { return Array(1...count) }
    return (1...count).filter { count % $0 == 0 || $0 & ($0 - 1) == 0 }
  }

  /// Rows that are no longer than the first.
  private static func rows(of sizes: [Size], length: Int, gap: Int) -> [Range<Int>] {
    var (rows, start, x): ([Range<Int>], Int, Int) = ([], 0, 0)
    for (index, size) in sizes.enumerated() {
      if index > start, x + size.width > length {
        rows.append(start..<index)
        (start, x) = (index, 0)
      }
      x += size.width + gap
    }
    return rows + [start..<sizes.count]
  }

  /// How far from the wanted shape, in percent: 0 is just right. Room that stays empty costs, too.
  private static func cost(of sizes: [Size], size: Size, aspect: Int) -> Int {
    let shape = max(size.width * 100 / max(size.height, 1), 1)
    let off = max(shape * 100 / aspect, aspect * 100 / shape) - 100
    let area = max(size.width * size.height, 1)
    let used = sizes.reduce(0) { $0 + $1.width * $1.height }
    return off + 1000 * max(area - used, 0) / area
  }

  private static func width(of row: ArraySlice<Size>, gap: Int) -> Int { row.reduce(-gap) { $0 + $1.width + gap } }

  private static func size(of sizes: [Size], rows: [Range<Int>], gap: Int) -> Size {
    var size = Size(width: 0, height: -gap)
    for row in rows {
      size.width = max(size.width, width(of: sizes[row], gap: gap))
      size.height += (sizes[row].map(\.height).max() ?? 0) + gap
    }
    return size
  }
}
