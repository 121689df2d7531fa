// The steps copy and gather against naive loops: permutations, slices, broadcasts, negative strides, every
// element size. SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "test/native/harness.h"

namespace kompakt {
namespace {

using testing::ParamList;
using testing::Random;
using testing::RunStep;
using testing::TestTensor;
using List = std::vector<double>;

ParamList CopyParams(const List& dims, int64_t x_offset, const List& x_strides, int64_t y_offset,
                     const List& y_strides) {
  return ParamList()
      .Set("dims", dims)
      .Set("xOffset", static_cast<double>(x_offset))
      .Set("xStrides", x_strides)
      .Set("yOffset", static_cast<double>(y_offset))
      .Set("yStrides", y_strides);
}

void CheckCopy(DType dtype, int64_t x_size, int64_t y_size, const List& dims, int64_t x_offset,
               const List& x_strides, int64_t y_offset, const List& y_strides, int threads) {
  const size_t bytes = DTypeBytes(dtype);
  Random random(static_cast<uint64_t>(x_size + y_size));
  TestTensor x(dtype, {x_size}), y(dtype, {y_size});
  for (size_t i = 0; i < x.view.bytes(); ++i) x.view.data[i] = static_cast<uint8_t>(random.Next());
  std::memset(y.view.data, 0x11, y.view.bytes());
  std::vector<uint8_t> want(y.view.data, y.view.data + y.view.bytes());
  int64_t count = 1;
  for (double d : dims) count *= static_cast<int64_t>(d);
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i, from = x_offset, to = y_offset;
    for (size_t d = dims.size(); d-- > 0;) {
      const int64_t size = static_cast<int64_t>(dims[d]);
      from += rest % size * static_cast<int64_t>(x_strides[d]);
      to += rest % size * static_cast<int64_t>(y_strides[d]);
      rest /= size;
    }
    std::memcpy(want.data() + static_cast<size_t>(to) * bytes,
                x.view.data + static_cast<size_t>(from) * bytes, bytes);
  }
  const Status status =
      RunStep("copy", {&x}, {&y}, CopyParams(dims, x_offset, x_strides, y_offset, y_strides), threads);
  REQUIRE_MESSAGE(status.ok(), status.message());
  CHECK(std::equal(want.begin(), want.end(), y.view.data));
}

List RowMajor(const List& dims) {
  List strides(dims.size(), 1);
  for (size_t d = dims.size(); d-- > 1;) strides[d - 1] = strides[d] * dims[d];
  return strides;
}

TEST_CASE("copy: every permutation of shapes around the tiles, every element size, one and three threads") {
  for (DType dtype : {DType::kU8, DType::kU16, DType::kF32, DType::kS64})
    for (const List& dims :
         {List{1, 3, 17, 16}, List{2, 16, 5, 7}, List{3, 1, 2, 33}, List{2, 3, 4, 0}, List{130, 2, 131, 1}}) {
      const int64_t size =
          static_cast<int64_t>(std::accumulate(dims.begin(), dims.end(), 1.0, std::multiplies<double>()));
      const List strides = RowMajor(dims);
      std::vector<int> order{0, 1, 2, 3};
      do {
        List permuted, from;
        for (int axis : order) permuted.push_back(dims[axis]), from.push_back(strides[axis]);
        for (int threads : {1, 3})
          CheckCopy(dtype, size, size, permuted, 0, from, 0, RowMajor(permuted), threads);
      } while (std::next_permutation(order.begin(), order.end()));
    }
}

TEST_CASE("copy: slices, concatenation, expansion and reversal") {
  CheckCopy(DType::kF32, 60, 12, {3, 4}, 21, {10, 2}, 0, {4, 1}, 1);    // slice with steps
  CheckCopy(DType::kU8, 24, 60, {4, 6}, 0, {6, 1}, 3, {15, 1}, 1);      // into the middle of rows
  CheckCopy(DType::kS32, 3, 60, {20, 3}, 0, {0, 1}, 0, {3, 1}, 3);      // rows repeated
  CheckCopy(DType::kF32, 20, 60, {20, 3}, 0, {1, 0}, 0, {3, 1}, 1);     // values repeated
  CheckCopy(DType::kS64, 1, 7, {7}, 0, {0}, 0, {1}, 1);                 // a scalar spread
  CheckCopy(DType::kU8, 30, 30, {5, 6}, 29, {-6, -1}, 0, {6, 1}, 1);    // both axes reversed
  CheckCopy(DType::kF32, 30, 30, {5, 6}, 5, {6, -1}, 0, {1, 5}, 1);     // reversed and transposed
  CheckCopy(DType::kU8, 1, 1, {}, 0, {}, 0, {}, 1);                     // rank 0
  CheckCopy(DType::kF32, 200000, 200000, {200000}, 0, {1}, 0, {1}, 3);  // one long run
  CheckCopy(DType::kU8, 3 * 90000, 3 * 90000, {3, 90000}, 0, {1, 3}, 0, {90000, 1}, 3);   // pixels to planes
  CheckCopy(DType::kF32, 3 * 90000, 3 * 90000, {90000, 3}, 0, {1, 90000}, 0, {3, 1}, 3);  // planes to pixels
  for (int64_t pixels : {1, 4, 5, 6, 7, 33})
    for (int64_t planes : {2, 3, 5, 9}) {
      const double stride = static_cast<double>(planes), size = static_cast<double>(pixels);
      CheckCopy(DType::kF32, planes * pixels, planes * pixels, {size, stride}, 0, {1, size}, 0, {stride, 1},
                2);
      CheckCopy(DType::kU16, planes * pixels, planes * pixels, {size, stride}, 0, {1, size}, 0, {stride, 1},
                2);
      CheckCopy(DType::kU8, planes * pixels, planes * pixels, {size, stride}, 0, {1, size}, 0, {stride, 1},
                2);
    }
}

TEST_CASE("copy refuses to leave its tensors") {
  TestTensor x(DType::kF32, {10}), y(DType::kF32, {10}), bytes(DType::kU8, {10});
  CHECK_FALSE(RunStep("copy", {&x}, {&y}, CopyParams({10}, 1, {1}, 0, {1})).ok());
  CHECK_FALSE(RunStep("copy", {&x}, {&y}, CopyParams({2}, 0, {-1}, 0, {1})).ok());
  CHECK_FALSE(RunStep("copy", {&x}, {&y}, CopyParams({5}, 0, {1}, 6, {1})).ok());
  CHECK_FALSE(RunStep("copy", {&x}, {&y}, CopyParams({2, 6}, 0, {0, 0}, 0, {0, 1})).ok());
  CHECK_FALSE(RunStep("copy", {&x}, {&bytes}, CopyParams({10}, 0, {1}, 0, {1})).ok());
}

TEST_CASE("gather: indices from both ends, and refusals, both index types") {
  Random random(7);
  for (int64_t inner : {1, 5, 64})
    for (DType dtype : {DType::kF32, DType::kU8, DType::kS64}) {
      TestTensor x(dtype, {3, 6, inner}), y(dtype, {3, 2, 4, inner});
      for (size_t i = 0; i < x.view.bytes(); ++i) x.view.data[i] = static_cast<uint8_t>(random.Next());
      const int64_t indices[] = {0, 5, -1, -6, 3, 1, -5, 2}, entries[] = {0, 5, 5, 0, 3, 1, 1, 2};
      TestTensor wide(DType::kS64, {2, 4}), narrow(DType::kS32, {2, 4});
      for (int i = 0; i < 8; ++i)
        wide.as<int64_t>()[i] = indices[i], narrow.as<int32_t>()[i] = static_cast<int32_t>(indices[i]);
      for (TestTensor* index : {&wide, &narrow}) {
        const ParamList params = ParamList().Set("dims", List{3, 6, static_cast<double>(inner)});
        REQUIRE(RunStep("gather", {&x, index}, {&y}, params, 2).ok());
        const size_t run = static_cast<size_t>(inner) * DTypeBytes(dtype);
        for (size_t o = 0; o < 3; ++o)
          for (size_t i = 0; i < 8; ++i)
            CHECK(std::memcmp(y.view.data + (o * 8 + i) * run,
                              x.view.data + (o * 6 + static_cast<size_t>(entries[i])) * run, run) == 0);
      }
      for (int far : {6, -7, INT32_MAX, INT32_MIN}) {
        wide.as<int64_t>()[7] = far, narrow.as<int32_t>()[3] = far;
        for (TestTensor* index : {&wide, &narrow}) {
          const ParamList params = ParamList().Set("dims", List{3, 6, static_cast<double>(inner)});
          const Status status = RunStep("gather", {&x, index}, {&y}, params, 2);
          CHECK(std::strcmp(status.code(), "KPT_DATA_MALFORMED") == 0);
        }
      }
    }
}

}  // namespace
}  // namespace kompakt
