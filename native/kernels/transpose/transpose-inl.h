// transpose for vectors of 16 bytes. A tile of n x n elements (n of them in a vector) is turned by log2(n)
// rounds, each of which interleaves row i with row i + n / 2: one round moves one bit of the row number into
// the column number. The including file defines Vector, LoadVector, StoreVector, ZipLow and ZipHigh (the
// latter by an element as tag). SPDX-License-Identifier: Apache-2.0
#include "native/kernels/transpose/transpose.h"

namespace kompakt {
namespace {
namespace transpose_inl {

template <typename T>
static void Turn(Vector* rows) {
  constexpr int kSize = 16 / sizeof(T);
  Vector turned[kSize];
  for (int round = 1; round < kSize; round *= 2) {
    for (int i = 0; i < kSize / 2; ++i) {
      turned[2 * i] = ZipLow(rows[i], rows[i + kSize / 2], T{});
      turned[2 * i + 1] = ZipHigh(rows[i], rows[i + kSize / 2], T{});
    }
    for (int i = 0; i < kSize; ++i) rows[i] = turned[i];
  }
}

template <typename T>
static void Tile(const T* x, int64_t x_stride, T* y, int64_t y_stride) {
  constexpr int kSize = 16 / sizeof(T);
  Vector rows[kSize];
  for (int i = 0; i < kSize; ++i) rows[i] = LoadVector(x + i * x_stride);
  Turn<T>(rows);
  for (int i = 0; i < kSize; ++i) StoreVector(y + i * y_stride, rows[i]);
}

/// Fewer rows than a tile has, and rows of y that lie close together (an image of 3 channels): whole vectors
/// are stored in order, each mending what the one before wrote too much. Returns the columns done.
template <typename T>
static int64_t NarrowTiles(const T* x, int64_t x_stride, T* y, int64_t rows, int64_t cols) {
  constexpr int64_t kSize = 16 / sizeof(T);
  int64_t c = 0;
  for (; (c + kSize - 1) * rows + kSize <= cols * rows; c += kSize) {
    Vector tile[kSize];
    for (int64_t i = 0; i < kSize; ++i) tile[i] = LoadVector(x + (i < rows ? i : rows - 1) * x_stride + c);
    Turn<T>(tile);
    for (int64_t i = 0; i < kSize; ++i) StoreVector(y + (c + i) * rows, tile[i]);
  }
  return c;
}

template <typename T>
static void Run(const T* x, int64_t x_stride, T* y, int64_t y_stride, int64_t rows, int64_t cols) {
  constexpr int64_t kSize = 16 / sizeof(T);
  int64_t full_rows = rows / kSize * kSize, full_cols = cols / kSize * kSize;
  if (rows < kSize && 2 * rows > kSize && y_stride == rows) {
    full_cols = NarrowTiles(x, x_stride, y, rows, cols);
    full_rows = rows;
  }
  for (int64_t c = 0; c < full_cols; c += kSize)
    for (int64_t r = 0; r + kSize <= full_rows; r += kSize)
      Tile(x + r * x_stride + c, x_stride, y + c * y_stride + r, y_stride);
  for (int64_t c = 0; c < full_cols; ++c)
    for (int64_t r = full_rows; r < rows; ++r) y[c * y_stride + r] = x[r * x_stride + c];
  for (int64_t c = full_cols; c < cols; ++c)
    for (int64_t r = 0; r < rows; ++r) y[c * y_stride + r] = x[r * x_stride + c];
}

}  // namespace transpose_inl
}  // namespace
}  // namespace kompakt
