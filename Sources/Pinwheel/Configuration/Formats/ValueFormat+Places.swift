import PinwheelTopology

/// What the key `places` says: which places, and how many of them.
struct PlaceSelection: Equatable {
  var places: Places
  /// As in `cores(4)`; nil: all.
  var limit: Int?
}

extension PoolConfiguration {
  /// ``places`` and ``placeLimit``, which one text sets together.
  var placeSelection: PlaceSelection {
    get { PlaceSelection(places: places, limit: placeLimit) }
    set { (places, placeLimit) = (newValue.places, newValue.limit) }
  }
}

extension ValueFormat where Value == PlaceSelection {
  /// `OMP_PLACES` (OpenMP 5.2, section 21.1.6): a word, a word with a count, or lists of CPUs.
  static var places: ValueFormat {
    ValueFormat(
      allowed: PlacesParser.words.map(\.0).joined(separator: ", ")
        + ", a number of them as in cores(4), or CPUs such as {0:4},{8:4}",
      parse: { text throws(ValueProblem) in
        var parser = PlacesParser(text)
        return try parser.parse()
      },
      check: { value throws(ValueProblem) in
        if let limit = value.limit, limit < 1 { throw ValueProblem("the number of places must be at least 1") }
        guard case .explicit(let places) = value.places else { return }
        if places.isEmpty { throw ValueProblem("no place is named") }
        if places.contains(where: \.isEmpty) { throw ValueProblem("a place is empty") }
        if places.count > PlacesParser.mostPlaces {
          throw ValueProblem("more than \(PlacesParser.mostPlaces) places")
        }
      },
      text: { value in
        guard let limit = value.limit else { return value.places.description }
        // Only words can be followed by a number: of listed places the first are the same.
        if case .explicit(let places) = value.places {
          return Places.explicit(Array(places.prefix(max(limit, 0)))).description
        }
        return "\(value.places)(\(limit))"
      })
  }
}
