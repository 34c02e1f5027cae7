/// How large things are drawn, which depends on how many there are.
package struct Metrics: Hashable, Sendable {
  /// A CPU's box.
  package var cpu: (width: Int, height: Int) { (cpuWidth, cpuHeight) }
  private var cpuWidth: Int
  private var cpuHeight: Int
  /// Whether CPUs and cores have room for words.
  package var hasWords: Bool
  /// The size of the letters of titles, of notes and in CPUs.
  package var title: Int
  package var note: Int
  /// Between a box and what is in it, and between two boxes in it.
  package var padding: Int
  package var gap: Int
  /// The same within a core.
  package var corePadding: Int
  package var coreGap: Int

  /// For so many CPUs: up to 64 with all words, up to 256 with short ones, more as coloured cells.
  package init(cpus: Int) {
    if cpus <= 64 {
      self.init(
        cpuWidth: 64, cpuHeight: 38, hasWords: true, title: 12, note: 10, padding: 10, gap: 10, corePadding: 6,
        coreGap: 4)
    } else if cpus <= 256 {
      self.init(
        cpuWidth: 46, cpuHeight: 30, hasWords: true, title: 11, note: 9, padding: 7, gap: 7, corePadding: 4,
        coreGap: 3)
    } else {
      self.init(
        cpuWidth: 11, cpuHeight: 11, hasWords: false, title: 10, note: 9, padding: 5, gap: 5, corePadding: 1,
        coreGap: 1)
    }
  }

  private init(
    cpuWidth: Int, cpuHeight: Int, hasWords: Bool, title: Int, note: Int, padding: Int, gap: Int, corePadding: Int,
    coreGap: Int
  ) {
    (self.cpuWidth, self.cpuHeight, self.hasWords) = (cpuWidth, cpuHeight, hasWords)
    (self.title, self.note) = (title, note)
    (self.padding, self.gap, self.corePadding, self.coreGap) = (padding, gap, corePadding, coreGap)
  }

  /// How wide a text gets at most, in the widest of the usual sans-serif fonts (DejaVu Sans).
  package static func width(of text: String, size: Int, bold: Bool = false) -> Int {
    let hundredths = text.unicodeScalars.reduce(0) { sum, scalar in
      let width =
        switch scalar {
        case "i", "j", "l", "'", "|": 30
        case " ", ".", ",", ":", ";", "I", "·", "/", "-", "f": 37
        case "t", "r", "(", ")": 42
        case "m", "M", "W", "@", "%": 100
        case "w", "+", "–", "…", "O", "Q", "G", "N", "D", "U", "H", "&": 84
        case "A"..."Z": 72
        default: scalar.isASCII ? 65 : 100
        }
      return sum + width
    }
    return (hundredths * size * (bold ? 112 : 100) + 9999) / 10000
  }
}
