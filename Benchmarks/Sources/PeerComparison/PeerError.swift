/// What can go wrong with a peer. The comparison reports it and goes on without the peer, or without its row.
package enum PeerError: Error, Hashable, Sendable {
  /// The program could not be started, or said why it cannot do what it was started for.
  case notStarted(peer: String, reason: String)
  /// No answer came in time. The peer has been killed.
  case hung(peer: String, request: String, seconds: Double)
  /// The process ended when it should have answered.
  case died(peer: String, request: String, status: String)
  /// The answer is none of the protocol's, or came unasked.
  case garbled(peer: String, request: String, answer: String)
  /// The peer said that it failed.
  case failed(peer: String, request: String, reason: String)
  /// The result differs from what the same family and size gives elsewhere.
  case wrongResult(peer: String, request: String, expected: UInt64, got: UInt64)
}

extension PeerError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notStarted(let peer, let reason): "\(peer) does not start: \(reason)"
    case .hung(let peer, let request, let seconds):
      "\(peer) hung: no answer to '\(request)' in \(Text.number(seconds)) s; it was killed"
    case .died(let peer, let request, let status): "\(peer) died at '\(request)': \(status)"
    case .garbled(let peer, let request, let answer): "\(peer) talks nonsense at '\(request)': '\(answer)'"
    case .failed(let peer, let request, let reason): "\(peer) failed at '\(request)': \(reason)"
    case .wrongResult(let peer, let request, let expected, let got):
      "\(peer) computed \(got) for '\(request)', where \(expected) is right"
    }
  }
}

/// A mistake in what the user asked for.
package struct UsageError: Error, CustomStringConvertible {
  package var description: String
  package init(_ description: String) { self.description = description }
}
