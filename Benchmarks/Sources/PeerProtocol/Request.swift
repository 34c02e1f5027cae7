/// What the controller asks of a peer: one line of text on the peer's standard input.
public enum Request: Sendable, Hashable {
  /// Which families the peer can run.
  case list
  /// Runs a family of that size through the runtime. What `repeats` means is the family's.
  case run(family: String, size: Int, repeats: Int?)
  /// The same, computed by a plain serial program in the peer's language.
  case serial(family: String, size: Int, repeats: Int?)
  /// The peer ends.
  case quit

  /// Reads a line; nil if it is none of the protocol's.
  public init?(line: String) {
    let words = line.split(separator: " ", omittingEmptySubsequences: true)
    switch (words.first, words.count) {
    case ("list", 1): self = .list
    case ("quit", 1): self = .quit
    case ("run", 3...4), ("serial", 3...4):
      guard let size = Int(words[2]), size >= 0 else { return nil }
      var repeats: Int?
      if words.count == 4 {
        guard let number = Int(words[3]), number >= 0 else { return nil }
        repeats = number
      }
      let family = String(words[1])
      self =
        words[0] == "run"
        ? .run(family: family, size: size, repeats: repeats) : .serial(family: family, size: size, repeats: repeats)
    default: return nil
    }
  }

  /// The line, without its end.
  public var line: String {
    switch self {
    case .list: "list"
    case .quit: "quit"
    case .run(let family, let size, let repeats): Self.line("run", family, size, repeats)
    case .serial(let family, let size, let repeats): Self.line("serial", family, size, repeats)
    }
  }

  private static func line(_ verb: String, _ family: String, _ size: Int, _ repeats: Int?) -> String {
    "\(verb) \(family) \(size)" + (repeats.map { " \($0)" } ?? "")
  }
}
