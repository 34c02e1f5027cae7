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
  /// it, changes nothing: the mistake is told once, through ``Pinwheel/PoolConfiguration/onEvent``, and the old settings
  /// stay until the file is right again. How it comes to have other contents does not matter: edited, replaced, a link to
  /// another one as in a mounted ConfigMap. What it says when the watch begins counts as known. Settings that the pool
  /// has from code go on winning over the file.
  ///
  /// The watch ends when it is dropped or stopped, or with the pool, which it does not keep alive. May be used from any
  /// thread.
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
      let known = Known(Self.text(of: file))
      ticker = try Ticker.start(every: interval) { [weak pool] in
        guard let pool, known.isNewAndSettled(Self.text(of: file)) else { return }
        do throws(PoolError) {
          var configuration: PoolConfiguration
          do throws(ConfigurationError) {
            configuration = try PoolConfiguration(file: file, options: options, environment: environment)
          } catch { throw .configuration(error) }
          configuration.keep(setInCode: pool.configuration)
          try pool.apply(configuration)
        } catch {
          if error != .shutDown { pool.tell(.notApplied(error)) }
        }
      }
    }

    deinit { ticker.stop() }

    /// Ends it: when this returns the file is not looked at any more.
    public func stop() { ticker.stop() }

    /// What it says, or why that can't be read.
    private static func text(of file: String) -> Result<[UInt8], ConfigurationError> {
      do throws(ConfigurationError) { return .success(try contents(ofFile: file)) } catch { return .failure(error) }
    }
  }

  /// The contents that have been applied, or refused, and those seen last.
  private final class Known: Sendable {
    typealias Text = Result<[UInt8], ConfigurationError>
    private let texts: Mutex<(applied: Text, seen: Text)>

    init(_ text: Text) { texts = Mutex((text, text)) }

    func isNewAndSettled(_ text: Text) -> Bool {
      texts.withLock { texts in
        defer { texts.seen = text }
        guard text == texts.seen, text != texts.applied else { return false }
        texts.applied = text
        return true
      }
    }
  }
#endif
