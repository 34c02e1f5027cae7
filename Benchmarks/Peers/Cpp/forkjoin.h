// The fork-join families over integers. `R` is the runtime: `R::join` runs two functions, perhaps at once, and gives
// what both returned; `R::sumOver` adds up f(first) ... f(last - 1), at most `mostBranches` of them, which may run at
// once.
//
// With `Serial` for a runtime the same text is a plain serial program.
#pragma once

#include <atomic>
#include <numeric>
#include <utility>
#include <vector>
#include "../../CSources/CTreeHash/tree.h"
#include "arithmetic.h"
#include "measure.h"

namespace peers {

constexpr uint64_t mostBranches = 32;

struct Both {
  uint64_t first, second;
};

struct Serial {
  static constexpr bool isSerial = true;
  template <class Body>
  static uint64_t root(Body body) {
    return body();
  }
  template <class A, class B>
  static void fork2(A a, B b) {
    a();
    b();
  }
  template <class A, class B>
  static Both join(A a, B b) {
    uint64_t first = a();
    return {first, b()};
  }
  template <class F>
  static uint64_t sumOver(uint64_t first, uint64_t last, F f) {
    uint64_t sum = 0;
    for (uint64_t i = first; i < last; i++) sum += f(i);
    return sum;
  }
};

/// `R::join` for runtimes whose forks return nothing.
template <class R, class A, class B>
inline Both joinByFork(A a, B b) {
  Both both;
  R::fork2([&] { both.first = a(); }, [&] { both.second = b(); });
  return both;
}

/// `R::sumOver` for runtimes that spawn any number of jobs and then wait for them: the last one is called.
template <class Spawn, class Wait, class F>
inline uint64_t sumBySpawns(uint64_t first, uint64_t last, const F& f, const Spawn& spawn, const Wait& wait) {
  uint64_t results[mostBranches];
  for (uint64_t i = first; i + 1 < last; i++) spawn([&results, &f, i, first] { results[i - first] = f(i); });
  uint64_t sum = f(last - 1);
  wait();
  for (uint64_t i = first; i + 1 < last; i++) sum += results[i - first];
  return sum;
}

/// `R::sumOver` by halves, for any number of branches.
template <class R, class F>
uint64_t sumByHalves(uint64_t first, uint64_t last, const F& f) {
  if constexpr (R::isSerial) return R::sumOver(first, last, f);
  if (last - first == 1) return f(first);
  uint64_t middle = first + (last - first) / 2;
  Both both = R::join([&] { return sumByHalves<R>(first, middle, f); }, [&] { return sumByHalves<R>(middle, last, f); });
  return both.first + both.second;
}

// MARK: Fibonacci

template <class R>
[[gnu::noinline]] uint64_t fib(uint64_t n) {
  if (n < 2) return n;
  Both both = R::join([=] { return fib<R>(n - 1); }, [=] { return fib<R>(n - 2); });
  keep(both.second);  // or the second call becomes a loop
  return both.first + both.second;
}

template <class R>
Answer fibFamily(Request request) {
  return timed([&] { return R::root([&] { return fib<R>(request.size); }); });
}

// MARK: Skynet

template <class R>
[[gnu::noinline]] uint64_t skynet(uint64_t first, uint64_t leaves) {
  if (leaves == 1) return first;
  uint64_t share = leaves / 10;
  return R::sumOver(0, 10, [=](uint64_t child) { return skynet<R>(first + child * share, share); });
}

template <class R>
Answer skynetFamily(Request request) {
  uint64_t leaves = 1;
  for (uint64_t level = 0; level < request.size; level++) leaves *= 10;
  return timed([&] { return R::root([&] { return skynet<R>(0, leaves); }); });
}

// MARK: Queens

/// The rows filled so far, as seen from the next one.
struct Board {
  uint32_t all, columns, left, right, row;

