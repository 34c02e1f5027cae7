// oneTBB.
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/blocked_range2d.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>
#include <oneapi/tbb/task_scheduler_observer.h>
#include <functional>
#include <latch>
#include <memory>
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
  using Square = tbb::blocked_range2d<uint64_t>;

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
    tbb::task_group group;
    return sumBySpawns(first, last, f, [&](const auto& job) { group.run(job); }, [&] { group.wait(); });
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
  template <class Body>
  static void forEach(uint64_t n, const Body& body) {
    tbb::parallel_for(uint64_t(0), n, body);
  }
  template <class Map, class Partitioner>
  static uint64_t sumBy(const Partitioner& partitioner, uint64_t n, const Map& map) {
    return tbb::parallel_reduce(
        Range(0, n), uint64_t(0),
        [&](const Range& part, uint64_t sum) {
          for (uint64_t i = part.begin(); i != part.end(); ++i) sum += map(i);
          return sum;
        },
        std::plus<>(), partitioner);
  }
  template <class Map>
  static uint64_t sum(uint64_t n, const Map& map) {
    return sumBy(tbb::auto_partitioner(), n, map);
  }
  template <class Map>
  static uint64_t sumTailed(uint64_t n, const Map& map) {
    return options.tuned ? sumBy(tbb::simple_partitioner(), n, map) : sum(n, map);
  }
  /// Tuned: one loop over both dimensions.
  template <class Map>
  static uint64_t sumNested(uint64_t n, const Map& map) {
    if (!options.tuned) return sum(n, [&](uint64_t i) { return sum(n, [&](uint64_t j) { return map(i, j); }); });
    return tbb::parallel_reduce(
        Square(0, n, 0, n), uint64_t(0),
        [&](const Square& part, uint64_t sum) {
          for (uint64_t i = part.rows().begin(); i != part.rows().end(); ++i) {
            for (uint64_t j = part.cols().begin(); j != part.cols().end(); ++j) sum += map(i, j);
          }
          return sum;
        },
        std::plus<>());
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

  /// The tile's side is the range's grain; tuned: nothing larger is handed out.
  template <class Body>
  static void tiles(size_t side, size_t tile, const Body& body) {
    const Square square(0, side, tile, 0, side, tile);
    auto part = [&](const Square& part) {
      body(part.rows().begin(), part.rows().end(), part.cols().begin(), part.cols().end());
    };
    if (options.tuned) tbb::parallel_for(square, part, tbb::simple_partitioner());
    else tbb::parallel_for(square, part);
  }

  static void openQueue() { crew.emplace(options.workers, 0); }
  static void closeQueue() { crew.emplace(options.workers, 1); }
  template <class Job>
  static void submit(const Job& job) {
    crew->arena().enqueue(job);
  }
  template <class Job>
  static void submitMany(uint64_t count, const Job& job) {
    for (uint64_t i = 0; i < count; i++) submit(job);
  }
};

/// Its threads are the process's, and outlast arenas: all of it has to end before another can begin.
struct TbbStart {
  static void begin(unsigned workers) {
    crew.emplace(workers, 0);
    // A job a worker, which waits for the others; shared, as the last of them may wake after this has returned.
    auto all = std::make_shared<std::latch>(workers + 1);
    for (unsigned worker = 0; worker < workers; worker++) crew->arena().enqueue([all] { all->arrive_and_wait(); });
    all->arrive_and_wait();
  }
  static void end() {
    tbb::task_scheduler_handle threads{tbb::attach{}};
    crew.reset();
    if (!tbb::finalize(threads, std::nothrow)) fail("TBB's threads do not end");
  }
};

Answer tbbStartFamily(Request request) {
  TbbStart::end();  // the crew that runs the other families
  Answer answer = startFamily<TbbStart>(request);
  crew.emplace(options.workers, 1);
  return answer;
}

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
  Families start;
  if (!options.tuned) start = {{"start", tbbStartFamily, {}}};
  serve("tbb", TBB_VERSION_STRING,
        forkFamilies<Tbb>() + inArena(loopFamilies<Tbb>() + tileFamilies<Tbb>()) + submitFamilies<Tbb>() + start +
            quietFamilies());
}
