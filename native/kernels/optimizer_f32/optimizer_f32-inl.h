// optimizer_f32 for the vectors of the including file. Products and sums are rounded apart.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/optimizer_f32/optimizer_f32.h"
#include "native/simd/floats-inl.h"

namespace kompakt {
namespace {
namespace optimizer_inl {

using namespace simd;

KPT_VEC F32 Moving(float keep, F32 old, F32 value) {
  return Add(Mul(Set(keep), old), Mul(Set(1.0f - keep), value));
}

/// New w of one vector; states[k] are read and replaced.
template <UpdateRule kRule>
KPT_VEC F32 Apply(const OptimizerUpdate& u, F32 w, F32 g, F32* states) {
  const F32 rate = Set(u.hyper[0]);
  if constexpr (kRule == UpdateRule::kPlain) {
    return Sub(w, Mul(rate, g));
  } else if constexpr (kRule == UpdateRule::kMomentum || kRule == UpdateRule::kNesterov) {
    const F32 momentum = Set(u.alpha);
    const F32 v = Add(Mul(momentum, states[0]), g);
    states[0] = v;
    return Sub(w, Mul(rate, kRule == UpdateRule::kNesterov ? Add(g, Mul(momentum, v)) : v));
  } else if constexpr (kRule == UpdateRule::kAdam) {
    states[0] = Moving(u.alpha, states[0], g);
    states[1] = Moving(u.beta, states[1], Mul(g, g));
    const F32 kept = Sub(w, Mul(Set(u.hyper[2] * u.decay), w));
    const F32 deviation = Add(Mul(Sqrt(states[1]), Set(u.hyper[1])), Set(u.epsilon));
    return Sub(kept, Div(Mul(rate, states[0]), deviation));
  } else if constexpr (kRule == UpdateRule::kBop) {
    states[0] = Add(Mul(Set(1.0f - u.hyper[0]), states[0]), Mul(rate, g));
    return Select(Lt(Set(u.alpha), Mul(w, states[0])), Neg(w), w);
  } else {
    states[0] = Moving(u.alpha, states[0], Mul(g, g));
    states[1] = Add(Mul(Set(u.beta), states[1]), Div(g, Add(Sqrt(states[0]), Set(u.epsilon))));
    return Sub(w, Mul(rate, states[1]));
  }
}

template <UpdateRule kRule, int kSlots>
static void Run(const OptimizerUpdate& u, int64_t begin, int64_t end) {
  const F32 scale = Set(u.scale), l1 = Set(u.l1), l2 = Set(u.l2), zero = Set(0.0f);
  const F32 low = Set(u.low), high = Set(u.high);
  for (int64_t i = begin; i < end; i += kLanes) {
    const int64_t left = end - i;
    const F32 w = LoadSome(u.w + i, left);
    F32 g = Mul(LoadSome(u.g + i, left), scale);
    if (u.l2 != 0.0f) g = Add(g, Mul(l2, w));
    if (u.l1 != 0.0f) g = Add(g, Select(Lt(zero, w), l1, Select(Lt(w, zero), Neg(l1), zero)));
    F32 states[kSlots + 1];
    for (int k = 0; k < kSlots; ++k) states[k] = LoadSome(u.slots[k] + i, left);
    StoreSome(u.new_w + i, Min(Max(Apply<kRule>(u, w, g, states), low), high), left);
    for (int k = 0; k < kSlots; ++k) StoreSome(u.new_slots[k] + i, states[k], left);
  }
}

static void Update(const OptimizerUpdate& u, int64_t begin, int64_t end) {
  switch (u.rule) {
    case UpdateRule::kPlain:
      return Run<UpdateRule::kPlain, 0>(u, begin, end);
    case UpdateRule::kMomentum:
      return Run<UpdateRule::kMomentum, 1>(u, begin, end);
    case UpdateRule::kNesterov:
      return Run<UpdateRule::kNesterov, 1>(u, begin, end);
    case UpdateRule::kAdam:
      return Run<UpdateRule::kAdam, 2>(u, begin, end);
    case UpdateRule::kRmsprop:
      return Run<UpdateRule::kRmsprop, 2>(u, begin, end);
    case UpdateRule::kBop:
      return Run<UpdateRule::kBop, 1>(u, begin, end);
  }
}

}  // namespace optimizer_inl
}  // namespace
}  // namespace kompakt
