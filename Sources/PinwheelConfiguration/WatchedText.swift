#if Tools
  import Pinwheel

  /// What a watch knows of its file, and decides by: what is to be applied, and what is to be told. Pure.
  struct WatchedText {
    /// What the file says, or why that can't be read.
    typealias Text = Result<[UInt8], ConfigurationError>

    /// There is nothing to do any more with this: it is applied, or a mistake that trying again does not mend.
    private var done: Text?
    /// At the last look.
    private var seen: Text
    /// What was told since something was applied.
    private var told: PoolError?

    /// - Parameter isApplied: Whether the pool goes by it; else the next look is the second one.
    init(_ text: Text, isApplied: Bool = true) { (done, seen) = (isApplied ? text : nil, text) }

    /// Whether that is to be applied: it is new, and has been there twice in a row.
    mutating func isDue(_ text: Text) -> Bool {
      defer { seen = text }
      return text == seen && text != done
    }

    mutating func hasApplied(_ text: Text) { (done, told) = (text, nil) }

    /// Returns whether somebody should be told: once, and not at each look.
    mutating func hasFailed(_ text: Text, _ error: PoolError) -> Bool {
      if case .configuration = error { done = text }
      defer { told = error }
      return told != error
    }
  }
#endif
