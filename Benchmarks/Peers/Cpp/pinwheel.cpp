// Pinwheel's C core, without the Swift layer above it: what a fork costs where closures are free.
#include <optional>
#include <thread>
#include <vector>
#include <CPinwheel.h>
#include "deques.h"
#include "peer.h"

using namespace peers;

namespace {

pw_pool* pool;  // that of the families

struct Core {
  static constexpr bool isSerial = false;

  template <class Body>
  static uint64_t root(const Body& body) {
    return body();  // the outermost fork takes a slot
  }

  /// A forked job's link and, beside it, the place for what the job returns on another thread.
  template <class B>
  struct Fork {
    pw_frame frame;
    uint64_t result;

    // Called like a Swift closure: the function to run is its context.
    __attribute__((swiftcall)) static void run(pw_frame* frame, __attribute__((swift_context)) void* forked) {
      reinterpret_cast<Fork*>(frame)->result = (*static_cast<const B*>(forked))();
    }
  };

  template <class A, class B>
  static Both join(const A& a, const B& b) {
    if (pw_is_fed(pool)) {
      uint64_t first = a();
      return {first, b()};
    }
    Fork<B> fork;
    pw_push(pw_this_thread.slot, pool, &fork.frame, reinterpret_cast<pw_code>(&Fork<B>::run), const_cast<B*>(&b));
    uint64_t first = a();
    if (pw_pop_private(&fork.frame)) return {first, b()};
    if (pw_join_exposed(&fork.frame)) {
      fork.result = b();
      pw_end_join(&fork.frame);
    }
    return {first, fork.result};
  }
  template <class A, class B>
  static void fork2(const A& a, const B& b) {
    join([&] { return a(), uint64_t(0); }, [&] { return b(), uint64_t(0); });
  }
  template <class F>
  static uint64_t sumOver(uint64_t first, uint64_t last, const F& f) {
    return sumByHalves<Core>(first, last, f);
  }
};

/// A pool and its threads.
class Crew {
 public:
  /// Returns when all workers have begun.
  explicit Crew(unsigned count) {
    // As the Swift layer: 50 us, or nothing when there are more workers than CPUs; tuned, `wait: active`.
    const bool crowded = count > options.cpus.size();
    const uint64_t spin = crowded ? 0 : options.tuned ? PW_NEVER_PARK : 50'000;
    auto runNothing = [](void*, void*, void*, bool) {};  // nobody submits or spawns
    pool_ = pw_pool_create(count, count, PW_STRICT_CAPACITY, spin, 1, runNothing);
    if (pool_ == nullptr) fail("no memory for a pool");
    if (options.pin) {
      // So that the caller takes the slot of the CPU it runs on.
      std::vector<uint32_t> slotOfCpu(size_t(options.cpus.back()) + 1, 0);
      for (unsigned worker = count; worker-- > 0;) slotOfCpu[size_t(cpuOf(worker))] = worker;
      pw_pool_set_homes(pool_, slotOfCpu.data(), uint32_t(slotOfCpu.size()));
    }
    for (unsigned worker = 0; worker < count; worker++) {
      workers_.emplace_back([this, worker] {
        if (options.pin) pinThisThread(cpuOf(worker));
        pw_worker_run(pw_pool_slot(pool_, worker));
      });
    }
    pw_pool_await_start(pool_, 10'000'000'000);
  }
  ~Crew() {
    pw_pool_close(pool_);
    pw_pool_stop(pool_);
    for (std::thread& worker : workers_) worker.join();
    pw_pool_destroy(pool_);
  }
  pw_pool* pool() const { return pool_; }

 private:
  pw_pool* pool_;
  std::vector<std::thread> workers_;
};

struct Start {
  static inline std::optional<Crew> crew;
  static void begin(unsigned workers) { crew.emplace(workers); }
  static void end() { crew.reset(); }
};

}  // namespace

int main(int count, char** arguments) {
  readCommandLine(count, arguments);
  beginAgain(arguments, {});
  Crew crew(options.workers);
  pool = crew.pool();
  serve("pinwheel-c", PEER_VERSION,
        forkFamilies<Core>() + dequeFamilies() + startFamilies<Start>() + quietFamilies());
}
