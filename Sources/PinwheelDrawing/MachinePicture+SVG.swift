import PinwheelTopology

extension MachinePicture {
  /// The picture as an SVG document: no script, no font and no image from elsewhere.
  ///
  /// Boxes are groups with a class (`package`, `cache`, `core`, `cpu`), nested as they are in the machine; a CPU's has
  /// its number in `data-cpu`. Each has a title, which browsers show under the pointer.
  package var svg: String {
    var writer = XMLWriter()
    let size = [("width", "\(width)"), ("height", "\(height)"), ("viewBox", "0 0 \(width) \(height)")]
    let fonts = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
    writer.element(
      "svg", [("xmlns", "http://www.w3.org/2000/svg")] + size + [("font-family", fonts), ("role", "img")]
    ) { svg in
      svg.element("title", text: headlines.first?.text ?? "")
      svg.element("defs") { defs in
        for case .unused(let look) in legend.map(\.sample) where look != .free { pattern(look, &defs) }
      }
      rectangle(Frame(width: width, height: height), fill: Palette.background, line: "none", radius: 8, &svg)
      for line in headlines {
        text(
          line.text, x: Self.margin, y: line.baseline, size: line.size, ink: line.isBold ? Palette.ink : Palette.faint,
          isBold: line.isBold, &svg)
      }
      draw(root, &svg)
      svg.element("g", [("class", "legend")]) { group in
        for item in legend { draw(item, &group) }
      }
    }
    return writer.text
  }

  // MARK: Boxes

  private func draw(_ placed: PlacedBox, _ svg: inout XMLWriter) {
    if placed.box.cpu != nil { return drawCPU(placed, &svg) }
    let look = Palette.look(of: placed.box.role)
    svg.element("g", [("class", name(of: placed.box.role))]) { group in
      group.element("title", text: ([placed.box.title] + placed.box.notes).joined(separator: ", "))
      rectangle(placed.frame, fill: look.fill, line: look.line, radius: radius(of: placed.box.role), &group)
      if placed.box.role == .memory {
        text(
          placed.box.title, x: placed.frame.x + 6, y: placed.frame.y + metrics.title + 4, size: metrics.title,
          ink: Palette.ink, &group)
      } else if layout.hasTitle(placed.box) {
        let x = placed.frame.x + (placed.box.role == .core ? metrics.corePadding : metrics.padding)
        let y = placed.frame.y + metrics.title + 4
        text(placed.box.title, x: x, y: y, size: metrics.title, ink: Palette.ink, isBold: true, &group)
        if !placed.box.notes.isEmpty {
          text(
            layout.noteText(placed.box), x: x, y: y + metrics.note + 3, size: metrics.note, ink: Palette.faint, &group)
        }
      }
      for memory in placed.memories { draw(memory, &group) }
      for child in placed.children { draw(child, &group) }
    }
  }

  private func drawCPU(_ placed: PlacedBox, _ svg: inout XMLWriter) {
    guard let cpu = placed.box.cpu else { return }
    let use = occupancy[cpu]
    let (fill, line, ink, words) = look(of: use)
    svg.element("g", [("class", "cpu"), ("data-cpu", "\(cpu)")]) { group in
      group.element("title", text: "CPU \(cpu): \(explanation(of: cpu))")
      rectangle(placed.frame, fill: fill, line: line, radius: metrics.hasWords ? 4 : 1, &group)
      guard metrics.hasWords else { return }
      let middle = placed.frame.x + placed.frame.width / 2
      let half = placed.frame.height / 2
      let isWorker = if case .bound? = use { true } else { false }
      // Lettering needs a ground that no line runs through.
      if fill.hasPrefix("url") {
        let letters = max(textWidth("CPU \(cpu)", metrics.note), textWidth(words, metrics.note)) + 6
        let width = min(letters, placed.frame.width - 2)
        rectangle(
          Frame(x: middle - width / 2, y: placed.frame.y + 4, width: width, height: placed.frame.height - 8),
          fill: "#ffffff", line: "none", radius: 3, opacity: "0.8", &group)
      }
      let isShort = metrics.note < 10
      text(
        isShort ? "\(cpu)" : "CPU \(cpu)", x: middle, y: placed.frame.y + half - 3, size: metrics.note, ink: ink,
        anchor: "middle", &group)
      text(
        words, x: middle, y: placed.frame.y + half + metrics.note + (isWorker ? 1 : 0), size: metrics.note, ink: ink,
        isBold: isWorker, anchor: "middle", &group)
    }
  }

  private func explanation(of cpu: Int) -> String {
    guard case .bound(let workers, _)? = occupancy[cpu], let worker = workers.first, reasons.indices.contains(worker)
    else { return occupancy.sentence(for: cpu) }
    return "\(Occupancy.name(workers)), \(reasons[worker])"
  }

