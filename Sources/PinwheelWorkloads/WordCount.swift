internal import Foundation
public import Pinwheel
internal import PinwheelTopology

/// Counts the words of every regular file under a folder.
///
/// Files differ in length and reading them enters the kernel, so jobs are uneven and may block for a moment: a loop
/// over batches of files, then a loop that merges the batches' tables shard by shard. The size is how many files to
/// read, in the order of their paths; a size beyond what there is reads them all.
public struct WordCount: Workload {
  public let name = "wordcount"
  public let summary = "counts the words of all files under a folder: uneven jobs that read files"
  public let operation = "byte"
  public let sizeUnit = "files"
  public let sizes = [64, 128, 256, 512, 1024, 2048, 4096, 8192]
  public let quickSize = 512

  /// What is read.
  public let folder: String

  /// Batches of files in a run, whatever the number of workers: enough for them to even out.
  static let batches = 64

  /// The files to read and their lengths when they were listed.
  public struct Input: Sendable {
    public var paths: [String]
    public var bytes: Int
  }

  public init(folder: String = "/usr/include") { self.folder = folder }

  public func prepare(size: Int) throws(WorkloadError) -> Input {
    try WorkloadError.requireSize(size, in: 1...1_000_000, of: name)
    // Asked of the system first, whose reasons are the ones that people know.
    guard let directory = opendir(folder) else { throw .unreadable(path: folder, reason: describe(errno: errno)) }
    closedir(directory)
    let names: [String]
    do {
      names = try FileManager.default.subpathsOfDirectory(atPath: folder)
    } catch {
      throw .unreadable(path: folder, reason: error.localizedDescription)
    }
    var input = Input(paths: [], bytes: 0)
    for name in names.sorted() where input.paths.count < size {
      let path = folder + "/" + name
      guard let length = Self.lengthOfRegularFile(path) else { continue }
      input.paths.append(path)
      input.bytes += length
    }
    guard !input.paths.isEmpty else { throw .noFiles(path: folder) }
    return input
  }

  public func operationCount(_ input: Input) -> Int { max(1, input.bytes) }

  public func runSerial(_ input: Input) -> WordTable { Self.count(input.paths, 0..<input.paths.count) }

  public func runPool(_ pool: ThreadPool, _ input: Input) -> WordTable {
    let paths = input.paths
    let tables = pool.map(0..<Self.batches) { Self.count(paths, Self.batch($0, of: paths.count)) }
    let shards = pool.map(0..<WordTable.shardCount) { Self.mergedShard($0, of: tables) }
    return Self.assemble(shards, from: tables)
  }

  /// Files may change while others read them, so this looks only for what would be the engine's fault.
  public func check(_ output: WordTable, for input: Input) throws(WorkloadError) {
    try WorkloadError.requireEqual(output.files + output.unreadable, input.paths.count, of: name)
    let counted = output.shards.reduce(0) { $0 + $1.entries.reduce(0) { $0 + $1.count } }
    try WorkloadError.requireEqual(counted, output.words, of: name)
    guard output.unreadable == 0 else { return }
    try WorkloadError.requireEqual(output.bytes, input.bytes, of: name)
  }

  // MARK: Steps that all engines share

  /// The files of one batch.
  static func batch(_ index: Int, of files: Int) -> Range<Int> {
    (files * index / batches)..<(files * (index + 1) / batches)
  }

  /// Reads some of the files and counts their words.
  @inline(never)
  static func count(_ paths: [String], _ range: Range<Int>) -> WordTable {
    var table = WordTable()
    var buffer: [UInt8] = []
    for index in range {
      if let length = FileReader.read(paths[index], into: &buffer) {
        table.files += 1
        table.count(buffer.span.extracting(first: length))
      } else {
        table.unreadable += 1
      }
    }
    return table
  }

  @inline(never)
  static func mergedShard(_ index: Int, of tables: [WordTable]) -> WordTable.Shard {
    var shard = WordTable.Shard()
    for table in tables { shard.merge(table.shards[index]) }
    return shard
  }

  static func assemble(_ shards: [WordTable.Shard], from tables: [WordTable]) -> WordTable {
    var result = WordTable()
    for table in tables { result.addTotals(of: table) }
    result.shards = shards
    return result
  }

  /// The length of a file, if it is a regular file: links are not followed.
  private static func lengthOfRegularFile(_ path: String) -> Int? {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }
}

/// Reads whole files into a buffer that is used again for the next one.
enum FileReader {
  /// Reads a file from its start and returns its length, or nothing if it cannot be read.
  ///
  /// The buffer grows as needed and keeps its length: what lies beyond the result is left from earlier files.
  static func read(_ path: String, into buffer: inout [UInt8]) -> Int? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { _ = close(descriptor) }
    var length = 0
    while true {
      if buffer.count - length < 1 << 16 {
        buffer += [UInt8](repeating: 0, count: max(1 << 18, buffer.count))
      }
      let got = buffer.withUnsafeMutableBytes { bytes in
        // SAFETY: the slice ends where the buffer does, and its length is what read() may write at most.
        let free = UnsafeMutableRawBufferPointer(rebasing: bytes[length...])
        return Glibc.read(descriptor, free.baseAddress, free.count)
      }
      if got == 0 { return length }
      if got < 0 {
        if errno == EINTR { continue }
        return nil
      }
      length += got
    }
  }
}
