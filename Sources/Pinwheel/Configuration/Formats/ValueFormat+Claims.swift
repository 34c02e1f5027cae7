extension ValueFormat where Value == String? {
  /// The directory of lock files: a path from the root on, or the user's own.
  static var claimsDirectory: ValueFormat {
    let own = "auto"
    return ValueFormat(
      allowed: "\(own) (the user's runtime directory), or the path of a directory, from the root on",
      parse: { text throws(ValueProblem) in
        var scanner = TextScanner(text)
        let path = scanner.rest()
        return path.lowercased() == own ? nil : path
      },
      check: { value throws(ValueProblem) in
        guard let path = value else { return }
        var scanner = TextScanner(path)
        // Blanks at its ends would not survive a file or the environment, and a null would end it for the system.
        if !path.hasPrefix("/") || path.utf8.contains(0) || scanner.rest() != path {
          throw ValueProblem("not the path of a directory, from the root on")
        }
      },
      text: { $0 ?? own })
  }
}
