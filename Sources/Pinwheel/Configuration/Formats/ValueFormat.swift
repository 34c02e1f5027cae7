/// How one type of value is written: read, bounds and text in one place.
struct ValueFormat<Value>: Sendable {
  /// What may be written, for messages.
  let allowed: String
  /// The value that a text stands for. Bounds are ``check``'s.
  let parse: @Sendable (String) throws(ValueProblem) -> Value
  /// Whether a value, parsed or assigned by a program, is within bounds.
  let check: @Sendable (Value) throws(ValueProblem) -> Void
  /// How one would write a value; reads back as the same.
  let text: @Sendable (Value) -> String
}

/// What is wrong with a value, apart from where it was written.
struct ValueProblem: Error, Equatable {
  /// What is wrong, to follow a colon.
  var text: String
  /// What was probably meant.
  var suggestion: String?

  init(_ text: String, suggestion: String? = nil) {
    self.text = text
    self.suggestion = suggestion
  }
}
