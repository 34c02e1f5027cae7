#if Tools
  import Glibc

  /// SIGHUP, by which programs that go on are told to read their settings again (daemon(7)).
  struct HangUp {
    private var signals = sigset_t()

    /// From here on the signal is kept until somebody waits for it, instead of ending the process. To be made before
    /// there are other threads, which the signal could reach.
    init() {
      sigemptyset(&signals)
      sigaddset(&signals, SIGHUP)
      pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Waits for the next one; several that have come meanwhile count as one.
    func wait() {
      var signals = signals
      var caught: CInt = 0
      while sigwait(&signals, &caught) != 0 {}
    }
  }
#endif
