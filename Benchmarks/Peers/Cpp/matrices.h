// Products of square matrices of doubles: divide and conquer, and Strassen's.
#pragma once

#include <memory>
#include "forkjoin.h"

namespace peers {

constexpr size_t leafSide = 64;

/// A rectangle of a matrix that is stored row by row.
template <class Element>
struct View {
  Element* at;
  size_t stride;

  Element* row(size_t i) const { return at + i * stride; }
  View from(size_t i, size_t j) const { return {at + i * stride + j, stride}; }
};
using Matrix = View<double>;
using ConstMatrix = View<const double>;

/// c += a * b.
inline void multiplyLeaf(ConstMatrix a, ConstMatrix b, Matrix c, size_t rows, size_t columns, size_t depth) {
  for (size_t i = 0; i < rows; i++) {
    double* __restrict to = c.row(i);
    for (size_t k = 0; k < depth; k++) {
      const double factor = a.row(i)[k];
      const double* from = b.row(k);
      for (size_t j = 0; j < columns; j++) to[j] += factor * from[j];
    }
  }
}

/// c += a * b, halved along the longest side. The halves of the inner side add to the same elements, and so come one
/// after the other.
template <class R>
[[gnu::noinline]] void multiply(ConstMatrix a, ConstMatrix b, Matrix c, size_t rows, size_t columns, size_t depth) {
  size_t most = std::max({rows, columns, depth});
  if (most <= leafSide) return multiplyLeaf(a, b, c, rows, columns, depth);
  size_t half = most / 2;
  if (rows == most) {
    R::fork2([=] { multiply<R>(a, b, c, half, columns, depth); },
             [=] { multiply<R>(a.from(half, 0), b, c.from(half, 0), rows - half, columns, depth); });
  } else if (columns == most) {
    R::fork2([=] { multiply<R>(a, b, c, rows, half, depth); },
             [=] { multiply<R>(a, b.from(0, half), c.from(0, half), rows, columns - half, depth); });
  } else {
    multiply<R>(a, b, c, rows, columns, half);
    multiply<R>(a.from(0, half), b.from(half, 0), c, rows, columns, depth - half);
  }
}

/// The elements are left as they are: each is written before it is read.
inline std::unique_ptr<double[]> elements(size_t count) { return std::unique_ptr<double[]>(new double[count]); }

/// c = a * b for sides that are powers of two.
template <class R>
[[gnu::noinline]] void strassen(ConstMatrix a, ConstMatrix b, Matrix c, size_t side) {
  if (side <= leafSide) {
    for (size_t i = 0; i < side; i++) std::fill_n(c.row(i), side, 0.0);
    return multiplyLeaf(a, b, c, side, side, side);
  }
  const size_t half = side / 2, quarter = half * half;
  auto memory = elements(17 * quarter);
  auto part = [&](size_t i) { return Matrix{&memory[i * quarter], half}; };
  auto fixed = [](Matrix m) { return ConstMatrix{m.at, m.stride}; };
  auto combine = [half](Matrix to, ConstMatrix x, ConstMatrix y, double sign) {
    for (size_t i = 0; i < half; i++) {
      for (size_t j = 0; j < half; j++) to.row(i)[j] = x.row(i)[j] + sign * y.row(i)[j];
    }
    return to;
  };
  const ConstMatrix a11 = a, a12 = a.from(0, half), a21 = a.from(half, 0), a22 = a.from(half, half);
  const ConstMatrix b11 = b, b12 = b.from(0, half), b21 = b.from(half, 0), b22 = b.from(half, half);

  // Strassen (1969), in his order. Product i lies in part i, its sums in parts 7 and up.
  R::sumOver(0, 7, [&](uint64_t i) {
    auto times = [&](ConstMatrix x, ConstMatrix y) { strassen<R>(x, y, part(i), half); };
    switch (i) {
      case 0: times(fixed(combine(part(7), a11, a22, 1)), fixed(combine(part(8), b11, b22, 1))); break;
      case 1: times(fixed(combine(part(9), a21, a22, 1)), b11); break;
      case 2: times(a11, fixed(combine(part(10), b12, b22, -1))); break;
      case 3: times(a22, fixed(combine(part(11), b21, b11, -1))); break;
      case 4: times(fixed(combine(part(12), a11, a12, 1)), b22); break;
      case 5: times(fixed(combine(part(13), a21, a11, -1)), fixed(combine(part(14), b11, b12, 1))); break;
      case 6: times(fixed(combine(part(15), a12, a22, -1)), fixed(combine(part(16), b21, b22, 1))); break;
    }
    return uint64_t(0);
  });
  for (size_t i = 0; i < half; i++) {
    const double *p1 = part(0).row(i), *p2 = part(1).row(i), *p3 = part(2).row(i), *p4 = part(3).row(i),
                 *p5 = part(4).row(i), *p6 = part(5).row(i), *p7 = part(6).row(i);
    double *upper = c.row(i), *lower = c.row(half + i);
    for (size_t j = 0; j < half; j++) {
      upper[j] = p1[j] + p4[j] - p5[j] + p7[j];
      upper[half + j] = p3[j] + p5[j];
      lower[j] = p2[j] + p4[j];
      lower[half + j] = p1[j] - p2[j] + p3[j] + p6[j];
    }
  }
}

template <class Multiply>
Answer productFamily(Request request, Multiply multiply) {
  const size_t side = request.size;
  auto a = elements(side * side), b = elements(side * side), c = elements(side * side);
  for (size_t i = 0; i < side; i++) {
    for (size_t j = 0; j < side; j++) {
      a[i * side + j] = leftFactor(i, j);
      b[i * side + j] = rightFactor(i, j);
      c[i * side + j] = 0;
    }
  }
  Answer answer = timed([&] {
    return multiply(ConstMatrix{a.get(), side}, ConstMatrix{b.get(), side}, Matrix{c.get(), side}, side);
  });
  for (size_t i = 0; i < side; i++) {
    for (size_t j = 0; j < side; j++) answer.result += weighed(c[i * side + j], i, j);
  }
  return answer;
}

template <class R>
Answer matmulFamily(Request request) {
  return productFamily(request, [](ConstMatrix a, ConstMatrix b, Matrix c, size_t side) {
    return R::root([=] {
      multiply<R>(a, b, c, side, side, side);
      return uint64_t(0);
    });
  });
}

template <class R>
Answer strassenFamily(Request request) {
  return productFamily(request, [](ConstMatrix a, ConstMatrix b, Matrix c, size_t side) {
    return R::root([=] {
      strassen<R>(a, b, c, side);
      return uint64_t(0);
    });
  });
}

}  // namespace peers
