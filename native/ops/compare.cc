// Step compare: y = a op b with broadcasting, 1 or 0: comparisons of numbers of one type, and logic of bools.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/broadcast.h"

namespace kompakt {
namespace {

// Comparisons with NaN are false, but that it is unlike everything.
struct Equal {
  template <typename T>
  static bool Holds(T a, T b) {
    return a == b;
  }
};
struct NotEqual {
  template <typename T>
  static bool Holds(T a, T b) {
    return a != b;
  }
};
struct Less {
  template <typename T>
  static bool Holds(T a, T b) {
    return a < b;
  }
};
struct LessEqual {
  template <typename T>
  static bool Holds(T a, T b) {
    return a <= b;
  }
};
struct And {
  template <typename T>
  static bool Holds(T a, T b) {
    return (a == 1) & (b == 1);
  }
};
struct Or {
  template <typename T>
  static bool Holds(T a, T b) {
    return (a == 1) | (b == 1);
  }
};

template <typename T, typename Op>
class CompareStep : public Step {
 public:
  CompareStep(const Broadcast& broadcast, const StepSpec& spec)
      : broadcast_(broadcast),
        a_(spec.in(0)->as<T>()),
        b_(spec.in(1)->as<T>()),
        y_(spec.out().as<uint8_t>()) {}

  void Run(const RunContext& context) override {
    broadcast_.ForEach(context, a_, b_, [this](const T* a, const T* b, int64_t offset, int64_t count) {
      uint8_t* y = y_ + offset;
      // One value against many stays in a register.
      if (broadcast_.a_step() == 0) {
        const T one = *a;
        for (int64_t i = 0; i < count; ++i) y[i] = Op::Holds(one, b[i * broadcast_.b_step()]);
      } else if (broadcast_.b_step() == 0) {
        const T one = *b;
        for (int64_t i = 0; i < count; ++i) y[i] = Op::Holds(a[i], one);
      } else {
        for (int64_t i = 0; i < count; ++i) y[i] = Op::Holds(a[i], b[i]);
      }
    });
  }

 private:
  Broadcast broadcast_;
  const T* a_;
  const T* b_;
  uint8_t* y_;
};

template <typename Op>
Status MakeOp(const StepSpec& spec, const Broadcast& broadcast, std::unique_ptr<Step>* out) {
  return ForNumberType(spec, spec.in(0)->dtype, [&](auto tag) {
    *out = std::make_unique<CompareStep<typename decltype(tag)::Type, Op>>(broadcast, spec);
    return Status::Ok();
  });
}

}  // namespace

Status MakeCompare(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 2, 1));
  KPT_RETURN_IF_ERROR(CheckDType(spec, *spec.in(1), spec.in(0)->dtype));
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), DType::kU8));
  Broadcast broadcast;
  KPT_RETURN_IF_ERROR(broadcast.Make(spec, *spec.in(0), *spec.in(1), spec.out()));
  std::string op;
  KPT_RETURN_IF_ERROR(spec.params.Text("op", &op));
  if (op == "equal") return MakeOp<Equal>(spec, broadcast, out);
  if (op == "not_equal") return MakeOp<NotEqual>(spec, broadcast, out);
  if (op == "less") return MakeOp<Less>(spec, broadcast, out);
  if (op == "less_equal") return MakeOp<LessEqual>(spec, broadcast, out);
  if (op == "and") return MakeOp<And>(spec, broadcast, out);
  if (op == "or") return MakeOp<Or>(spec, broadcast, out);
  return spec.Fail("unknown operation '" + op + "'");
}

}  // namespace kompakt
