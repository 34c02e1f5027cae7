// Merge sort: both halves in parallel, and a merge that is itself divided.
#pragma once

#include <algorithm>
#include <memory>
#include "forkjoin.h"

namespace peers {

constexpr size_t serialSort = 1024, serialMerge = 4096;

/// Merges two sorted ranges to `out`: the longer one is cut in its middle, the other where that element belongs.
template <class R>
[[gnu::noinline]] void mergeInto(const uint64_t* a, size_t aCount, const uint64_t* b, size_t bCount, uint64_t* out) {
  if (R::isSerial || aCount + bCount < serialMerge) {
    std::merge(a, a + aCount, b, b + bCount, out);
    return;
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
  if (count < serialSort) {
    std::sort(keys, keys + count);
    if (across) std::copy(keys, keys + count, other);
    return;
  }
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
