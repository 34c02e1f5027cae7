// A configuration file, YAML or JSON: ends with settings that read back as the same from a file written anew, or with
// one line that begins with the file's path.
import Pinwheel

@testable import PinwheelConfiguration

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFile(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // What is no text is refused before; see PoolConfigurationFile.
  guard let text = String(validating: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self) else { return 0 }
  let path = "fuzzed.yaml"
  do throws(ConfigurationError) {
    let mapping = try PinwheelMapping(yaml: text, path: path)
    let written = json(mapping.entries.mapValues(\.text))
    do throws(ConfigurationError) {
      let again = try PinwheelMapping(yaml: written, path: path)
      must(again.entries.mapValues(\.text) == mapping.entries.mapValues(\.text), "reads back as another: \(written)")
    } catch {
      must(false, "does not read back: \(written): \(error)")
    }
    for (name, entry) in mapping.entries {
      must(SettingKey.all.contains { $0.name == name }, "no setting has the name \(name)")
      guard case .file(path, let line, let column) = entry.origin, line > 0, column > 0 else {
        must(false, "\(name) stands nowhere: \(entry.origin)")
        continue
      }
    }
  } catch {
    let message = error.description
    must(isOneLine(message), "more than a line: \(message)")
    must(message.hasPrefix(path), "does not name the file: \(message)")
    if error.kind == .invalidValue {
      // By bytes: the value may begin with a mark that combines with the sign.
      let named = error.key.map { Array(message.utf8).firstRange(of: Array(($0 + "=").utf8)) != nil } ?? false
      must(named, "names neither key nor value: \(message)")
    }
  }
  return 0
}

/// The settings as JSON, in ASCII.
private func json(_ settings: [String: String]) -> String {
  let pairs = settings.sorted { $0.key < $1.key }.map { "\(quoted($0.key)): \(quoted($0.value))" }
  return #"{"pinwheel": {"# + pairs.joined(separator: ", ") + "}}"
}

private func quoted(_ text: String) -> String {
  var quoted = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\": quoted += "\\" + String(scalar)
    case " "..."~": quoted += String(scalar)
    default:
      // YAML takes the long form, which spares the pairs of surrogates.
      let digits = String(scalar.value, radix: 16)
      quoted += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
    }
  }
  return quoted + "\""
}
