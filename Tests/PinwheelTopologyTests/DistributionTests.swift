import Testing

@testable import PinwheelTopology

/// OpenMP 5.2, section 10.1.3, for every T up to 70 and some P.
@Suite("Distribution of workers over places")
struct DistributionTests {
  static let placeCounts = [1, 2, 3, 4, 5, 7, 8, 12, 16, 48, 63, 64]

  @Test("with more workers than places, neighbours fill each place, evenly", arguments: placeCounts)
  func blocks(places: Int) throws {
    for workers in (places + 1)...(places + 70) {
      for binding in [Binding.close, .spread] {
        let indices = try #require(binding.placeIndices(workers: workers, places: places))
        #expect(indices.count == workers)
        #expect(indices == indices.sorted(), "consecutive workers share a place")
        let sizes = (0..<places).map { place in indices.count { $0 == place } }
        #expect(sizes.reduce(0, +) == workers)
        #expect(sizes.allSatisfy { $0 == workers / places || $0 == (workers + places - 1) / places })
      }
    }
  }

  @Test("close: worker w sits on place w", arguments: placeCounts)
  func close(places: Int) {
    for workers in 1...places {
      #expect(Binding.close.placeIndices(workers: workers, places: places) == Array(0..<workers))
    }
  }

  @Test("spread: workers sit on the first places of even, contiguous parts", arguments: placeCounts)
  func spread(places: Int) throws {
    for workers in 1...places {
      let starts = try #require(Binding.spread.placeIndices(workers: workers, places: places))
      #expect(starts.count == workers)
      #expect(starts.first == 0)
      let lengths = zip(starts, starts.dropFirst() + [places]).map { $1 - $0 }
      #expect(lengths.reduce(0, +) == places)
      #expect(lengths.allSatisfy { $0 == places / workers || $0 == (places + workers - 1) / workers })
    }
  }

  @Test("primary: all on the first place; none: nobody is bound", arguments: placeCounts)
  func primaryAndNone(places: Int) {
    #expect(Binding.primary.placeIndices(workers: 9, places: places) == Array(repeating: 0, count: 9))
    #expect(Binding.none.placeIndices(workers: 9, places: places) == nil)
  }
}
