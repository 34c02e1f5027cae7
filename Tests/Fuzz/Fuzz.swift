// What the targets in Swift share. Each has a function that takes the input, and is a program of its own.

/// A claim that an input has broken: says so and ends the process, which the fuzzer notices.
func must(_ holds: Bool, _ claim: @autoclosure () -> String) {
  if holds { return }
  fatalError(claim())
}

/// The input as text: whatever it is, as settings and files of the system's are read.
func text(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> String {
  String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
}

/// Whether a message can be printed as it is: one line, nothing that a terminal would obey.
func isOneLine(_ message: String) -> Bool {
  !message.isEmpty
    && message.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: false
      default: true
      }
    }
}
