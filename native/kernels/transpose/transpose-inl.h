// transpose for vectors of 16 bytes. A tile of n x n elements (n of them in a vector) is turned by log2(n)
// rounds, each of which interleaves row i with row i + n / 2: one round moves one bit of the row number into
// the column number. The including file defines Vector, LoadVector, StoreVector, PickBytes, ZipLow and
// ZipHigh (the latter by an element as tag). SPDX-License-Identifier: Apache-2.0
#include "native/kernels/transpose/transpose.h"

namespace kompakt {
namespace {
namespace transpose_inl {

/// Rows that lie kWide apart in a column become the columns' vectors, kWide elements a column.
template <typename T, int kWide>
static void Turn(Vector* rows) {
  Vector turned[kWide];
  for (int round = 1; round < kWide; round *= 2) {
    for (int i = 0; i < kWide / 2; ++i) {
      turned[2 * i] = ZipLow(rows[i], rows[i + kWide / 2], T{});
      turned[2 * i + 1] = ZipHigh(rows[i], rows[i + kWide / 2], T{});
    }
    for (int i = 0; i < kWide; ++i) rows[i] = turned[i];
  }
}

template <typename T>
static void Tile(const T* x, int64_t x_stride, T* y, int64_t y_stride) {
  constexpr int kSize = 16 / sizeof(T);
  Vector rows[kSize];
  for (int i = 0; i < kSize; ++i) rows[i] = LoadVector(x + i * x_stride);
  Turn<T, kSize>(rows);
  for (int i = 0; i < kSize; ++i) StoreVector(y + i * y_stride, rows[i]);
}

/// At most kWide rows, and rows of y that follow one another (an image of 3 channels): vectors are stored in
/// order, each mending what the one before wrote too much. Returns the columns done.
template <typename T, int kWide>
static int64_t NarrowTiles(const T* x, int64_t x_stride, T* y, int64_t rows, int64_t cols) {
  constexpr int64_t kSize = 16 / sizeof(T), kColumns = kSize / kWide;
  // Columns of a vector are kWide elements long and become `rows` long.
  uint8_t order[16];
  for (int64_t i = 0; i < kSize; ++i)
    for (size_t byte = 0; byte < sizeof(T); ++byte)
      order[i * sizeof(T) + byte] =
          static_cast<uint8_t>((i / rows % kColumns * kWide + i % rows) * sizeof(T) + byte);
  const Vector squeeze = LoadVector(order);
  int64_t c = 0;
  for (; (c + kSize - kColumns) * rows + kSize <= cols * rows; c += kSize) {
    Vector tile[kWide];
    for (int64_t i = 0; i < kWide; ++i) tile[i] = LoadVector(x + (i < rows ? i : rows - 1) * x_stride + c);
    Turn<T, kWide>(tile);
    for (int64_t i = 0; i < kWide; ++i)
      StoreVector(y + (c + i * kColumns) * rows, kColumns > 1 ? PickBytes(tile[i], squeeze) : tile[i]);
  }
  return c;
}

/// As many columns as whole vectors reach, of fewer rows than a tile has; returns them.
template <typename T>
static int64_t Narrow(const T* x, int64_t x_stride, T* y, int64_t rows, int64_t cols) {
  constexpr int kSize = 16 / sizeof(T);
  if constexpr (kSize >= 4)
    if (rows > kSize / 4 && rows <= kSize / 2) return NarrowTiles<T, kSize / 2>(x, x_stride, y, rows, cols);
  if constexpr (kSize >= 8)
    if (rows > kSize / 8 && rows <= kSize / 4) return NarrowTiles<T, kSize / 4>(x, x_stride, y, rows, cols);
  if constexpr (kSize >= 16)
    if (rows == 2) return NarrowTiles<T, 2>(x, x_stride, y, rows, cols);
  return 2 * rows > kSize ? NarrowTiles<T, kSize>(x, x_stride, y, rows, cols) : 0;
}

/// Pairs that follow one another become two rows: the compiler makes vectors of this.
template <typename T>
static void SplitPairs(const T* x, T* __restrict even, T* __restrict odd, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    even[i] = x[2 * i];
    odd[i] = x[2 * i + 1];
  }
}

template <typename T>
static void Run(const T* x, int64_t x_stride, T* y, int64_t y_stride, int64_t rows, int64_t cols) {
  constexpr int64_t kSize = 16 / sizeof(T);
  if (cols == 2 && x_stride == 2) return SplitPairs(x, y, y + y_stride, rows);
  int64_t full_rows = rows / kSize * kSize, full_cols = cols / kSize * kSize;
  if (rows > 1 && rows < kSize && y_stride == rows) {
    full_cols = Narrow(x, x_stride, y, rows, cols);
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
