// oneTBB.
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>
#include <oneapi/tbb/task_scheduler_observer.h>
#include <optional>
#include "peer.h"

using namespace peers;

namespace {

/// Binds workers for good, and other threads while they hold a slot of the arena.
class Pinner : public tbb::task_scheduler_observer {
 public:
  explicit Pinner(tbb::task_arena& arena) : task_scheduler_observer(arena) { observe(true); }
  ~Pinner() override { observe(false); }
  void on_scheduler_entry(bool) override {
    const int cpu = cpuOf(unsigned(tbb::this_task_arena::current_thread_index()));
    if (bound != cpu) pinThisThread(cpu);
    bound = cpu;
  }
  void on_scheduler_exit(bool isWorker) override {
    if (isWorker) return;
    unpinThisThread();
    bound = -1;
  }

 private:
  static thread_local int bound;
};

thread_local int Pinner::bound = -1;

/// An arena and how many threads may work in it. There is one at a time: of several limits TBB takes the least.
class Crew {
 public:
  /// With `reserved` 1, one of the slots is for the thread that calls.
  Crew(unsigned slots, unsigned reserved)
      : limit_(tbb::global_control::max_allowed_parallelism, slots + 1 - reserved), arena_(int(slots), reserved) {
    if (options.pin) pinner_.emplace(arena_);
    arena_.initialize();
  }
  tbb::task_arena& arena() { return arena_; }

 private:
  tbb::global_control limit_;
  tbb::task_arena arena_;
  std::optional<Pinner> pinner_;
};

std::optional<Crew> crew;

struct Tbb {
  static constexpr bool isSerial = false;
  using Range = tbb::blocked_range<uint64_t>;

  template <class Body>
  static uint64_t root(Body body) {
    return crew->arena().execute(body);
  }

  // As fast as parallel_invoke with two functions, and faster than it with many.
  template <class A, class B>
  static void fork2(const A& a, const B& b) {
    tbb::task_group group;
    group.run(b);
    a();
    group.wait();
  }
  template <class A, class B>
  static Both join(const A& a, const B& b) {
    return joinByFork<Tbb>(a, b);
  }
  template <class F>
  static uint64_t sumOver(uint64_t first, uint64_t last, const F& f) {
    uint64_t results[mostBranches];
    tbb::task_group group;
    for (uint64_t i = first; i + 1 < last; i++) group.run([&results, &f, i, first] { results[i - first] = f(i); });
    uint64_t sum = f(last - 1);
    group.wait();
    for (uint64_t i = first; i + 1 < last; i++) sum += results[i - first];
    return sum;
  }

  template <class Body>
  static void staticRange(uint64_t n, const Body& body) {
    tbb::parallel_for(
        Range(0, n), [&](const Range& part) { body(part.begin(), part.end()); }, tbb::static_partitioner());
  }
  template <class Body>
  static void dynamicLoop(uint64_t n, const Body& body) {
    tbb::parallel_for(
        Range(0, n, 1), [&](const Range& part) { body(part.begin()); }, tbb::simple_partitioner());
  }
  template <class Op, class Map, class Partitioner>
  static uint64_t reduceBy(const Partitioner& partitioner, uint64_t n, const Map& map) {
    return tbb::parallel_reduce(
        Range(0, n), uint64_t(0),
        [&](const Range& part, uint64_t result) {
          for (uint64_t i = part.begin(); i != part.end(); ++i) result = Op()(result, map(i));
          return result;
        },
        Op(), partitioner);
  }
  template <class Op, class Map>
  static uint64_t reduce(uint64_t n, const Map& map) {
    return reduceBy<Op>(tbb::auto_partitioner(), n, map);
  }
  template <class Op, class Map>
  static uint64_t reduceTailed(uint64_t n, const Map& map) {
    return reduceBy<Op>(tbb::auto_partitioner(), n, map);
  }
  template <class Op, class Map>
  static uint64_t reduceNested(uint64_t n, const Map& map) {
    return reduce<Op>(n, [&](uint64_t i) { return reduce<Op>(n, [&](uint64_t j) { return map(i, j); }); });
  }
  template <class Body>
  static void phases(uint64_t count, uint64_t n, const Body& body) {
    tbb::affinity_partitioner affinity;
    for (uint64_t phase = 0; phase < count; phase++) {
      auto part = [&](const Range& rows) { body(phase, rows.begin(), rows.end()); };
      if (options.tuned) tbb::parallel_for(Range(0, n), part, affinity);
      else tbb::parallel_for(Range(0, n), part, tbb::static_partitioner());
    }
  }

  static void openQueue() { crew.emplace(options.workers, 0); }
  static void closeQueue() { crew.emplace(options.workers, 1); }
  template <class Job>
  static void submit(const Job& job) {
    crew->arena().enqueue(job);
  }
};

/// The same inside of the arena, where a loop finds it.
Families inArena(Families families) {
  for (Family& family : families) {
    if (family.name == "loop.crowd") continue;  // its threads come from outside
    family.run = [run = family.run](Request request) { return crew->arena().execute([&] { return run(request); }); };
  }
  return families;
}

}  // namespace

int main(int count, char** arguments) {
  readCommandLine(count, arguments);
  beginAgain(arguments, {});
  tbb::global_control stack(tbb::global_control::thread_stack_size, workerStack);
  crew.emplace(options.workers, 1);
  crew->arena().execute([] { staticFamily<Tbb>({1000, 0}); });
  serve("tbb", TBB_VERSION_STRING,
        forkFamilies<Tbb>() + inArena(loopFamilies<Tbb>()) + submitFamilies<Tbb>() + quietFamilies());
}
