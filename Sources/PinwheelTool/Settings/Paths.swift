#if Tools
  import ArgumentParser

  /// Refuses a path that was given and is empty, as a shell's variable that is not set leaves it.
  func requirePath(_ path: String?, of option: String) throws {
    if path?.isEmpty == true { throw ValidationError("\(option) takes a path, and the one given is empty.") }
  }
#endif
