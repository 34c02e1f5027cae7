/// A rectangle in whole pixels; y grows downwards.
package struct Frame: Hashable, Sendable {
  package var x: Int
  package var y: Int
  package var width: Int
  package var height: Int

  package init(x: Int = 0, y: Int = 0, width: Int = 0, height: Int = 0) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }

  package var right: Int { x + width }
  package var bottom: Int { y + height }

  /// Whether all of `other` lies in it.
  package func contains(_ other: Frame) -> Bool {
    x <= other.x && y <= other.y && other.right <= right && other.bottom <= bottom
  }

  /// Whether some pixel lies in both.
  package func overlaps(_ other: Frame) -> Bool {
    x < other.right && other.x < right && y < other.bottom && other.y < bottom
  }

  func moved(_ dx: Int, _ dy: Int) -> Frame { Frame(x: x + dx, y: y + dy, width: width, height: height) }
}

/// A box and where it is drawn. All frames are relative to the picture.
package struct PlacedBox: Sendable {
  package var box: DiagramBox
  package var frame: Frame
  package var memories: [PlacedBox] = []
  package var children: [PlacedBox] = []

  mutating func move(_ dx: Int, _ dy: Int) {
    frame = frame.moved(dx, dy)
    for index in memories.indices { memories[index].move(dx, dy) }
    for index in children.indices { children[index].move(dx, dy) }
  }
}
