import Pinwheel
import PinwheelTopology
import Testing

/// `OMP_PLACES` as `PINWHEEL_PLACES` reads it.
struct PlacesTextTests {
  private func places(_ text: String) throws -> Places {
    try PoolConfiguration(environment: ["PINWHEEL_PLACES": text]).places
  }

  @Test(arguments: [
    ("threads", Places.threads), ("cores", .cores), ("ll_caches", .llCaches), ("numa_domains", .numaDomains),
    ("sockets", .sockets), (" Cores ", .cores),
  ])
  func words(text: String, expected: Places) throws {
    #expect(try places(text) == expected)
  }

  @Test func wordWithACount() throws {
    let configuration = try PoolConfiguration(environment: ["PINWHEEL_PLACES": " cores ( 4 ) "])
    #expect(configuration.places == .cores)
    #expect(configuration.placeLimit == 4)
    #expect(configuration.settings.first { $0.name == "places" }?.value == "cores(4)")
  }

  /// No text says "the first two of these places": the first two do.
  @Test func aLimitOfListedPlacesReadsBack() throws {
    var configuration = PoolConfiguration()
    configuration.places = .explicit([[0, 1], [2], [4]])
    configuration.placeLimit = 2
    let text = try #require(configuration.settings.first { $0.name == "places" }?.value)
    #expect(text == "{0-1},{2}")
    #expect(try places(text) == .explicit([[0, 1], [2]]))
    configuration.placeLimit = 7
    #expect(configuration.settings.first { $0.name == "places" }?.value == "{0-1},{2},{4}")
  }

  private static let readableLists: [(String, [[Int]])] = [
    ("{0},{2}", [[0], [2]]),
    ("{0,1,4}", [[0, 1, 4]]),
    ("{4,1,0}", [[0, 1, 4]]),
    ("{0:4}", [[0, 1, 2, 3]]),
    ("{0:4:2}", [[0, 2, 4, 6]]),
    ("{6:4:-2}", [[0, 2, 4, 6]]),
    ("{0:2,8:2}", [[0, 1, 8, 9]]),
    ("{0-3,8}", [[0, 1, 2, 3, 8]]),
    ("{0:4}:2:8", [[0, 1, 2, 3], [8, 9, 10, 11]]),
    ("{0:4}:2:+8", [[0, 1, 2, 3], [8, 9, 10, 11]]),
    ("{0}:3", [[0], [1], [2]]),
    ("{8:4}:3:-4", [[8, 9, 10, 11], [4, 5, 6, 7], [0, 1, 2, 3]]),
    ("{1,9}:2:2,{0}", [[1, 9], [3, 11], [0]]),
    ("0,2", [[0], [2]]),
    ("0:3:2", [[0], [2], [4]]),
    ("{0:4,!2}", [[0, 1, 3]]),
    ("{0}:4,!{1}", [[0], [2], [3]]),
    ("{0},{0},{1},!0", [[1]]),
    (" { 0 : 2 } : 2 : 2 , { 8 } ", [[0, 1], [2, 3], [8]]),
    ("{65535}", [[65535]]),
  ]

  @Test(arguments: readableLists)
  func lists(text: String, expected: [[Int]]) throws {
    #expect(try places(text) == .explicit(expected.map { CPUSet($0) }))
  }

  @Test(arguments: ["{0-3,8}", "{0},{2}", "{1,9},{3,11},{0}"])
  func describedAsItReads(text: String) throws {
    #expect(try places(text).description == text)
  }

  @Test(arguments: [
    ("core", "not a kind of place (did you mean cores?)"),
    ("lcaches", "not a kind of place (did you mean ll_caches?)"),
    ("banana", "not a kind of place"),
    ("é", "not a kind of place"),
    ("cores(0)", "a number of places goes from 1 to 4096"),
    ("cores(4097)", "a number of places goes from 1 to 4096"),
    ("cores()", "a number of places is missing at character 7"),
    ("cores(4", "a closing parenthesis is missing at the end"),
    ("cores(4) x", "the end is missing at character 10"),
    ("cores,threads", "the end is missing at character 6"),
    ("{0", "a comma or a closing brace is missing at the end"),
    ("{}", "a CPU number is missing at character 2"),
    ("{0,}", "a CPU number is missing at character 4"),
    ("{0},", "a CPU number is missing at the end"),
    ("{0}{1}", "a comma or the end is missing at character 4"),
    ("{-1}", "a CPU number is missing at character 2"),
    ("{0:0}", "a number of CPUs goes from 1 to 65536"),
    ("{0:}", "a number of CPUs is missing at character 4"),
    ("{0:4:}", "a stride is missing at character 6"),
    ("{0:4:0}", "strides go from 1 to 65535, or from -1 down"),
    ("{0:4:-1}", "CPU numbers go from 0 to 65535"),
    ("{0}:4:-1", "CPU numbers go from 0 to 65535"),
    ("{65536}", "CPU numbers go from 0 to 65535"),
    ("{65535:2}", "CPU numbers go from 0 to 65535"),
    ("{99999999999999999999}", "CPU numbers go from 0 to 65535"),
    ("{0:65536:65535}", "CPU numbers go from 0 to 65535"),
    ("{0:65536},{0}", "more than 65536 CPUs in all"),
    ("{0:64}:4096", "more than 65536 CPUs in all"),
    ("{0}:4096,{0}", "more than 4096 places"),
    ("{3-1}", "the range 3-1 runs backwards"),
    ("{!2,0:4}", "!2 excludes no CPU that stands before it"),
    ("{2,!2}", "every CPU of a place is excluded"),
    ("{0},!{1}", "!{1} excludes no place that stands before it"),
    ("{0},!{0}", "every place is excluded"),
  ])
  func mistakes(text: String, problem: String) {
    let error = #expect(throws: ConfigurationError.self) { try places(text) }
    #expect(
      error?.description
        == "PINWHEEL_PLACES=\(text): \(problem); allowed: threads, cores, ll_caches, numa_domains, sockets, "
        + "a number of them as in cores(4), or CPUs such as {0:4},{8:4}")
  }
}
