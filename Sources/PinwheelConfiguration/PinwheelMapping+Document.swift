#if Tools
  import Pinwheel
  import Yams

  extension PinwheelMapping {
    /// The root of the only document in `yaml`; nil if there is none.
    static func document(_ yaml: String, path: String) throws(ConfigurationError) -> Node? {
      // A byte order mark is no part of the text, but the parser takes it for one when it is told the encoding.
      let text = yaml.unicodeScalars.first == "\u{FEFF}" ? String(yaml.unicodeScalars.dropFirst()) : yaml
      do {
        // The encoding is given because finding a default one may print to standard output.
        return try Yams.Parser(yaml: text, encoding: .utf8).singleRoot()
      } catch let error as YamlError {
        throw mistake(error, in: text, path: path)
      } catch {
        throw ConfigurationError(.syntax, origin: .file(path: path, line: 0, column: 0), problem: "\(error)")
      }
    }

    private static func mistake(_ error: YamlError, in text: String, path: String) -> ConfigurationError {
      func syntax(_ problem: String, line: Int, column: Int) -> ConfigurationError {
        ConfigurationError(
          .syntax, origin: .file(path: path, line: line, column: column), problem: "not YAML: \(problem)")
      }
      switch error {
      case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
        .composer(_, let problem, let mark, _):
        return unquotedPlaces(in: text, path: path) ?? syntax(problem, line: mark.line, column: mark.column)
      case .duplicatedKeysInMapping(let names, let context):
        let second = names.first.flatMap { secondPlace(of: $0, after: context.mark, in: text) }
        return ConfigurationError(
          .duplicateKey, key: names.first,
          origin: .file(path: path, line: context.mark.line, column: context.mark.column),
          problem: "set more than once; this is the first time"
            + (second.map { ", \($0.line):\($0.column) the second" } ?? ""))
      case .reader(let problem, let offset, _, _):
        let before = offset.map { text.prefix($0) } ?? ""
        let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
        return syntax(problem, line: max(lines.count, 1), column: (lines.last?.unicodeScalars.count ?? 0) + 1)
      default:
        return ConfigurationError(.syntax, origin: .file(path: path, line: 0, column: 0), problem: "not YAML: \(error)")
      }
    }

    /// Where a key stands for the second time in the mapping that has it at `first`; nil if that is too hard to tell.
    ///
    /// The parser tells of the first only. So that has another name by now, and the file is read again.
    private static func secondPlace(of key: String, after first: Mark, in text: String) -> Mark? {
      var lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map { Array($0.unicodeScalars) }
      guard lines.indices.contains(first.line - 1) else { return nil }
      var column = first.column - 1
      let line = lines[first.line - 1]
      if line.indices.contains(column), "\"'".unicodeScalars.contains(line[column]) { column += 1 }
      // Written in another way than it reads, with escapes or a tag.
      guard !key.isEmpty, line.dropFirst(column).starts(with: key.unicodeScalars) else { return nil }
      // A character for private use, which no key begins with.
      lines[first.line - 1][column] = "\u{E000}"
      let renamed = lines.map { line in String(String.UnicodeScalarView(line)) }.joined(separator: "\n")
      do {
        let root = try Yams.Parser(yaml: renamed, encoding: .utf8).singleRoot()
        return root.flatMap { place(of: key, besideKeyAt: first, in: $0) }
      } catch YamlError.duplicatedKeysInMapping(let names, let context) where names.first == key {
        return context.mark
      } catch {
        return nil
      }
    }

    /// The place of a key in the mapping that has another one at `neighbour`.
    private static func place(of key: String, besideKeyAt neighbour: Mark, in node: Node) -> Mark? {
      if let mapping = node.mapping {
        func isNeighbour(_ mark: Mark?) -> Bool { mark?.line == neighbour.line && mark?.column == neighbour.column }
        if mapping.contains(where: { isNeighbour($0.key.mark) }) {
          return mapping.first { $0.key.scalar?.string == key }?.key.mark
        }
        return mapping.lazy.compactMap { place(of: key, besideKeyAt: neighbour, in: $0.value) }.first
      }
      return node.sequence?.lazy.compactMap { place(of: key, besideKeyAt: neighbour, in: $0) }.first
    }

    /// The likeliest reason why a file doesn't parse: `places: {0},{2}` without quotes, where YAML ends the value at
    /// the first closing brace and then complains about what follows.
    private static func unquotedPlaces(in text: String, path: String) -> ConfigurationError? {
      let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      for (index, line) in lines.enumerated() {
        let words = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard words.count == 2, words[0].allSatisfy({ $0.isWhitespace || $0.isLetter }),
          words[0].filter(\.isLetter) == SettingKey.places.name,
          let brace = words[1].firstIndex(where: { !$0.isWhitespace }), "{!".contains(words[1][brace])
        else { continue }
        let column = line.unicodeScalars.distance(from: line.startIndex, to: brace) + 1
        return ConfigurationError(
          .syntax, key: SettingKey.places.name, origin: .file(path: path, line: index + 1, column: column),
          problem: bracesProblem, allowed: SettingKey.places.allowed)
      }
      return nil
    }
  }
#endif
