public import Pinwheel

/// Multiplies two square matrices of doubles: divide and conquer over the tiles of the product.
///
/// The product's tiles are halved along the longer side until one is left, which is computed from a row and a column of
/// tiles. Every tile is written by one job, in the same order of additions, so the result is the serial one bit for
/// bit.
/// The split is that of Cilk's matrix examples.
public struct MatrixMultiply: Workload {
  public let name = "matmul"
  public let summary = "a product of matrices by divide and conquer over tiles: regular, coarse forks"
  public let operation = "multiply-add"
  public let sizeUnit = "rows"
  public let sizes = [64, 128, 256, 512, 1024]
  public let quickSize = 384

  public struct Input: Sendable {
    public var left: TiledMatrix
    public var right: TiledMatrix
  }

  public init() {}

  public func prepare(size: Int) throws(WorkloadError) -> Input {
    try WorkloadError.requireSize(size, in: 1...8192, of: name)
    var input = Input(left: TiledMatrix(side: size), right: TiledMatrix(side: size))
    // Small whole numbers: every sum is exact in a double, so a check need not allow for rounding.
    var random = SplitMix(seed: 1)
    for row in 0..<size {
      for column in 0..<size {
        let bits = random.next()
        input.left[row, column] = Double(Int(bits % 17) - 8)
        input.right[row, column] = Double(Int((bits >> 32) % 17) - 8)
      }
    }
    return input
  }

  public func operationCount(_ input: Input) -> Int { input.left.side * input.left.side * input.left.side }

  public func runSerial(_ input: Input) -> TiledMatrix {
    Self.product(input) { factors, result in
      for row in 0..<factors.tilesPerRow {
        for column in 0..<factors.tilesPerRow { factors.computeTile(row, column, of: result) }
      }
    }
  }

  public func runPool(_ pool: ThreadPool, _ input: Input) -> TiledMatrix {
    Self.product(input) { factors, result in
      let all = 0..<factors.tilesPerRow
      Self.forked(rows: all, columns: all, factors, result, pool)
    }
  }

  /// Freivalds' check (1977): multiplies both sides of `left * right = output` with one vector.
  public func check(_ output: TiledMatrix, for input: Input) throws(WorkloadError) {
    var random = SplitMix(seed: 2)
    let vector = (0..<input.left.side).map { _ in Double(Int(random.next() % 16)) }
    try WorkloadError.requireEqual(output.side, input.left.side, of: name)
    let expected = input.left.times(input.right.times(vector))
    let got = output.times(vector)
    for row in expected.indices { try WorkloadError.requireEqual(got[row], expected[row], of: name) }
  }

  /// Sets up the result and the views of both factors, and lets `body` fill the result.
  @inline(__always)
  static func product(_ input: Input, _ body: (Factors, DisjointBuffer<Double>) -> Void) -> TiledMatrix {
    var (left, right) = (input.left, input.right)
    var result = TiledMatrix(side: input.left.side)
    let tilesPerRow = result.tilesPerRow
    DisjointBuffer.with(&left.storage) { left in
      DisjointBuffer.with(&right.storage) { right in
        DisjointBuffer.with(&result.storage) { result in
          body(Factors(left: left, right: right, tilesPerRow: tilesPerRow), result)
        }
      }
    }
    return result
  }

  @inline(never)
  static func forked(
    rows: Range<Int>, columns: Range<Int>, _ factors: Factors, _ result: DisjointBuffer<Double>, _ pool: ThreadPool
  ) {
    if rows.count == 1 && columns.count == 1 {
      factors.computeTile(rows.lowerBound, columns.lowerBound, of: result)
    } else if rows.count >= columns.count {
      let middle = rows.lowerBound + rows.count / 2
      _ = pool.join(
        { forked(rows: rows.lowerBound..<middle, columns: columns, factors, result, pool) },
        { forked(rows: middle..<rows.upperBound, columns: columns, factors, result, pool) })
    } else {
      let middle = columns.lowerBound + columns.count / 2
      _ = pool.join(
        { forked(rows: rows, columns: columns.lowerBound..<middle, factors, result, pool) },
        { forked(rows: rows, columns: middle..<columns.upperBound, factors, result, pool) })
    }
  }

  /// What every tile of the product is computed from.
  struct Factors: Sendable {
    let left: DisjointBuffer<Double>
    let right: DisjointBuffer<Double>
    let tilesPerRow: Int

    /// Adds up the products of a row of tiles with a column of tiles.
    @inline(never)
    func computeTile(_ row: Int, _ column: Int, of result: DisjointBuffer<Double>) {
      let target = (row &* tilesPerRow &+ column) &* TiledMatrix.tileArea
      for inner in 0..<tilesPerRow {
        multiplyAdd(
          (row &* tilesPerRow &+ inner) &* TiledMatrix.tileArea,
          (inner &* tilesPerRow &+ column) &* TiledMatrix.tileArea, into: target, of: result)
      }
    }

    /// Adds the product of two tiles to a third, four rows by four columns at a time: the sixteen sums stay in
    /// registers while the inner loop runs.
    @inline(__always)
    private func multiplyAdd(_ a: Int, _ b: Int, into c: Int, of result: DisjointBuffer<Double>) {
      let side = TiledMatrix.tileSide
      var row = 0
      while row < side {
        let aRow = a &+ row &* side
        let cRow = c &+ row &* side
        var column = 0
        while column < side {
          var sum0 = quad(result, cRow &+ column)
          var sum1 = quad(result, cRow &+ side &+ column)
          var sum2 = quad(result, cRow &+ 2 &* side &+ column)
          var sum3 = quad(result, cRow &+ 3 &* side &+ column)
          var k = 0
          while k < side {
            let factor = quad(right, b &+ k &* side &+ column)
            sum0 += factor * left[aRow &+ k]
            sum1 += factor * left[aRow &+ side &+ k]
            sum2 += factor * left[aRow &+ 2 &* side &+ k]
            sum3 += factor * left[aRow &+ 3 &* side &+ k]
            k &+= 1
          }
          store(sum0, result, cRow &+ column)
          store(sum1, result, cRow &+ side &+ column)
          store(sum2, result, cRow &+ 2 &* side &+ column)
          store(sum3, result, cRow &+ 3 &* side &+ column)
          column &+= 4
        }
        row &+= 4
      }
    }

    @inline(__always)
    private func quad(_ buffer: DisjointBuffer<Double>, _ index: Int) -> SIMD4<Double> {
      SIMD4(buffer[index], buffer[index &+ 1], buffer[index &+ 2], buffer[index &+ 3])
    }

    @inline(__always)
    private func store(_ value: SIMD4<Double>, _ buffer: DisjointBuffer<Double>, _ index: Int) {
      buffer[index] = value[0]
      buffer[index &+ 1] = value[1]
      buffer[index &+ 2] = value[2]
      buffer[index &+ 3] = value[3]
    }
  }
}
