/// `strassen`: seven products of half the side a level (Strassen, 1969), all of them forked.
public enum Strassen {
  /// Memory of one level: seven products and the ten sums that go into them, a quarter of the matrix each. Left as it is,
  /// since each is written before it is read.
  @inlinable
  public static func room(_ half: Int) -> SharedBuffer<Double> {
    SharedBuffer<Double>(uninitialized: 17 &* half &* half)
  }

  /// The `index`-th quarter of the room.
  @inlinable
  public static func part(_ index: Int, of room: SharedView<Double>, _ half: Int) -> Matrix {
    Matrix(room.from(index &* half &* half), stride: half)
  }

  /// What the `product`-th product multiplies, in Strassen's order: quarters, or sums of two, which are computed here.
  /// Products lie in the parts 0 to 6 of the room, sums in those above.
  @inlinable
  public static func operands(
    _ product: Int, _ a: Matrix, _ b: Matrix, _ half: Int, in room: SharedView<Double>
  ) -> (Matrix, Matrix) {
    func sum(_ place: Int, _ x: Matrix, _ sign: Double, _ y: Matrix) -> Matrix {
      let sum = part(place, of: room, half)
      add(x, sign, y, to: sum, half)
      return sum
    }
    let (a11, a12, a21, a22) = (a, a.from(0, half), a.from(half, 0), a.from(half, half))
    let (b11, b12, b21, b22) = (b, b.from(0, half), b.from(half, 0), b.from(half, half))
    switch product {
    case 0: return (sum(7, a11, 1, a22), sum(8, b11, 1, b22))
    case 1: return (sum(9, a21, 1, a22), b11)
    case 2: return (a11, sum(10, b12, -1, b22))
    case 3: return (a22, sum(11, b21, -1, b11))
    case 4: return (sum(12, a11, 1, a12), b22)
    case 5: return (sum(13, a21, -1, a11), sum(14, b11, 1, b12))
    default: return (sum(15, a12, -1, a22), sum(16, b21, 1, b22))
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

  /// The product of small blocks: `c` may hold anything.
  @inline(never)
  public static func multiplyLeaf(_ a: Matrix, _ b: Matrix, _ c: Matrix, _ n: Int) {
    for i in 0..<n {
      let row = c.elements.base + i &* c.stride
      for j in 0..<n { row[j] = 0 }
    }
    Matrix.addProduct(a, b, to: c, m: n, k: n, n: n)
  }

  /// Multiplies n by n matrices, n a power of 2 or at most 64.
  @inline(never)
  public static func serial(_ a: Matrix, _ b: Matrix, _ c: Matrix, _ n: Int) {
    if n <= Matrix.leaf { return multiplyLeaf(a, b, c, n) }
    let half = n / 2
    let room = room(half)
    for product in 0..<7 {
      let (left, right) = operands(product, a, b, half, in: room.view)
      serial(left, right, part(product, of: room.view, half), half)
    }
    withExtendedLifetime(room) { combine(room.view, into: c, half: half) }
  }

  @inlinable @inline(never)
  public static func forked<R: ForkJoinRuntime>(_ runtime: R, _ a: Matrix, _ b: Matrix, _ c: Matrix, _ n: Int) {
    if n <= Matrix.leaf { return multiplyLeaf(a, b, c, n) }
    let half = n / 2
    let room = room(half)
    let view = room.view
    _ = runtime.forkSum(7) { product in
      let (left, right) = operands(product, a, b, half, in: view)
      forked(runtime, left, right, part(product, of: view, half), half)
      return 0
    }
    withExtendedLifetime(room) { combine(view, into: c, half: half) }
  }
}
