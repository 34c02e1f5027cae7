import Pinwheel
import Testing

struct NearestWordTests {
  private let words = ["workers", "places", "bind", "spin"]

  @Test(arguments: [
    ("worker", "workers"), ("wrokers", "workers"), ("WORKERS", "workers"), ("place", "places"), ("bnid", "bind"),
    ("spn", "spin"),
  ])
  func slips(typed: String, meant: String) {
    #expect(nearestWord(to: typed, among: words) == meant)
  }

  /// `PINWHEEL_KIND` was taken for `PINWHEEL_BIND`, which is one wrong letter away, as the other is one that is missing.
  @Test func ofEquallyNearWordsTheOneThatBeginsAlike() {
    #expect(nearestWord(to: "PINWHEEL_KIND", among: ["PINWHEEL_BIND", "PINWHEEL_KINDS"]) == "PINWHEEL_KINDS")
    #expect(nearestWord(to: "kind", among: ["bind", "kinds"]) == "kinds")
    #expect(nearestWord(to: "find", among: ["bind", "kinds"]) == "bind")
  }

  @Test func nothingIsNear() {
    for typed in ["", "banana", "x", String(repeating: "workers", count: 20)] {
      #expect(nearestWord(to: typed, among: words) == nil, "\(typed)")
    }
    #expect(nearestWord(to: "x", among: []) == nil)
  }
}
