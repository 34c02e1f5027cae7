import Glibc

/// The variables of this process.
package enum ProcessEnvironment {
  /// The variable that names a configuration file.
  package static let configurationFile = "PINWHEEL_CONFIG"

  /// A copy of all variables with our prefix. Of a name that occurs twice the first counts, as with `getenv(3)`.
  ///
  /// Not safe beside a `setenv(3)` on another thread, as nothing that reads the environment is.
  package static func variables() -> [String: String] {
    var variables: [String: String] = [:]
    // SAFETY: `environ` points to an array that ends with a null, or is null itself after clearenv(3), which its
    // imported type denies. Each element before the end is a C string, and is copied before this function returns.
    var next = environ
    guard Int(bitPattern: next) != 0 else { return variables }
    while let entry = next.pointee {
      let text = String(cString: entry)
      if text.hasPrefix("PINWHEEL_"), let equals = text.firstIndex(of: "=") {
        let name = String(text[..<equals])
        if variables[name] == nil { variables[name] = String(text[text.index(after: equals)...]) }
      }
      next += 1
    }
    return variables
  }
}
