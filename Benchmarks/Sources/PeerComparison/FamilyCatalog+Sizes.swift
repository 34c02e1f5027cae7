extension FamilyCatalog {
  /// Sizes that others publish figures of.
  package static let fullSizes = "fib=39,skynet=8,nqueens=14,matmul=2048"

  /// Gives families the sizes of words such as `fib=39`.
  ///
  /// - Parameter isUsersList: Whether a word for a family that is not among these is a mistake.
  /// - Throws: ``UsageError`` for what is none, names no family, or is no size that the family can have.
  package static func resize(
    _ families: [Family], _ words: [String], isUsersList: Bool
  ) throws(UsageError) -> [Family] {
    var families = families
    for word in words {
      let parts = word.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, let size = Int(parts[1]), size > 0 else {
        throw UsageError("--sizes takes a family and its size, as in fib=39, not '\(word)'")
      }
      guard let index = families.firstIndex(where: { $0.name == parts[0] }) else {
        if !isUsersList { continue }
        throw UsageError("--sizes names '\(parts[0])', which is no family, or not among --families")
      }
      let ladder = families[index].sizes.ladder(isQuick: false)
      // Between the steps of a ladder there is nothing that all peers can run.
      if case .steps(let steps) = families[index].sizes, !steps.contains(size) {
        throw UsageError(
          "\(parts[0]) comes in sizes \(steps.map(String.init).joined(separator: ", ")), not \(size)")
      }
      if case .doubling = families[index].sizes, size < ladder[0] {
        throw UsageError("\(parts[0]) begins at \(ladder[0]), not \(size)")
      }
      families[index].askedSize = size
    }
    return families
  }
}
