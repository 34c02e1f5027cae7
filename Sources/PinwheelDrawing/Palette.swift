/// The colours of a picture. Told apart by lightness too, and always beside words, for those who see fewer colours.
enum Palette {
  /// What places are filled with, and what is written on it; neighbours differ.
  static let places: [(fill: String, ink: String)] = [
    ("#cfe3f7", "#14568c"), ("#fcdfbe", "#8f4a06"), ("#c9ecd0", "#1d682c"), ("#f8cdd6", "#98243d"),
    ("#e0d4f5", "#54358f"), ("#f8ecaa", "#6f5a00"), ("#c4ecef", "#0a6067"), ("#f2cfec", "#832474"),
    ("#e6d9c8", "#614628"), ("#dae6b2", "#4b5f08"),
  ]
  /// Where any worker may run.
  static let anyWorker = (fill: "#dcebdf", ink: "#2c5e3a")

  static let background = "#ffffff"
  static let ink = "#1f2933"
  static let faint = "#62707d"
  static let line = "#9aa7b3"

  static func place(_ index: Int) -> (fill: String, ink: String) { places[index % places.count] }

  /// Fill and border of a box.
  static func look(of role: DiagramBox.Role) -> (fill: String, line: String) {
    switch role {
    case .machine: ("none", "none")
    case .package: ("#f3f5f7", "#8896a3")
    case .group: ("#eaf0ea", "#93a896")
    case .memory: ("#d9e2d0", "#a3b394")
    case .cache: ("#e6eaf2", "#9fabc0")
    case .core: ("#ffffff", "#b4bec8")
    case .cpu: ("#ffffff", "#9aa7b3")
    case .absent: ("#fafafa", "#c0c6cc")
    }
  }

  /// The colours of an unused CPU's hatching: below it, of its lines, and of what is written on it.
  static func look(of unused: UnusedLook) -> (fill: String, line: String, ink: String) {
    switch unused {
    case .free: ("#ffffff", "#ffffff", "#62707d")
    case .sibling: ("#f7f8f9", "#d5dbe0", "#62707d")
    case .elsewhere: ("#f7f8f9", "#c5cdd4", "#62707d")
    case .reserved: ("#fff4dc", "#e3b04b", "#7a5200")
    case .claimed: ("#fde8e4", "#e09a8a", "#8a2f1b")
    case .kind: ("#f1eef8", "#bdb0dc", "#54358f")
    case .barred: ("#f0f0f0", "#b0b6bc", "#4d565e")
    case .hidden: ("#e8e8e8", "#b9bdc1", "#4d565e")
    case .offline: ("#e0e0e0", "#9a9fa4", "#4d565e")
    }
  }
}
