#if Tools
  public import Pinwheel
  import Synchronization

  /// Has a pool follow its configuration file: what is written there applies without a restart.
  ///
  /// ```swift
  /// let pool = try ThreadPool(PoolConfiguration(file: "pinwheel.yaml"))
  /// let watch = try ConfigurationWatch(file: "pinwheel.yaml", for: pool)
  /// ```
  ///
  /// The file is read again at an interval, and when it has had other contents twice in a row (it may have been caught
  /// half written once) it is applied as by ``Pinwheel/ThreadPool/apply(_:)``. A file that is gone, or has a mistake in
  /// it, changes nothing: the mistake is told once, through ``Pinwheel/PoolConfiguration/onEvent``, and the old
  /// settings stay until the file is right again. What the pool could not follow for another reason, such as a thread
  /// that was refused, is told once too, and tried again at each look. How it comes to have other contents does not
  /// matter: edited, replaced, a link to another one as in a mounted ConfigMap. What is no plain file, such as a FIFO,
  /// counts as a mistake. What it says when the watch begins counts as applied; a mistake in it, or a file that is not
  /// there, is told. Settings that the pool has from code go on winning over the file. What has been applied is told too
  /// (``Pinwheel/PoolEvent/changed(_:)``).
  ///
  /// The watch ends when it is dropped or stopped. It does not keep the pool alive; when that is gone or shut down it has
  /// nothing to do any more, but its thread goes on waking until the watch ends. May be used from any thread, inside of the
  /// pool's jobs too.
  ///
  /// - Cost: a thread that sleeps, and reads the file once an interval.
  public final class ConfigurationWatch: Sendable {
    private let ticker: Ticker

    /// Begins to watch.
    ///
    /// - Parameters:
    ///   - file: The path.
    ///   - pool: Whose settings the file has.
    ///   - options: As for ``Pinwheel/PoolConfiguration/init(file:options:environment:)``: they go on winning over the file.
    ///   - environment: As there, each time.
    ///   - interval: How often to look; 10 ms at least.
    /// - Throws: ``Pinwheel/PoolError/watchRefused(errno:)``.
    public init(
      file: String, for pool: ThreadPool, options: [String: String] = [:], environment: [String: String]? = nil,
      every interval: Duration = .seconds(1)
    ) throws(PoolError) {
      @Sendable func settings(_ text: WatchedText.Text) throws(ConfigurationError) -> PoolConfiguration {
        try PoolConfiguration(bytes: try text.get(), ofFile: file, options: options, environment: environment)
      }
      let first = Self.text(of: file)
      let known = Mutex(WatchedText(first, isApplied: (try? settings(first)) != nil))
      ticker = try Ticker.start(every: interval) { [weak crew = pool.crew] in
        // Not the pool: with the last reference to it this thread would have to wait for its jobs, and one of them may be
        // waiting for the end of the watch.
        guard let crew, !crew.isOver else { return }
        let text = Self.text(of: file)
        guard known.withLock({ $0.isDue(text) }) else { return }
        do throws(PoolError) {
          // What has settled is what applies: by now the file may say something else.
          var configuration: PoolConfiguration
          do throws(ConfigurationError) { configuration = try settings(text) } catch { throw .configuration(error) }
          configuration.keep(setInCode: crew.configuration)
          let change = try crew.apply(configuration)
          known.withLock { $0.hasApplied(text) }
          crew.tell(.changed(change))
        } catch {
          if error == .shutDown { return }
          if known.withLock({ $0.hasFailed(text, error) }) { crew.tell(.notApplied(error)) }
        }
      }
    }

    deinit { ticker.stop() }

    /// Ends it: when this returns the file is not looked at any more.
    public func stop() { ticker.stop() }

    /// What it says, or why that can't be read.
    private static func text(of file: String) -> WatchedText.Text {
      do throws(ConfigurationError) { return .success(try contents(ofFile: file, isWatched: true)) } catch {
        return .failure(error)
      }
    }
  }
#endif
