/// A random program: calls that some threads from outside make at the same time.
final class Program: Sendable {
  let seed: UInt64
  let roots: [Node]
  /// How many ids there are.
  let jobs: Int
  /// Who waits for the call with this id. Numbered jobs are not in it.
  let waiters: [Int: [Int]]
  /// Calls that submit a job, and the job.
  let submissions: [(call: Int, job: Int)]

  /// Every other program runs on pools that change meanwhile.
  var isUnrestful: Bool { seed % 2 == 1 }

  init(seed: UInt64, roots: [Node], jobs: Int, waiters: [Int: [Int]], submissions: [(call: Int, job: Int)]) {
    self.seed = seed
    self.roots = roots
    self.jobs = jobs
    self.waiters = waiters
    self.submissions = submissions
  }
}
