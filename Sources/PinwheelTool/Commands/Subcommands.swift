#if Tools
  import ArgumentParser
  import Pinwheel

  extension ParsableCommand {
    /// Looks whether the first of these words is a command, where one is needed, and so on with those after it.
    ///
    /// - Throws: What is known instead, since the parser itself says only that it did not expect the word.
    static func checkSubcommand(_ words: ArraySlice<String>) throws {
      let known = configuration.subcommands
      guard let word = words.first, !known.isEmpty, !word.hasPrefix("-"), word != "help" else { return }
      if let command = known.first(where: { $0._commandName == word }) {
        return try command.checkSubcommand(words.dropFirst())
      }
      let names = known.map { $0._commandName }
      let suggestion = nearestWord(to: word, among: names).map { " (did you mean \($0)?)" } ?? ""
      throw ValidationError("'\(word)' is no command\(suggestion); allowed: \(names.joined(separator: ", "))")
    }
  }
#endif
