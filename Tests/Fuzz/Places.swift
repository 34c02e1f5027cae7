// The grammar of places, from its sentences: the input chooses one, with intervals, strides, ranges and exclusions in all
// positions. The parser must come to the same places as a plain reading of it, or refuse it where that finds a mistake.
import PinwheelTopology

@testable import Pinwheel

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPlaces(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let bytes, count > 0 else { return 0 }
  var writer = Sentence(bytes: Array(UnsafeBufferPointer(start: bytes, count: count)))
  let meant = writer.list()
  var parser = PlacesParser(writer.text)
  do throws(ValueProblem) {
    let read = try parser.parse()
    must(meant != nil, "\(writer.text) is wrong, but reads as \(read.places)")
    must(read.limit == nil, "\(writer.text) has no count")
    let places = Places.explicit((meant ?? []).map { CPUSet($0) })
    must(read.places == places, "\(writer.text) reads as \(read.places), not \(places)")
  } catch {
    must(meant == nil, "\(writer.text) is refused: \(error.text)")
    must(isOneLine(error.text), "more than a line: \(error.text)")
  }
  return 0
}

/// Writes a sentence of the grammar and reads it at the same time, naively; a mistake makes the reading nil.
private struct Sentence {
  private let bytes: [UInt8]
  private var position = 0
  private(set) var text = ""

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The next choice among so many; the first when the input is used up.
  private mutating func choice(_ count: Int) -> Int {
    guard position < bytes.count else { return 0 }
    defer { position += 1 }
    return Int(bytes[position]) % count
  }

  private mutating func write(_ token: String) {
    // Blanks may stand anywhere between tokens.
    text += (choice(8) == 7 ? " " : "") + token
  }

  /// `interval { "," interval }`, with exclusions.
  mutating func list() -> [Set<Int>]? {
    var (places, isRight): ([Set<Int>], Bool) = ([], true)
    for item in 0...choice(6) {
      if item > 0 { write(",") }
      if choice(4) == 3 {
        write("!")
        let excluded = place()
        if let excluded, places.contains(excluded) {
          places.removeAll { $0 == excluded }
        } else {
          isRight = false
        }
      } else if let place = place(), let copies = countAndStride() {
        for copy in 0..<copies.count {
          let moved = Set(place.map { $0 + copy * copies.stride })
          isRight = isRight && moved.allSatisfy { $0 >= 0 }
          places.append(moved)
        }
      } else {
        isRight = false
      }
    }
    return isRight && !places.isEmpty ? places : nil
  }

  /// `cpu`, or a list of them in braces.
  private mutating func place() -> Set<Int>? {
    guard choice(3) > 0 else { return [cpu()] }
    var (cpus, isRight): (Set<Int>, Bool) = ([], true)
    write("{")
    for item in 0...choice(4) {
      if item > 0 { write(",") }
      switch choice(5) {
      case 3:
        let first = cpu()
        write("-")
        let last = cpu()
        if first <= last { cpus.formUnion(first...last) } else { isRight = false }
      case 4:
        write("!")
        if cpus.remove(cpu()) == nil { isRight = false }
      default:
        let first = cpu()
        guard let interval = countAndStride() else {
          isRight = false
          continue
        }
        let named = (0..<interval.count).map { first + $0 * interval.stride }
        isRight = isRight && named.allSatisfy { $0 >= 0 }
        cpus.formUnion(named)
      }
    }
    write("}")
    return isRight && !cpus.isEmpty ? cpus : nil
  }

  private mutating func cpu() -> Int {
    let number = choice(24)
    write("\(number)")
    return number
  }

  /// Nothing, `:count` or `:count:stride`; nil for a count or a stride of zero.
  private mutating func countAndStride() -> (count: Int, stride: Int)? {
    let form = choice(4)
    guard form > 1 else { return (1, 1) }
    let count = choice(8)
    write(":")
    write("\(count)")
    guard form == 3 else { return count > 0 ? (count, 1) : nil }
    let stride = choice(11)
    let sign = ["", "+", "-"][choice(3)]
    write(":")
    if !sign.isEmpty { write(sign) }
    write("\(stride)")
    return count > 0 && stride > 0 ? (count, sign == "-" ? -stride : stride) : nil
  }
}
