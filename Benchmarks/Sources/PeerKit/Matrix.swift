/// A square part of a matrix of doubles, by rows.
public struct Matrix: Sendable {
  @usableFromInline let elements: SharedView<Double>
  /// From one row to the next.
  @usableFromInline let stride: Int

  @inlinable
  public init(_ elements: SharedView<Double>, stride: Int) { (self.elements, self.stride) = (elements, stride) }

  @inlinable @inline(__always)
  public func from(_ row: Int, _ column: Int) -> Matrix {
    Matrix(elements.from(row &* stride &+ column), stride: stride)
  }

  /// Sides of blocks that are multiplied by plain loops.
  @inlinable public static var leaf: Int { 64 }

  /// Calls `body` with two factors and room for their product. Elements are small integers, so that every sum is exact.
  public static func with<R>(_ n: Int, _ body: (_ a: Matrix, _ b: Matrix, _ c: Matrix) throws -> R) rethrows -> R {
    try SharedBuffer<Double>.with(n * n, of: 0) { left in
      try SharedBuffer<Double>.with(n * n, of: 0) { right in
        for i in 0..<n {
          for j in 0..<n {
            left[i * n + j] = Double((i * 3 + j * 5) % 7 - 3)
            right[i * n + j] = Double((i * 5 + j * 3) % 5 - 2)
          }
        }
        return try SharedBuffer<Double>.with(n * n, of: 0) { product in
          try body(Matrix(left, stride: n), Matrix(right, stride: n), Matrix(product, stride: n))
        }
      }
    }
  }

  /// What a product is compared by: its elements, weighted by where they stand.
  public func checksum(_ n: Int) -> UInt64 {
    var sum: UInt64 = 0
    for i in 0..<n {
      for j in 0..<n {
        let element = UInt64(truncatingIfNeeded: Int64(elements[i * stride + j]))
        sum &+= element &* UInt64((i * 31 + j) % 64)
      }
    }
    return sum
  }

  /// Adds the product of an m by k and a k by n block: rows outside, so that the innermost loop runs along rows.
  @inline(never)
  public static func addProduct(_ a: Matrix, _ b: Matrix, to c: Matrix, m: Int, k: Int, n: Int) {
    let (aBase, bBase, cBase) = (a.elements.base, b.elements.base, c.elements.base)
    for i in 0..<m {
      let target = cBase + i &* c.stride
      for l in 0..<k {
        let factor = aBase[i &* a.stride &+ l]
        let source = bBase + l &* b.stride
        for j in 0..<n { target[j] += factor * source[j] }
      }
    }
  }
}

/// `matmul`: divide and conquer over the largest of the three dimensions.
public enum MatrixProduct {
  @inline(never)
  public static func serial(_ a: Matrix, _ b: Matrix, _ c: Matrix, m: Int, k: Int, n: Int) {
    switch split(m: m, k: k, n: n) {
    case .none: Matrix.addProduct(a, b, to: c, m: m, k: k, n: n)
    case .rows(let half):
      serial(a, b, c, m: half, k: k, n: n)
      serial(a.from(half, 0), b, c.from(half, 0), m: m - half, k: k, n: n)
    case .columns(let half):
      serial(a, b, c, m: m, k: k, n: half)
      serial(a, b.from(0, half), c.from(0, half), m: m, k: k, n: n - half)
    case .inner(let half):
      serial(a, b, c, m: m, k: half, n: n)
      serial(a.from(0, half), b.from(half, 0), c, m: m, k: k - half, n: n)
    }
  }

  @inlinable @inline(never)
  public static func forked<R: ForkJoinRuntime>(
    _ runtime: R, _ a: Matrix, _ b: Matrix, _ c: Matrix, m: Int, k: Int, n: Int
  ) {
    switch split(m: m, k: k, n: n) {
    case .none: Matrix.addProduct(a, b, to: c, m: m, k: k, n: n)
    case .rows(let half):
      _ = runtime.join(
        { forked(runtime, a, b, c, m: half, k: k, n: n) },
        { forked(runtime, a.from(half, 0), b, c.from(half, 0), m: m - half, k: k, n: n) })
    case .columns(let half):
      _ = runtime.join(
        { forked(runtime, a, b, c, m: m, k: k, n: half) },
        { forked(runtime, a, b.from(0, half), c.from(0, half), m: m, k: k, n: n - half) })
    case .inner(let half):
      // Both halves add to the same elements.
      forked(runtime, a, b, c, m: m, k: half, n: n)
      forked(runtime, a.from(0, half), b.from(half, 0), c, m: m, k: k - half, n: n)
    }
  }

  public enum Split {
    case none
    case rows(Int)
    case columns(Int)
    case inner(Int)
  }

  /// Of equal dimensions rows go first, then columns: those can run in parallel.
  @inlinable
  public static func split(m: Int, k: Int, n: Int) -> Split {
    let largest = max(m, k, n)
    if largest <= Matrix.leaf { return .none }
    if m == largest { return .rows(m / 2) }
    if n == largest { return .columns(n / 2) }
    return .inner(k / 2)
  }
}
