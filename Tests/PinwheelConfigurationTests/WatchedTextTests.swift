#if Tools
  import Pinwheel
  import Testing

  @testable import PinwheelConfiguration

  /// What a watch does with what it reads, look by look.
  struct WatchedTextTests {
    /// A reference, so that expectations may call what changes it.
    private final class Looks {
      private var text: WatchedText

      init(_ text: WatchedText.Text) { self.text = WatchedText(text) }

      func isDue(_ text: WatchedText.Text) -> Bool { self.text.isDue(text) }
      func hasApplied(_ text: WatchedText.Text) { self.text.hasApplied(text) }
      func hasFailed(_ text: WatchedText.Text, _ error: PoolError) -> Bool { self.text.hasFailed(text, error) }
    }

    private let old = WatchedText.Text.success(Array("old".utf8))
    private let new = WatchedText.Text.success(Array("new".utf8))
    private let half = WatchedText.Text.success([])
    private let refused = PoolError.threadCreation(worker: 3, errno: 11)

    @Test func whatSettlesIsAppliedOnce() {
      let text = Looks(old)
      #expect(!text.isDue(old) && !text.isDue(new))
      #expect(text.isDue(new))
      text.hasApplied(new)
      #expect(!text.isDue(new) && !text.isDue(half) && !text.isDue(new))
      #expect(!text.isDue(new))
      #expect(!text.isDue(old) && text.isDue(old))
    }

    /// It counted as applied before it was, so that the pool never followed.
    @Test func whatThePoolCouldNotFollowIsTriedAgainAndToldOnce() {
      let text = Looks(old)
      _ = text.isDue(new)
      #expect(text.isDue(new) && text.hasFailed(new, refused))
      #expect(text.isDue(new) && !text.hasFailed(new, refused))
      #expect(text.isDue(new) && text.hasFailed(new, .outOfMemory))
      #expect(text.isDue(new))
      text.hasApplied(new)
      #expect(!text.isDue(new))
      // Once it has succeeded, the same is news again.
      #expect(!text.isDue(old) && text.isDue(old) && text.hasFailed(old, .outOfMemory))
    }

    @Test func aMistakeIsToldAndNotTriedAgain() {
      let mistake = ConfigurationError(.syntax, origin: .defaults, problem: "not YAML")
      let text = Looks(old)
      _ = text.isDue(new)
      #expect(text.isDue(new) && text.hasFailed(new, .configuration(mistake)))
      #expect(!text.isDue(new))
      // What was right before is applied again, as settings may have been changed in code.
      #expect(!text.isDue(old) && text.isDue(old))
    }

    /// A file that is gone, too.
    @Test func whatCannotBeReadSettlesLikeAText() {
      let gone = ConfigurationError(.unreadableFile, origin: .defaults, problem: "No such file or directory")
      let text = Looks(old)
      #expect(!text.isDue(.failure(gone)) && text.isDue(.failure(gone)))
      #expect(text.hasFailed(.failure(gone), .configuration(gone)))
      #expect(!text.isDue(.failure(gone)))
    }
  }
#endif