  /// How a CPU is filled, bordered and lettered.
  private func look(of use: Occupancy.Use?) -> (fill: String, line: String, ink: String, words: String) {
    switch use {
    case .bound(let workers, let place):
      let colour = Palette.place(place)
      return (colour.fill, colour.ink, colour.ink, shortName(workers))
    case .anyWorker: return (Palette.anyWorker.fill, Palette.anyWorker.ink, Palette.anyWorker.ink, "any")
    case .unused(let reason):
      let look = UnusedLook(reason)
      let colour = Palette.look(of: look)
      return (look == .free ? colour.fill : "url(#\(look.rawValue))", Palette.line, colour.ink, fitting(look.words))
    case nil: return (Palette.background, Palette.line, Palette.faint, "")
    }
  }

  /// The first that fits into a CPU's box, else the last.
  private func fitting(_ words: [String]) -> String {
    words.first { Metrics.width(of: $0, size: metrics.note) <= metrics.cpu.width } ?? words.last ?? ""
  }

  /// `w3`, `w0-7`, or of workers that don't fit `w0 +5`.
  private func shortName(_ workers: CPUSet) -> String {
    let name = "w\(workers)"
    if textWidth(name, metrics.note) + 6 <= metrics.cpu.width { return name }
    return workers.first.map { "w\($0) +\(workers.count - 1)" } ?? ""
  }

  // MARK: Legend

  private func draw(_ item: LegendItem, _ svg: inout XMLWriter) {
    let (fill, line): (String, String)
    switch item.sample {
    case .place(let place): (fill, line) = (Palette.place(place).fill, Palette.place(place).ink)
    case .anyWorker: (fill, line) = (Palette.anyWorker.fill, Palette.anyWorker.ink)
    case .unused(let look):
      (fill, line) = (look == .free ? Palette.look(of: look).fill : "url(#\(look.rawValue))", Palette.line)
    }
    let frame = item.frame
    rectangle(
      Frame(x: frame.x, y: frame.y + 2, width: 18, height: frame.height - 4), fill: fill, line: line, radius: 3, &svg)
    text(item.text, x: frame.x + 25, y: frame.y + 13, size: 11, ink: Palette.ink, &svg)
  }

  /// Hatching: one direction for what others have, two for what nobody here may use.
  private func pattern(_ look: UnusedLook, _ svg: inout XMLWriter) {
    let colour = Palette.look(of: look)
    let isDense = look.isOutOfReach
    let step = metrics.hasWords ? (isDense ? 6 : 8) : 5
    svg.element(
      "pattern",
      [
        ("id", look.rawValue), ("width", "\(step)"), ("height", "\(step)"), ("patternUnits", "userSpaceOnUse"),
        ("patternTransform", look == .kind || look == .elsewhere ? "rotate(-45)" : "rotate(45)"),
      ]
    ) { pattern in
      pattern.element("rect", [("width", "\(step)"), ("height", "\(step)"), ("fill", colour.fill)])
      pattern.element("rect", [("width", "2"), ("height", "\(step)"), ("fill", colour.line)])
      if look == .hidden || look == .offline {
        pattern.element("rect", [("width", "\(step)"), ("height", "1"), ("fill", colour.line)])
      }
    }
  }

  // MARK: Shapes

  private var metrics: Metrics { layout.metrics }

  private func textWidth(_ text: String, _ size: Int) -> Int { Metrics.width(of: text, size: size, bold: true) }

  private func name(of role: DiagramBox.Role) -> String { "\(role)" }

  private func radius(of role: DiagramBox.Role) -> Int {
    switch role {
    case .package, .group, .absent: 7
    case .memory: 3
    default: metrics.hasWords ? 5 : 2
    }
  }

  private func rectangle(
    _ frame: Frame, fill: String, line: String, radius: Int, opacity: String? = nil, _ svg: inout XMLWriter
  ) {
    svg.element(
      "rect",
      [
        ("x", "\(frame.x)"), ("y", "\(frame.y)"), ("width", "\(frame.width)"), ("height", "\(frame.height)"),
        ("rx", "\(radius)"), ("fill", fill), ("stroke", line),
      ] + (opacity.map { [("fill-opacity", $0)] } ?? []))
  }

  private func text(
    _ text: String, x: Int, y: Int, size: Int, ink: String, isBold: Bool = false, anchor: String? = nil,
    _ svg: inout XMLWriter
  ) {
    svg.element(
      "text",
      [("x", "\(x)"), ("y", "\(y)"), ("font-size", "\(size)"), ("fill", ink)]
        + (isBold ? [("font-weight", "600")] : []) + (anchor.map { [("text-anchor", $0)] } ?? []),
      text: text)
  }
}
