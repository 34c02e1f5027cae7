/// `strassen`: seven products of half the side a level (Strassen, 1969), all of them forked.
public enum Strassen {
  /// One side of a product: a quarter, or the sum or difference of two.
  public struct Operand: Sendable {
    @usableFromInline let first: (Int, Int)
    @usableFromInline let second: (Int, Int)?
    @usableFromInline let sign: Double

    @inlinable
    init(_ first: (Int, Int), _ sign: Double = 0, _ second: (Int, Int)? = nil) {
      (self.first, self.second, self.sign) = (first, second, sign)
    }
  }

  /// The seven products' operands; quarters by row and column.
  @inlinable
  public static func operands(_ product: Int) -> (a: Operand, b: Operand) {
    switch product {
    case 0: (Operand((0, 0), 1, (1, 1)), Operand((0, 0), 1, (1, 1)))
    case 1: (Operand((1, 0), 1, (1, 1)), Operand((0, 0)))
    case 2: (Operand((0, 0)), Operand((0, 1), -1, (1, 1)))
    case 3: (Operand((1, 1)), Operand((1, 0), -1, (0, 0)))
    case 4: (Operand((0, 0), 1, (0, 1)), Operand((1, 1)))
    case 5: (Operand((1, 0), -1, (0, 0)), Operand((0, 0), 1, (0, 1)))
    default: (Operand((0, 1), -1, (1, 1)), Operand((1, 0), 1, (1, 1)))
    }
  }

  /// Memory for an operand, if it takes any.
  @inlinable
  public static func room(for operand: Operand, _ half: Int) -> SharedBuffer<Double> {
    SharedBuffer<Double>(operand.second == nil ? 0 : half * half, of: 0)
  }

  /// The operand as a matrix: the quarter itself, or a sum, in `room`.
  @inlinable
  public static func value(
    _ operand: Operand, of matrix: Matrix, half: Int, in room: SharedView<Double>
  ) -> Matrix {
    let first = matrix.from(operand.first.0 &* half, operand.first.1 &* half)
    guard let place = operand.second else { return first }
    let sum = Matrix(room, stride: half)
    add(first, operand.sign, matrix.from(place.0 &* half, place.1 &* half), to: sum, half)
    return sum
  }

  /// Calls `body` with both operands of a product.
  @inlinable @inline(__always)
  static func withOperands(_ product: Int, _ a: Matrix, _ b: Matrix, half: Int, _ body: (Matrix, Matrix) -> Void) {
    let operands = operands(product)
    let (left, right) = (room(for: operands.a, half), room(for: operands.b, half))
    withExtendedLifetime((left, right)) {
      body(
        value(operands.a, of: a, half: half, in: left.view), value(operands.b, of: b, half: half, in: right.view))
    }
  }

  @inline(never) @usableFromInline
  static func add(_ a: Matrix, _ sign: Double, _ b: Matrix, to c: Matrix, _ n: Int) {
    for i in 0..<n {
      let (left, right) = (a.elements.base + i &* a.stride, b.elements.base + i &* b.stride)
      let target = c.elements.base + i &* c.stride
      for j in 0..<n { target[j] = left[j] + sign * right[j] }
    }
  }

  /// Puts the seven products, n by n each, together.
  @inline(never)
  public static func combine(_ products: SharedView<Double>, into c: Matrix, half: Int) {
    let area = half &* half
    for i in 0..<half {
      let row = products.base + i &* half
      let (top, bottom) = (c.elements.base + i &* c.stride, c.elements.base + (i &+ half) &* c.stride)
      for j in 0..<half {
        let (p1, p2, p3, p4) = (row[j], row[area &+ j], row[2 &* area &+ j], row[3 &* area &+ j])
        let (p5, p6, p7) = (row[4 &* area &+ j], row[5 &* area &+ j], row[6 &* area &+ j])
        top[j] = p1 + p4 - p5 + p7
        top[half &+ j] = p3 + p5
        bottom[j] = p2 + p4
        bottom[half &+ j] = p1 - p2 + p3 + p6
      }
    }
  }

  /// Multiplies n by n matrices, n a power of 2 or at most 64; `c` holds zeros.
  @inline(never)
  public static func serial(_ a: Matrix, _ b: Matrix, _ c: Matrix, _ n: Int) {
    if n <= Matrix.leaf { return Matrix.addProduct(a, b, to: c, m: n, k: n, n: n) }
    let half = n / 2
    SharedBuffer<Double>.with(7 * half * half, of: 0) { products in
      for index in 0..<7 {
        withOperands(index, a, b, half: half) { a, b in
          serial(a, b, Matrix(products.from(index * half * half), stride: half), half)
        }
      }
      combine(products, into: c, half: half)
    }
  }

  @inlinable @inline(never)
  public static func forked<R: ForkJoinRuntime>(_ runtime: R, _ a: Matrix, _ b: Matrix, _ c: Matrix, _ n: Int) {
    if n <= Matrix.leaf { return Matrix.addProduct(a, b, to: c, m: n, k: n, n: n) }
    let half = n / 2
    SharedBuffer<Double>.with(7 * half * half, of: 0) { products in
      _ = runtime.forkSum(7) { index in
        withOperands(index, a, b, half: half) { a, b in
          forked(runtime, a, b, Matrix(products.from(index * half * half), stride: half), half)
        }
        return 0
      }
      combine(products, into: c, half: half)
    }
  }
}
