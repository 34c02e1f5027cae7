/// Decides where each box of a picture goes, from the inside out: pure, and the same every time.
package struct Layout: Sendable {
  package let metrics: Metrics

  package init(_ metrics: Metrics) {
    self.metrics = metrics
  }

  /// The box with all that is in it, with its upper left corner at the origin.
  package func place(_ box: DiagramBox) -> PlacedBox {
    switch box.role {
    case .cpu:
      return PlacedBox(box: box, frame: Frame(width: metrics.cpu.width, height: metrics.cpu.height))
    case .memory:
      return PlacedBox(box: box, frame: Frame(width: titleWidth(box) + 12, height: metrics.title + 10))
    default:
      return container(box)
    }
  }

  /// Where a box's title ends and its contents begin, from its upper edge.
  package func headHeight(of box: DiagramBox) -> Int {
    guard hasTitle(box) else { return padding(of: box) }
    let notes = box.notes.isEmpty ? 0 : metrics.note + 3
    return metrics.title + notes + (box.role == .core ? 8 : 12)
  }

  /// The machine's name stands above the picture, and small cores have no room for one.
  package func hasTitle(_ box: DiagramBox) -> Bool {
    switch box.role {
    case .machine: false
    case .core: metrics.hasWords
    default: true
    }
  }

  /// A box's notes in one line.
  package func noteText(_ box: DiagramBox) -> String { box.notes.joined(separator: " · ") }

  private func padding(of box: DiagramBox) -> Int {
    switch box.role {
    case .machine: 0
    case .core: metrics.corePadding
    default: metrics.padding
    }
  }

  private func titleWidth(_ box: DiagramBox) -> Int {
    guard hasTitle(box) else { return 0 }
    let title = Metrics.width(of: box.title, size: metrics.title, bold: true)
    return max(title, Metrics.width(of: noteText(box), size: metrics.note))
  }

  private func container(_ box: DiagramBox) -> PlacedBox {
    let padding = padding(of: box)
    let gap = gap(in: box)
    var memories = box.memories.map { place($0) }
    var (children, contents) = arrange(box.children, gap: gap, aspect: aspect(of: box))
    let inner = max(
      contents.width, titleWidth(box) + (box.role == .core ? 0 : 4), memories.map(\.frame.width).max() ?? 0)
    spread(&children, over: inner - contents.width)
    var y = headHeight(of: box)
    for index in memories.indices {
      memories[index].frame = Frame(x: padding, y: y, width: inner, height: memories[index].frame.height)
      y += memories[index].frame.height + (index + 1 < memories.count || !children.isEmpty ? gap : 0)
    }
    for index in children.indices { children[index].move(padding, y) }
    contents.height += y
    return PlacedBox(
      box: box, frame: Frame(width: inner + 2 * padding, height: contents.height + padding), memories: memories,
      children: children)
  }

  private func gap(in box: DiagramBox) -> Int { box.role == .core ? metrics.coreGap : metrics.gap }

  /// Width over height that looks good, in percent.
  private func aspect(of box: DiagramBox) -> Int {
    switch box.role {
    case .machine: 170
    case .core: 250
    case .absent: 900
    default: 140
    }
  }

  // MARK: Side by side

  /// Puts boxes side by side. What is of one sort stays together: cores beside a memory node of the same package are a
  /// block of their own.
  private func arrange(
    _ boxes: [DiagramBox], gap: Int, aspect: Int
  ) -> (boxes: [PlacedBox], size: Arrangement.Size) {
    var runs: [[DiagramBox]] = []
    for box in boxes {
      if runs.last?.last?.role == box.role { runs[runs.count - 1].append(box) } else { runs.append([box]) }
    }
    if runs.count <= 1 { return alike(boxes, gap: gap, aspect: aspect) }
    let blocks = runs.map { alike($0, gap: gap, aspect: aspect) }
    let arrangement = Arrangement(blocks.map(\.size), gap: gap, aspect: aspect)
    let placed = zip(blocks, arrangement.origins).flatMap { block, origin in
      block.boxes.map { box in
        var box = box
        box.move(origin.x, origin.y)
        return box
      }
    }
    return (placed, arrangement.size)
  }

  /// Boxes of one sort: in a row as high as the highest, and as wide as the widest unless they are much smaller.
  private func alike(
    _ boxes: [DiagramBox], gap: Int, aspect: Int
  ) -> (boxes: [PlacedBox], size: Arrangement.Size) {
    var placed = boxes.map(place)
    let widest = placed.map(\.frame.width).max() ?? 0
    for index in placed.indices where placed[index].frame.width * 10 >= widest * 6 { widen(&placed[index], to: widest) }

    let arrangement = Arrangement(placed.map(\.frame.size), gap: gap, aspect: aspect)
    for index in placed.indices { placed[index].move(arrangement.origins[index].x, arrangement.origins[index].y) }
    for row in arrangement.rows {
      let height = row.map { placed[$0].frame.height }.max() ?? 0
      for index in row where placed[index].box.role != .cpu { placed[index].frame.height = height }
    }
    return (placed, arrangement.size)
  }

  /// Makes a box wider, with what is in it.
  private func widen(_ placed: inout PlacedBox, to width: Int) {
    let extra = width - placed.frame.width
    guard extra > 0 else { return }
    placed.frame.width = width
    for index in placed.memories.indices { placed.memories[index].frame.width += extra }
    spread(&placed.children, over: extra)
  }

  /// Shares room to the right of some boxes out among them. Small cells and cores stay as they are, in the middle; so do
  /// boxes of several sorts, whose rows are not one below the other.
  private func spread(_ boxes: inout [PlacedBox], over extra: Int) {
    guard extra > 0 else { return }
    let areCells = !metrics.hasWords && boxes.contains { [.cpu, .core].contains($0.box.role) }
    guard !areCells, Set(boxes.map(\.box.role)).count <= 1 else {
      for index in boxes.indices { boxes[index].move(extra / 2, 0) }
      return
    }
    let rows = Dictionary(grouping: boxes.indices) { boxes[$0].frame.y }.values.map { $0.sorted() }
    let each = extra / max(rows.map(\.count).max() ?? 1, 1)
    for row in rows {
      for (column, index) in row.enumerated() {
        boxes[index].move(column * each, 0)
        widen(&boxes[index], to: boxes[index].frame.width + each)
      }
    }
  }
}

extension Frame {
  fileprivate var size: Arrangement.Size { Arrangement.Size(width: width, height: height) }
}
