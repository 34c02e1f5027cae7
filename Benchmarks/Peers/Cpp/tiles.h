// Loops over two dimensions. `R::tiles(side, tile, body)` calls body(row, rowEnd, column, columnEnd) for the parts, about
// `tile` by `tile` elements each, of a square.
#pragma once

#include "loops.h"

namespace peers {

constexpr size_t sheetSide = 1024, tileSide = 64;

inline void transpose(const uint64_t* from, uint64_t* to, size_t row, size_t rowEnd, size_t column, size_t columnEnd) {
  for (size_t i = row; i < rowEnd; i++) {
    for (size_t j = column; j < columnEnd; j++) to[j * sheetSide + i] = 3 * from[i * sheetSide + j] + 1;
  }
}

/// Transposes a square to and fro: without tiles each element written is a line of its own.
template <class R>
Answer tilesFamily(Request request) {
  std::vector<uint64_t> sheet(sheetSide * sheetSide), other(sheet.size());
  for (size_t i = 0; i < sheet.size(); i++) sheet[i] = rnd(i);
  for (size_t i = 0; i < other.size(); i++) other[i] = i;  // so that its pages are there
  uint64_t* sheets[] = {sheet.data(), other.data()};
  Answer answer = timed([&] {
    for (uint64_t pass = 0; pass < request.size; pass++) {
      const uint64_t* from = sheets[pass % 2];
      uint64_t* to = sheets[(pass + 1) % 2];
      R::tiles(sheetSide, tileSide, [from, to](size_t row, size_t rowEnd, size_t column, size_t columnEnd) {
        transpose(from, to, row, rowEnd, column, columnEnd);
      });
    }
    return uint64_t(0);
  });
  for (size_t i = 0; i < sheet.size(); i++) answer.result += sheets[request.size % 2][i] * (i + 1);
  return answer;
}

}  // namespace peers
