// pool for the vectors of the including file. Channels outside, taps inside: the accumulator stays in a
// register. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/pool/pool.h"
#include "native/simd/bytes-inl.h"
#include "native/simd/floats-inl.h"

namespace kompakt {
namespace {
namespace pool_inl {

using namespace simd;

struct Largest {
  KPT_VEC Bytes Of(Bytes a, Bytes b) { return MaxBytes(a, b); }
  KPT_VEC uint8_t Of1(uint8_t a, uint8_t b) { return a > b ? a : b; }
};

struct AnyBit {
  KPT_VEC Bytes Of(Bytes a, Bytes b) { return OrBytes(a, b); }
  KPT_VEC uint8_t Of1(uint8_t a, uint8_t b) { return a | b; }
};

template <typename Op>
static void PoolBytes(const uint8_t* x, const int64_t* taps, int64_t tap_count, uint8_t* y,
                      int64_t channels) {
  int64_t c = 0;
  if (tap_count == 0) __builtin_memset(y, 0, static_cast<size_t>(channels));
  if (tap_count == 0) return;
  for (; c + kByteLanes <= channels; c += kByteLanes) {
    Bytes best = LoadBytes(x + taps[0] + c);
    for (int64_t t = 1; t < tap_count; ++t) best = Op::Of(best, LoadBytes(x + taps[t] + c));
    StoreBytes(y + c, best);
  }
  for (; c < channels; ++c) {
    uint8_t best = 0;
    for (int64_t t = 0; t < tap_count; ++t) best = Op::Of1(best, x[taps[t] + c]);
    y[c] = best;
  }
}

// Where the block of channels at c begins: the last one overlaps its neighbour rather than being partial.
KPT_VEC int64_t BlockBegin(int64_t c, int64_t channels) {
  return c + kLanes <= channels || channels < kLanes ? c : channels - kLanes;
}

static void MaxF32(const float* x, const int64_t* taps, int64_t tap_count, float* y, int64_t channels) {
  for (int64_t at = 0; at < channels; at += kLanes) {
    const int64_t c = BlockBegin(at, channels);
    F32 best = Set(-__builtin_inff());
    for (int64_t t = 0; t < tap_count; ++t) best = Max(LoadSome(x + taps[t] + c, channels - c), best);
    StoreSome(y + c, best, channels - c);
  }
}

static void AverageF32(const float* x, const int64_t* taps, int64_t tap_count, float divisor, float* y,
                       int64_t channels) {
  const F32 d = Set(tap_count == 0 ? 1.0f : divisor);
  for (int64_t at = 0; at < channels; at += kLanes) {
    const int64_t c = BlockBegin(at, channels);
    F32 sum = Set(0.0f);
    for (int64_t t = 0; t < tap_count; ++t) sum = Add(sum, LoadSome(x + taps[t] + c, channels - c));
    StoreSome(y + c, Div(sum, d), channels - c);
  }
}

KPT_VEC F32 Finish(const AverageU8Params& params, I32 sum, int64_t tap_count) {
  const F32 v = ToFloat(SubI(sum, SetI(static_cast<int32_t>(tap_count) * params.x_zero)));
  return RoundToByte(Mul(v, Set(params.factor)), Set(static_cast<float>(params.y_zero)),
                     Set(static_cast<float>(params.lo)), Set(static_cast<float>(params.hi)));
}

static void AverageU8(const AverageU8Params& params, const uint8_t* x, const int64_t* taps, int64_t tap_count,
                      uint8_t* y, int64_t channels) {
  for (int64_t at = 0; at < channels; at += kLanes) {
    const int64_t c = BlockBegin(at, channels);
    I32 sum = SetI(0);
    for (int64_t t = 0; t < tap_count; ++t) sum = AddI(sum, LoadSomeU8(x + taps[t] + c, channels - c));
    StoreFloatAsU8(y + c, Finish(params, sum, tap_count), channels - c);
  }
}

// As many rows as 16 bits hold the sums of, and columns that stay in the first-level cache.
constexpr int64_t kSumRows = 256;
constexpr int64_t kSumColumns = 512;

// Plain loops: compilers make vectors of them, half as wide as those of bytes.
static void ColumnSumsBlock(const uint8_t* x, int64_t rows, int64_t stride, int64_t columns, int32_t* sums) {
  uint16_t partial[kSumColumns] = {};
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const uint8_t *a = x + r * stride, *b = a + stride, *c = b + stride, *d = c + stride;
    for (int64_t i = 0; i < columns; ++i)
      partial[i] = static_cast<uint16_t>(partial[i] + a[i] + b[i] + c[i] + d[i]);
  }
  for (; r < rows; ++r) {
    const uint8_t* a = x + r * stride;
    for (int64_t i = 0; i < columns; ++i) partial[i] = static_cast<uint16_t>(partial[i] + a[i]);
  }
  for (int64_t i = 0; i < columns; ++i) sums[i] += partial[i];
}

static void ColumnSumsU8(const uint8_t* x, int64_t rows, int64_t stride, int64_t columns, int32_t* sums) {
  for (int64_t r = 0; r < rows; r += kSumRows)
    for (int64_t c = 0; c < columns; c += kSumColumns)
      ColumnSumsBlock(x + r * stride + c, rows - r < kSumRows ? rows - r : kSumRows, stride,
                      columns - c < kSumColumns ? columns - c : kSumColumns, sums + c);
}

static void AverageSums(const AverageU8Params& params, const int32_t* sums, int64_t taps, uint8_t* y,
                        int64_t channels) {
  for (int64_t at = 0; at < channels; at += kLanes) {
    const int64_t left = channels - at < kLanes ? channels - at : kLanes;
    int32_t lanes[kLanes] = {};
    for (int64_t i = 0; i < left; ++i) lanes[i] = sums[at + i];
    StoreFloatAsU8(y + at, Finish(params, LoadI(lanes), taps), channels - at);
  }
}

}  // namespace pool_inl
}  // namespace
}  // namespace kompakt
