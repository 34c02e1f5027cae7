import Foundation
import Pinwheel
import PinwheelWorkloads
import Testing

@Suite(.timeLimit(.minutes(1)))
struct WordCountTests {
  @Test func wordsOfAKnownFolderAreCounted() throws {
    try withFolder(["a.txt": "one two  two\n", "sub/b.txt": "two-three,_x1 naïve\t", "sub/empty": ""]) { folder in
      let workload = WordCount(folder: folder)
      let input = try workload.prepare(size: 100)
      #expect(input.paths.count == 3)
      let table = workload.runSerial(input)
      try workload.check(table, for: input)
      #expect(table.counts == ["one": 1, "two": 3, "three": 1, "_x1": 1, "naïve": 1])
      #expect(table.words == 7)
      #expect(table.distinctWords == 5)
      #expect(table.bytes == input.bytes)
      #expect(table.files == 3)
    }
  }

  @Test(arguments: [1, 2, 8])
  func allEnginesAgreeOnManyFiles(workers: Int) async throws {
    var files: [String: String] = [:]
    for file in 0..<150 {
      files["\(file % 7)/\(file).h"] = (0..<(file * 5)).map { "w\($0 % (file + 3)) x\($0 * file)" }.joined(
        separator: " ")
    }
    let folder = try makeFolder(files)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let workload = WordCount(folder: folder)
    let input = try workload.prepare(size: 1000)
    let serial = workload.runSerial(input)
    try workload.check(serial, for: input)

    var expected: [String: Int] = [:]
    for text in files.values {
      for word in text.split(separator: " ") { expected[String(word), default: 0] += 1 }
    }
    #expect(serial.counts == expected)

    let pool = try ThreadPool(workers: workers)
    #expect(workload.runPool(pool, input) == serial)
    try pool.shutdown()
    #expect(workload.runDispatch(input) == serial)
    #expect(await workload.runTaskGroup(input) == serial)
  }

  @Test func aTableWithOtherWordsIsNotEqual() throws {
    try withFolder(["a": "one two", "b": "one one"]) { folder in
      let workload = WordCount(folder: folder)
      var input = try workload.prepare(size: 2)
      let both = workload.runSerial(input)
      input.paths.removeLast()
      #expect(workload.runSerial(input) != both)
      #expect(throws: WorkloadError.self) { try workload.check(both, for: input) }
    }
  }

  @Test func theSizeLimitsTheFiles() throws {
    try withFolder(["a": "one", "b": "two", "c": "three"]) { folder in
      let workload = WordCount(folder: folder)
      let input = try workload.prepare(size: 2)
      #expect(workload.runSerial(input).counts == ["one": 1, "two": 1])
    }
  }

  @Test func filesLongerThanTheFirstBufferAreReadWhole() throws {
    let long = String(repeating: "word ", count: 300_000)
    try withFolder(["long": long, "short": "end"]) { folder in
      let workload = WordCount(folder: folder)
      let input = try workload.prepare(size: 2)
      #expect(workload.runSerial(input).counts == ["word": 300_000, "end": 1])
    }
  }

  @Test func aFileThatVanishedIsReported() throws {
    try withFolder(["a": "one", "b": "two"]) { folder in
      let workload = WordCount(folder: folder)
      let input = try workload.prepare(size: 2)
      try FileManager.default.removeItem(atPath: folder + "/b")
      let table = workload.runSerial(input)
      #expect(table.unreadable == 1)
      #expect(table.counts == ["one": 1])
      try workload.check(table, for: input)
    }
  }

  @Test func foldersWithNothingToReadAreErrors() throws {
    try withFolder([:]) { folder in
      #expect(throws: WorkloadError.noFiles(path: folder)) { try WordCount(folder: folder).prepare(size: 1) }
      let missing = folder + "/none"
      #expect(throws: WorkloadError.unreadable(path: missing, reason: "No such file or directory")) {
        try WordCount(folder: missing).prepare(size: 1)
      }
    }
  }

  // MARK: Folders

  private func withFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
    let folder = try makeFolder(files)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private func makeFolder(_ files: [String: String]) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "pinwheel-words-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, text) in files {
      let file = folder.appending(path: name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    return folder.path
  }
}
