/// The word of `words` that a mistyped `word` probably stands for; nil if none comes close.
///
/// Close means at most one slip in three letters, where a slip is a letter missing, added, wrong, or swapped with its
/// neighbour (the optimal string alignment distance). Case doesn't count. Of words that are equally close the one that
/// begins alike for longest is meant, since people type beginnings with care.
package func nearestWord(to word: String, among words: [String]) -> String? {
  // Long input is no slip of the fingers, and the table below is quadratic.
  guard word.utf8.count <= 64 else { return nil }
  let typed = Array(word.lowercased().utf8)
  let ranked = words.map { word in
    let letters = Array(word.lowercased().utf8)
    let alike = zip(typed, letters).prefix { $0 == $1 }.count
    return (word: word, slips: slips(between: typed, and: letters), alike: alike)
  }
  guard let best = ranked.min(by: { ($0.slips, $1.alike) < ($1.slips, $0.alike) }) else { return nil }
  return best.slips <= max(1, best.word.utf8.count / 3) && best.slips < best.word.utf8.count ? best.word : nil
}

private func slips(between a: [UInt8], and b: [UInt8]) -> Int {
  // `rows[i][j]` is the distance between the first i letters of a and the first j of b; three rows are enough.
  var beforeLast: [Int] = []
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var least = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, beforeLast[j - 1] + 1) }
      row.append(least)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}
