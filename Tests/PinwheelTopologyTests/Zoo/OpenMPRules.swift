import PinwheelTopology
import Testing

/// The rules of OpenMP 5.2 (section 10.1.3, thread affinity policies) as conditions on an assignment, so that they are
/// written down apart from the code that makes assignments. Workers stand for threads, worker 0 for the parent, whose
/// place is the first.
enum OpenMPRules {
  /// What of the rules an assignment breaks; empty if it keeps them.
  ///
  /// - Parameters:
  ///   - indices: The place of each worker.
  ///   - places: P.
  static func broken(by indices: [Int], places: Int, bind: Binding) -> [String] {
    var broken: [String] = []
    func require(_ condition: Bool, _ rule: String) { if !condition { broken.append(rule) } }
    let workers = indices.count

    require(indices.allSatisfy { (0..<places).contains($0) }, "a worker is on a place of the list")
    guard broken.isEmpty, workers > 0, bind != .none else { return broken }
    require(indices[0] == 0, "the first worker is on the parent's place")
    if bind == .primary {
      require(indices.allSatisfy { $0 == 0 }, "primary: every thread is on the place of the primary thread")
      return broken
    }

    if workers > places {
      // "S_p threads with consecutive numbers are assigned to place p", floor(T/P) or ceil(T/P) of them, none empty.
      var load = [Int](repeating: 0, count: places)
      for place in indices { load[place] += 1 }
      require(zip(indices, indices.dropFirst()).allSatisfy { $0 == $1 || $0 + 1 == $1 }, "places are filled in turn")
      require(load.allSatisfy { $0 * places <= workers + places - 1 }, "no place has more than ceil(T/P) threads")
      require(load.allSatisfy { ($0 + 1) * places > workers }, "no place has fewer than floor(T/P) threads")
    } else if bind == .close {
      require(
        zip(indices, indices.dropFirst()).allSatisfy { $0 + 1 == $1 }, "close: the next thread is on the next place")
    } else {
      // P is cut into T runs of floor(P/T) or ceil(P/T) places, and each thread is on the first of its own.
      let lengths = zip(indices, indices.dropFirst() + [places]).map { $1 - $0 }
      require(lengths.allSatisfy { $0 >= places / workers }, "spread: no part has fewer than floor(P/T) places")
      require(lengths.allSatisfy { ($0 - 1) * workers < places }, "spread: no part has more than ceil(P/T) places")
    }
    return broken
  }
}

@Suite("OpenMP's rules as conditions")
struct OpenMPRuleTests {
  /// A checker that lets everything pass proves nothing.
  @Test("catch assignments that break them")
  func planted() {
    let wrong: [([Int], Int, Binding)] = [
      ([0, 0], 2, .close), ([1, 0], 2, .close), ([0, 2], 3, .close), ([0, 1], 4, .spread), ([0, 3], 4, .spread),
      ([0, 1, 2], 9, .spread), ([0, 1, 0], 2, .close), ([0, 0, 0, 1], 2, .spread), ([0, 1], 2, .primary),
      ([0, 4], 4, .close), ([1, 2], 4, .spread), ([0, 0, 1, 1, 1, 2], 4, .close),
    ]
    for (indices, places, bind) in wrong {
      #expect(!OpenMPRules.broken(by: indices, places: places, bind: bind).isEmpty, "\(indices) \(places) \(bind)")
    }
    #expect(OpenMPRules.broken(by: [0, 2], places: 4, bind: .spread).isEmpty)
    #expect(OpenMPRules.broken(by: [0, 0, 1], places: 2, bind: .close).isEmpty)
    // The remainder is the implementation's choice.
    #expect(OpenMPRules.broken(by: [0, 1, 1], places: 2, bind: .close).isEmpty)
  }
}
