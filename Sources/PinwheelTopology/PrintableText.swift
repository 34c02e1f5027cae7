/// A text from outside without what would break a line or the terminal: such characters stand escaped. Of one that is
/// longer than `most` Unicode scalars the rest is left out.
package func printable(_ text: String, atMost most: Int = .max) -> String {
  let scalars = text.unicodeScalars.prefix(most)
  let plain = scalars.map { scalar -> String in
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: scalar.escaped(asASCII: true)
    default: String(scalar)
    }
  }
  return plain.joined() + (scalars.endIndex == text.unicodeScalars.endIndex ? "" : "…")
}
