/// How often each word occurs: an open-addressing hash table over words that are kept as bytes in one array.
///
/// Words never become strings while they are counted, so counting neither retains nor allocates a thing for a word that
/// has been seen before. The table is split into ``shardCount`` shards by hash, so that tables can be merged in
/// parallel: a word is in the same shard of every table.
public struct WordTable: Sendable {
  static let shardCount = 16

  /// Files read, and files that could not be opened or read.
  public internal(set) var files = 0
  public internal(set) var unreadable = 0
  /// Bytes read.
  public internal(set) var bytes = 0
  /// Words read, each as often as it occurs.
  public internal(set) var words = 0
  var shards = [Shard](repeating: Shard(), count: shardCount)

  /// How many different words there are.
  public var distinctWords: Int { shards.reduce(0) { $0 + $1.entries.count } }

  /// Every word with its count, in no order.
  public var counts: [String: Int] {
    var counts: [String: Int] = [:]
    for shard in shards {
      for entry in shard.entries { counts[shard.word(entry)] = entry.count }
    }
    return counts
  }

  /// Counts the words of one text: runs of letters, digits, underscores and bytes outside of ASCII.
  mutating func count(_ text: Span<UInt8>) {
    var index = 0
    let end = text.count
    while index < end {
      if !Self.isWordByte(text[index]) {
        index &+= 1
        continue
      }
      let start = index
      var hash = Self.emptyHash
      while index < end, Self.isWordByte(text[index]) {
        hash = (hash ^ UInt64(text[index])) &* Self.hashFactor
        index &+= 1
      }
      // The low bits of the product depend on few bits of the word: mix the high ones in.
      hash ^= hash >> 29
      shards[Int(hash >> 60)].add(text.extracting(start..<index), hash: hash, count: 1)
      words &+= 1
    }
    bytes &+= end
  }

  /// Adds what another table counted, but for its words: those are merged a shard at a time.
  mutating func addTotals(of other: borrowing WordTable) {
    files += other.files
    unreadable += other.unreadable
    bytes += other.bytes
    words += other.words
  }

  /// FNV-1a (Fowler, Noll and Vo).
  private static let emptyHash: UInt64 = 0xCBF2_9CE4_8422_2325
  private static let hashFactor: UInt64 = 0x100_0000_01B3

  @inline(__always)
  private static func isWordByte(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "_")
      || byte >= 0x80
  }
}

extension WordTable: Equatable {
  public static func == (lhs: WordTable, rhs: WordTable) -> Bool {
    (lhs.files, lhs.unreadable, lhs.bytes, lhs.words) == (rhs.files, rhs.unreadable, rhs.bytes, rhs.words)
      && zip(lhs.shards, rhs.shards).allSatisfy { $0.hasSameCounts(as: $1) }
  }
}

extension WordTable {
  /// The words whose hashes begin with the same four bits.
  struct Shard: Sendable {
    struct Entry: Sendable, BitwiseCopyable {
      var hash: UInt64
      var count: Int
      var start: Int
      var length: Int
    }

    private(set) var entries: [Entry] = []
    /// The words one after another.
    private var text: [UInt8] = []
    /// Indices into `entries`, or -1; a power of two of them, at most three quarters taken.
    private var slots: [Int32] = []

    /// Adds `count` to a word's count.
    mutating func add(_ word: Span<UInt8>, hash: UInt64, count: Int) {
      if entries.count &* 4 >= slots.count &* 3 { grow() }
      let mask = slots.count &- 1
      var slot = Int(truncatingIfNeeded: hash) & mask
      while slots[slot] >= 0 {
        let index = Int(slots[slot])
        if entries[index].hash == hash && matches(entries[index], word) {
          entries[index].count &+= count
          return
        }
        slot = (slot &+ 1) & mask
      }
      slots[slot] = Int32(entries.count)
      entries.append(Entry(hash: hash, count: count, start: text.count, length: word.count))
      for index in word.indices { text.append(word[index]) }
    }

    /// Adds all counts of another shard.
    mutating func merge(_ other: borrowing Shard) {
      let words = other.text.span
      for entry in other.entries {
        add(words.extracting(entry.start..<entry.start &+ entry.length), hash: entry.hash, count: entry.count)
      }
    }

    func word(_ entry: Entry) -> String {
      String(decoding: text[entry.start..<entry.start + entry.length], as: UTF8.self)
    }

    /// The count of a word, zero when it isn't there.
    func count(_ word: Span<UInt8>, hash: UInt64) -> Int {
      guard !slots.isEmpty else { return 0 }
      let mask = slots.count &- 1
      var slot = Int(truncatingIfNeeded: hash) & mask
      while slots[slot] >= 0 {
        let entry = entries[Int(slots[slot])]
        if entry.hash == hash && matches(entry, word) { return entry.count }
        slot = (slot &+ 1) & mask
      }
      return 0
    }

    /// Whether both hold the same words with the same counts, in whatever order they were met.
    func hasSameCounts(as other: Shard) -> Bool {
      let words = text.span
      guard entries.count == other.entries.count else { return false }
      for entry in entries
      where other.count(words.extracting(entry.start..<entry.start + entry.length), hash: entry.hash) != entry.count {
        return false
      }
      return true
    }

    @inline(__always)
    private func matches(_ entry: Entry, _ word: Span<UInt8>) -> Bool {
      guard entry.length == word.count else { return false }
      for index in 0..<entry.length where text[entry.start &+ index] != word[index] { return false }
      return true
    }

    private mutating func grow() {
      slots = [Int32](repeating: -1, count: max(64, slots.count * 2))
      let mask = slots.count - 1
      for (index, entry) in entries.enumerated() {
        var slot = Int(truncatingIfNeeded: entry.hash) & mask
        while slots[slot] >= 0 { slot = (slot + 1) & mask }
        slots[slot] = Int32(index)
      }
    }
  }
}
