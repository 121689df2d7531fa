// What the scatter steps share: reductions, and the copy of the data that they write to.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstring>
#include <type_traits>

#include "native/ops/index.h"

namespace kompakt {

struct Replace {
  template <typename T>
  static T Of(T, T update) {
    return update;
  }
};
// Sums and products of integers keep their low bits.
template <typename T>
using Wrapping = std::conditional_t<std::is_same_v<T, float>, float,
                                    std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>>;
struct Plus {
  template <typename T>
  static T Of(T old, T update) {
    return static_cast<T>(static_cast<Wrapping<T>>(old) + static_cast<Wrapping<T>>(update));
  }
};
struct Times {
  template <typename T>
  static T Of(T old, T update) {
    return static_cast<T>(static_cast<Wrapping<T>>(old) * static_cast<Wrapping<T>>(update));
  }
};
struct Larger {
  template <typename T>
  static T Of(T old, T update) {
    return old > update ? old : update;
  }
};
struct Smaller {
  template <typename T>
  static T Of(T old, T update) {
    return old < update ? old : update;
  }
};

/// make(TypeTag<T>(), Reduction()) for the type of the data and the parameter `reduction`.
template <typename Make>
Status ForReduction(const StepSpec& spec, const Make& make) {
  std::string reduction;
  KPT_RETURN_IF_ERROR(spec.params.Text("reduction", &reduction));
  const DType dtype = spec.out().dtype;
  if (reduction == "none") return ForElementSize(dtype, [&](auto tag) { return make(tag, Replace()); });
  return ForNumberType(spec, dtype, [&](auto tag) {
    if (reduction == "add") return make(tag, Plus());
    if (reduction == "mul") return make(tag, Times());
    if (reduction == "max") return make(tag, Larger());
    if (reduction == "min") return make(tag, Smaller());
    return spec.Fail("unknown reduction '" + reduction + "'");
  });
}

/// Inputs data, indices, updates; the output is shaped like the data and of one type with data and updates.
inline Status CheckScatter(const StepSpec& spec) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(3, 3, 1));
  for (size_t i : {0, 2}) KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(i), spec.out().dtype));
  for (size_t i : {1, 2})
    if (IsWrittenOver(spec, *spec.in(i))) return spec.Fail("only the data may be written over");
  return CheckSameSize(spec, *spec.in(0), spec.out());
}

/// y = x, where they are not the same memory.
inline void CopyData(const RunContext& context, const TensorView& x, const TensorView& y) {
  if (x.data == y.data) return;
  context.pool->ParallelFor(static_cast<int64_t>(y.bytes()), kElementGrain * 4,
                            [&](int64_t begin, int64_t end, int) {
                              std::memcpy(y.data + begin, x.data + begin, static_cast<size_t>(end - begin));
                            });
}

}  // namespace kompakt