  uint32_t free() const { return all & ~(columns | left | right); }
  Board placing(uint32_t column) const {
    return {all, columns | column, (left | column) << 1, (right | column) >> 1, row + 1};
  }
};

[[gnu::noinline]] inline uint64_t queensSerially(const Board& board) {
  if (board.columns == board.all) return 1;
  uint64_t count = 0;
  for (uint32_t free = board.free(); free != 0; free &= free - 1) count += queensSerially(board.placing(free & -free));
  return count;
}

template <class R>
[[gnu::noinline]] uint64_t queens(const Board& board) {
  constexpr uint32_t parallelRows = 4;
  if (board.row == parallelRows || board.columns == board.all) return queensSerially(board);
  uint32_t squares[mostBranches];
  uint64_t count = 0;
  for (uint32_t free = board.free(); free != 0; free &= free - 1) squares[count++] = free & -free;
  if (count == 0) return 0;
  return R::sumOver(0, count, [&](uint64_t i) { return queens<R>(board.placing(squares[i])); });
}

template <class R>
Answer queensFamily(Request request) {
  Board board = {uint32_t((uint64_t(1) << request.size) - 1), 0, 0, 0, 0};
  return timed([&] { return R::root([&] { return queens<R>(board); }); });
}

// MARK: Unbalanced tree search

/// A published binomial tree (Olivier et al. 2006): its shape is known only when it has been walked.
struct PublishedTree {
  bench_node node;

  static PublishedTree root(uint64_t seed) { return {bench_tree_root(uint32_t(seed))}; }
  bool hasChildren() const { return bench_tree_has_children(node); }
  PublishedTree child(uint64_t i) const { return {bench_tree_child(node, uint32_t(i))}; }
};

/// The same with a hash of a few instructions.
struct FineTree {
  uint64_t state;

  static FineTree root(uint64_t seed) { return {mix(seed)}; }
  /// Of 2^53 a little less than an eighth, so that the tree ends.
  bool hasChildren() const { return mix(state) >> 11 < 1124742188654592; }
  FineTree child(uint64_t i) const { return {mix(state + (i + 1) * golden)}; }
};

template <class R, class Tree>
[[gnu::noinline]] uint64_t countTree(const Tree& node) {
  constexpr uint64_t children = 8;
  if (!node.hasChildren()) return 1;
  return 1 + sumByHalves<R>(0, children, [=](uint64_t i) { return countTree<R>(node.child(i)); });
}

template <class R, class Tree>
Answer treeFamily(Request request) {
  constexpr uint64_t rootChildren = 2000;
  Tree root = Tree::root(request.size);
  return timed([&] {
    return R::root([&] {
      return 1 + sumByHalves<R>(0, rootChildren, [=](uint64_t i) { return countTree<R>(root.child(i)); });
    });
  });
}

// MARK: Knapsack

struct Knapsack {
  struct Item {
    uint64_t weight, value, index;
  };
  static constexpr uint64_t serialItems = 12;

  std::vector<Item> items;  // the most value for its weight first
  uint64_t capacity = 0;
  std::atomic<uint64_t> best = 0;

  explicit Knapsack(uint64_t count) {
    // Values that go with the weights: what is worth most for its weight says little (Pisinger 2005).
    for (uint64_t i = 0; i < count; i++) {
      uint64_t weight = 1 + rnd(2 * i) % 9999;
      items.push_back({weight, weight + 1000, i});
    }
    for (const Item& item : items) capacity += item.weight;
    capacity /= 2;
    std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
      uint64_t left = a.value * b.weight, right = b.value * a.weight;
      return left != right ? left > right : a.index < b.index;
    });
  }

  void offer(uint64_t value) {
    uint64_t known = best.load(std::memory_order_relaxed);
    while (value > known && !best.compare_exchange_weak(known, value, std::memory_order_relaxed)) {}
  }

  /// What the items from `next` on can add at most, if the last one may be taken in part.
  uint64_t bound(uint64_t next, uint64_t room) const {
    uint64_t value = 0;
    for (; next < items.size() && items[next].weight <= room; next++) {
      room -= items[next].weight;
      value += items[next].value;
    }
    return next < items.size() ? value + items[next].value * room / items[next].weight : value;
  }
};

template <class R>
[[gnu::noinline]] void search(Knapsack& sack, uint64_t next, uint64_t room, uint64_t value) {
  sack.offer(value);
  if (next == sack.items.size()) return;
  if (value + sack.bound(next, room) <= sack.best.load(std::memory_order_relaxed)) return;
  const Knapsack::Item item = sack.items[next];
  auto leave = [=, &sack] { search<R>(sack, next + 1, room, value); };
  if (item.weight > room) return leave();
  auto take = [=, &sack] { search<R>(sack, next + 1, room - item.weight, value + item.value); };
  if (sack.items.size() - next > Knapsack::serialItems) {
    R::fork2(take, leave);
  } else {
    Serial::fork2(take, leave);
  }
}

template <class R>
Answer knapsackFamily(Request request) {
  Knapsack sack(request.size);
  return timed([&] {
    return R::root([&] {
      search<R>(sack, 0, sack.capacity, 0);
      return sack.best.load();
    });
  });
}

}  // namespace peers
