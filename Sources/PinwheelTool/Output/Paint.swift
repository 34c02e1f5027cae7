#if Tools
  import ArgumentParser
  import Foundation
  import PinwheelDrawing

  /// When to print in colours.
  enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
    case auto
    case always
    case never
  }

  /// The option that commands with colours have.
  struct PaintOptions: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "When to use colours; auto: on a terminal, unless NO_COLOR is set.", valueName: "when"))
    var color = ColorChoice.auto

    var paint: Paint { Paint(color) }
  }

  /// Styles text for standard output, or leaves it plain.
  struct Paint {
    var isOn: Bool

    init(isOn: Bool) {
      self.isOn = isOn
    }

    /// With `auto`: if standard output is a terminal that knows colours, and nobody objects (https://no-color.org).
    init(_ choice: ColorChoice) {
      let environment = ProcessInfo.processInfo.environment
      switch choice {
      case .always: isOn = true
      case .never: isOn = false
      case .auto:
        isOn =
          isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb" && (environment["NO_COLOR"] ?? "").isEmpty
      }
    }

    func heading(_ text: String) -> String { styled(text, "1") }
    func aside(_ text: String) -> String { styled(text, "2") }

    /// A line of a machine's outline.
    func line(_ spans: [MachineOutline.Span]) -> String {
      spans.map { span in
        switch span.style {
        case .plain: span.text
        case .faint: aside(span.text)
        case .title: heading(span.text)
        // The six colours of a terminal that aren't black or white, then their bright versions.
        case .place(let place): styled(span.text, "\((place / 6).isMultiple(of: 2) ? 31 + place % 6 : 91 + place % 6)")
        }
      }.joined()
    }

    private func styled(_ text: String, _ code: String) -> String {
      isOn && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
  }
#endif
