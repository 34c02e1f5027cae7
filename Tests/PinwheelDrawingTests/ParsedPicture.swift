import Foundation
import FoundationXML
import PinwheelDrawing

/// A picture as a program that shows it would read it: the boxes as they are nested, with their frames.
struct ParsedPicture {
  struct Box {
    var role: String
    var cpu: Int?
    var title = ""
    var frame: Frame?
    var texts: [(text: String, frame: Frame)] = []
    var children: [Box] = []
  }

  private(set) var width = 0
  private(set) var height = 0
  /// The outermost boxes: the machine, and the legend.
  private(set) var boxes: [Box] = []

  /// - Throws: the parser's error if the text is no well-formed XML.
  init(svg: String) throws {
    let reader = Reader()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = reader
    let isParsed = parser.parse()
    // Some mistakes, such as an element without an end, leave an error and succeed nevertheless.
    if let error = parser.parserError { throw error }
    guard isParsed, reader.open.count == 1 else { throw CocoaError(.fileReadCorruptFile) }
    (width, height, boxes) = (reader.size.width, reader.size.height, reader.open[0].children)
  }

  var machine: Box? { boxes.first { $0.role == "machine" } }

  /// All boxes of CPUs, wherever they are.
  var cpus: [Box] { boxes.flatMap(Self.cpus) }

  private static func cpus(in box: Box) -> [Box] { (box.cpu == nil ? [] : [box]) + box.children.flatMap(cpus) }

  /// What is wrong with how the boxes lie: those that leave what they are in, and pairs that overlap.
  var mistakes: [String] {
    let picture = Frame(width: width, height: height)
    return boxes.flatMap { Self.mistakes(in: $0, around: picture) }
  }

  private static func mistakes(in box: Box, around outer: Frame) -> [String] {
    var found: [String] = []
    let frame = box.frame ?? outer
    if !outer.contains(frame) { found.append("\(box.title) leaves what it is in") }
    for (index, child) in box.children.enumerated() {
      for other in box.children[(index + 1)...] {
        guard let a = child.frame, let b = other.frame, a.overlaps(b) else { continue }
        found.append("\(child.title) and \(other.title) overlap in \(box.title)")
      }
      // Titles stand above what is in the box.
      for (text, place) in box.texts where child.frame?.overlaps(place) == true {
        found.append("\(child.title) covers '\(text)'")
      }
    }
    for (text, place) in box.texts where box.role != "legend" && !frame.contains(place) {
      found.append("'\(text)' does not fit into \(box.title)")
    }
    return found + box.children.flatMap { mistakes(in: $0, around: frame) }
  }
}

private final class Reader: NSObject, XMLParserDelegate {
  var size = (width: 0, height: 0)
  var open: [ParsedPicture.Box] = [ParsedPicture.Box(role: "svg")]
  private var text = ""
  private var textAttributes: [String: String] = [:]

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String] = [:]
  ) {
    text = ""
    func number(_ key: String) -> Int { attributes[key].flatMap { Int($0) } ?? 0 }
    switch name {
    case "svg": size = (number("width"), number("height"))
    case "g":
      open.append(ParsedPicture.Box(role: attributes["class"] ?? "", cpu: attributes["data-cpu"].flatMap { Int($0) }))
    case "rect":
      // A group's first rectangle is its box; those that follow lie behind words.
      guard open.count > 1, open[open.count - 1].frame == nil, open[open.count - 1].role != "legend" else { return }
      open[open.count - 1].frame = Frame(
        x: number("x"), y: number("y"), width: number("width"), height: number("height"))
    case "text": textAttributes = attributes
    default: break
    }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    switch name {
    case "g":
      guard let closed = open.popLast() else { return }
      open[open.count - 1].children.append(closed)
    case "title" where open.count > 1: open[open.count - 1].title = text
    case "text" where open.count > 1:
      let size = textAttributes["font-size"].flatMap { Int($0) } ?? 0
      let width = Metrics.width(of: text, size: size, bold: textAttributes["font-weight"] != nil)
      let x = textAttributes["x"].flatMap { Int($0) } ?? 0
      let y = textAttributes["y"].flatMap { Int($0) } ?? 0
      let left = textAttributes["text-anchor"] == "middle" ? x - width / 2 : x
      open[open.count - 1].texts.append((text, Frame(x: left, y: y - size, width: width, height: size)))
    default: break
    }
  }
}
