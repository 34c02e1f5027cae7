// Merge sort: both halves in parallel, and a merge that is itself divided.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>
#include "forkjoin.h"

namespace peers {

constexpr size_t serialSort = 1024, serialMerge = 4096;

/// Selects rather than branches: nobody can predict which range is next.
inline void mergeSerially(const uint64_t* a, const uint64_t* aEnd, const uint64_t* b, const uint64_t* bEnd,
                          uint64_t* out) {
  while (a != aEnd && b != bEnd) {
    const bool fromB = *b < *a;
    *out++ = fromB ? *b : *a;
    a += !fromB;
    b += fromB;
  }
  out = std::copy(a, aEnd, out);
  std::copy(b, bEnd, out);
}

/// Sorts a short range by insertion in runs of 16, and by merging those to and fro. The same in all languages, whose
/// libraries sort at very different speeds. Leaves the result in `keys` or, with `across`, in `other`.
[[gnu::noinline]] inline void sortSerially(uint64_t* keys, uint64_t* other, size_t count, bool across) {
  constexpr size_t run = 16;
  for (size_t begin = 0; begin < count; begin += run) {
    const size_t end = std::min(begin + run, count);
    for (size_t i = begin + 1; i < end; i++) {
      const uint64_t key = keys[i];
      size_t hole = i;
      for (; hole > begin && key < keys[hole - 1]; hole--) keys[hole] = keys[hole - 1];
      keys[hole] = key;
    }
  }
  uint64_t *from = keys, *to = other;
  for (size_t length = run; length < count; length *= 2) {
    for (size_t begin = 0; begin < count; begin += 2 * length) {
      const size_t middle = std::min(begin + length, count), end = std::min(middle + length, count);
      mergeSerially(from + begin, from + middle, from + middle, from + end, to + begin);
    }
    std::swap(from, to);
  }
  if ((from == other) != across) std::copy(from, from + count, to);
}

/// Merges two sorted ranges to `out`: the longer one is cut in its middle, the other where that element belongs.
template <class R>
[[gnu::noinline]] void mergeInto(const uint64_t* a, size_t aCount, const uint64_t* b, size_t bCount, uint64_t* out) {
  if (R::isSerial || aCount + bCount < serialMerge) {
    return mergeSerially(a, a + aCount, b, b + bCount, out);
  }
  if (aCount < bCount) {
    std::swap(a, b);
    std::swap(aCount, bCount);
  }
  size_t aCut = aCount / 2;
  size_t bCut = size_t(std::lower_bound(b, b + bCount, a[aCut]) - b);
  R::fork2([=] { mergeInto<R>(a, aCut, b, bCut, out); },
           [=] { mergeInto<R>(a + aCut, aCount - aCut, b + bCut, bCount - bCut, out + aCut + bCut); });
}

/// Sorts `keys`, which end up there or, with `across`, in `other`.
template <class R>
[[gnu::noinline]] void mergeSort(uint64_t* keys, uint64_t* other, size_t count, bool across) {
  if (count < serialSort) return sortSerially(keys, other, count, across);
  size_t middle = count / 2;
  R::fork2([=] { mergeSort<R>(keys, other, middle, !across); },
           [=] { mergeSort<R>(keys + middle, other + middle, count - middle, !across); });
  uint64_t *from = across ? keys : other, *to = across ? other : keys;
  mergeInto<R>(from, middle, from + middle, count - middle, to);
}

template <class R>
Answer mergeSortFamily(Request request) {
  size_t count = request.size;
  std::vector<uint64_t> keys(count), other(count);
  for (size_t i = 0; i < count; i++) keys[i] = rnd(i);
  Answer answer = timed([&] {
    return R::root([&] {
      mergeSort<R>(keys.data(), other.data(), count, false);
      return uint64_t(0);
    });
  });
  for (size_t i = 0; i < count; i++) answer.result += keys[i] * (i + 1);
  return answer;
}

}  // namespace peers
