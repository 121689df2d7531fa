// unary_f32: accuracy of every function against long double, special values, and the bits of every tier.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/unary_f32/unary_f32.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace kompakt {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
const float kNan = std::nanf("");

// Numbers of every exponent and sign, and dense sweeps where the functions bend.
std::vector<float> Sweep() {
  std::vector<float> x;
  for (uint32_t bits = 0; bits < 0xff800000u; bits += 99733) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isfinite(value)) x.push_back(value);
  }
  for (int i = -20000; i <= 20000; ++i) x.push_back(static_cast<float>(i) * 0.0053f);
  for (int i = -20000; i <= 20000; ++i) x.push_back(static_cast<float>(i) * 0.0001f);
  return x;
}

std::vector<float> Apply(UnaryF32Fn run, UnaryOp op, const std::vector<float>& x) {
  std::vector<float> y(x.size());
  run(op, x.data(), y.data(), static_cast<int64_t>(x.size()));
  return y;
}

float One(UnaryKind kind, float x, float alpha = 1, float beta = 0) {
  float y = 0;
  UnaryF32({kind, alpha, beta}, &x, &y, 1);
  return y;
}

bool SameBits(float a, float b) { return (a != a && b != b) || std::memcmp(&a, &b, sizeof a) == 0; }

using Exact = long double (*)(long double);
long double Sigmoid(long double x) { return 1 / (1 + std::exp(-x)); }
long double Softplus(long double x) { return x > 60 ? x : std::log1p(std::exp(x)); }

struct Accuracy {
  const char* name;
  Exact exact;
  double max_ulp;       // where the result is a normal number
  double max_absolute;  // or: this much of max(1, |x|)
};

const Accuracy kAccuracies[] = {
    {"exp", [](long double x) { return std::exp(x); }, 2, 0},
    {"log", [](long double x) { return std::log(x); }, 2, 0},
    {"erf", [](long double x) { return std::erf(x); }, 2, 0},
    {"tanh", [](long double x) { return std::tanh(x); }, 2, 0},
    {"sigmoid", Sigmoid, 3, 0},
    {"softplus", Softplus, 3, 0},
    {"elu", [](long double x) { return x < 0 ? std::expm1(x) : x; }, 2, 0},
    {"sqrt", [](long double x) { return std::sqrt(x); }, 0.5, 0},
    {"sin", [](long double x) { return std::sin(x); }, 2, 0},
    {"cos", [](long double x) { return std::cos(x); }, 2, 0},
    {"tan", [](long double x) { return std::tan(x); }, 4, 0},
    {"asin", [](long double x) { return std::asin(x); }, 2, 0},
    {"acos", [](long double x) { return std::acos(x); }, 2, 0},
    {"atan", [](long double x) { return std::atan(x); }, 2, 0},
    {"sinh", [](long double x) { return std::sinh(x); }, 4, 0},
    {"cosh", [](long double x) { return std::cosh(x); }, 4, 0},
    {"asinh", [](long double x) { return std::asinh(x); }, 4, 0},
    {"acosh", [](long double x) { return std::acosh(x); }, 4, 0},
    {"atanh", [](long double x) { return std::atanh(x); }, 4, 0},
    {"softsign", [](long double x) { return x / (1 + std::fabs(x)); }, 2, 0},
    {"silu", [](long double x) { return x * Sigmoid(x); }, 4, 1e-37},
    {"mish", [](long double x) { return x * std::tanh(Softplus(x)); }, 4, 1e-37},
    {"gelu", [](long double x) { return x / 2 * (1 + std::erf(x / std::sqrt(2.0L))); }, 4, 1e-7},
    {"gelu_tanh",
     [](long double x) {
       return x / 2 * (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846L) * (x + 0.044715L * x * x * x)));
     },
     4, 1e-7},
};

TEST_CASE("unary_f32: accuracy") {
  const std::vector<float> x = Sweep();
  for (const Accuracy& a : kAccuracies) {
    CAPTURE(a.name);
    UnaryOp op{UnaryKind::kNone, 1, 1};
    REQUIRE(ParseUnaryKind(a.name, &op.kind));
    const std::vector<float> y = Apply(UnaryF32, op, x);
    int wrong = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const long double want = a.exact(x[i]);
      const float rounded = static_cast<float>(want);
      if (std::isnan(rounded) || std::isinf(rounded)) {
        // long double overflows later than the polynomial argument of gelu_tanh does: the limit is what
        // counts.
        wrong += SameBits(y[i], rounded) ? 0 : 1;
        continue;
      }
      const long double size = std::fmax(std::fabs(want), 1.17549435e-38L);
      const long double ulp = std::ldexp(1.0L, std::ilogb(size) - 23);
      const long double error = std::fabs(y[i] - want);
      if (error <= a.max_ulp * ulp || error <= a.max_absolute * std::fmax(1.0L, std::fabs((long double)x[i])))
        continue;
      if (wrong++ == 0) MESSAGE(a.name << "(" << x[i] << ") = " << y[i] << ", exact " << rounded);
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("unary_f32: every tier gives the bits of the reference, wherever a value stands") {
  std::vector<float> x = Sweep();
  for (float special :
       {kInf, -kInf, kNan, 0.0f, -0.0f, 1e-45f, -1e-45f, 1.17549435e-38f, 3.4028235e38f, -3.4028235e38f})
    x.push_back(special);
  const KernelList<UnaryF32Fn> kernels = UnaryF32Kernels();
  const UnaryF32Fn reference = kernels.first[kernels.count - 1].run;
  for (int kind = 0; kind <= static_cast<int>(UnaryKind::kThresholdedRelu); ++kind) {
    const UnaryOp op{static_cast<UnaryKind>(kind), 0.3f, 1.7f};
    const std::vector<float> want = Apply(reference, op, x);
    for (const Kernel<UnaryF32Fn>& kernel : kernels) {
      if (!HasTier(kernel.tier)) continue;
      CAPTURE(kernel.name);
      CAPTURE(kind);
      const std::vector<float> got = Apply(kernel.run, op, x);
      int different = 0;
      for (size_t i = 0; i < x.size(); ++i) different += SameBits(got[i], want[i]) ? 0 : 1;
      CHECK(different == 0);
      // In place, from an unaligned start, in short pieces; nothing behind the piece is written.
      for (int64_t count : {1, 3, 7, 15, 16, 17, 31, 33}) {
        std::vector<float> place(x.end() - 60, x.end());
        kernel.run(op, place.data() + 1, place.data() + 1, count);
        bool same = SameBits(place[0], x[x.size() - 60]);
        for (int64_t i = 1; i < 60; ++i)
          same = same && SameBits(place[i], i <= count ? want[x.size() - 60 + i] : x[x.size() - 60 + i]);
        CHECK(same);
      }
    }
  }
}

TEST_CASE("unary_f32: special values") {
  for (const char* name :
       {"elu",  "exp",  "gelu",    "gelu_tanh",  "hard_sigmoid", "hard_swish", "leaky_relu", "log",  "mish",
        "relu", "selu", "sigmoid", "sign",       "silu",         "softplus",   "softsign",   "sqrt", "tanh",
        "erf",  "clip", "round",   "reciprocal", "sin",          "cos",        "tan",        "asin", "acos",
        "atan", "sinh", "cosh",    "asinh",      "acosh",        "atanh"}) {
    CAPTURE(name);
    UnaryKind kind;
    REQUIRE(ParseUnaryKind(name, &kind));
    CHECK(std::isnan(One(kind, kNan, 1, 1)));
  }
  CHECK(SameBits(One(UnaryKind::kRelu, -0.0f), 0.0f));
  CHECK(One(UnaryKind::kRelu, -kInf) == 0);
  CHECK(One(UnaryKind::kExp, -kInf) == 0);
  CHECK(One(UnaryKind::kExp, kInf) == kInf);
  CHECK(One(UnaryKind::kExp, 0) == 1);
  CHECK(One(UnaryKind::kExp, -103.9f) == 1.4e-45f);
  CHECK(One(UnaryKind::kLog, 0) == -kInf);
  CHECK(One(UnaryKind::kLog, kInf) == kInf);
  CHECK(std::isnan(One(UnaryKind::kLog, -1)));
  CHECK(One(UnaryKind::kSigmoid, -kInf) == 0);
  CHECK(One(UnaryKind::kSigmoid, kInf) == 1);
  CHECK(One(UnaryKind::kTanh, -kInf) == -1);
  CHECK(SameBits(One(UnaryKind::kTanh, -0.0f), -0.0f));
  CHECK(One(UnaryKind::kErf, kInf) == 1);
  for (UnaryKind kind :
       {UnaryKind::kSilu, UnaryKind::kGelu, UnaryKind::kGeluTanh, UnaryKind::kMish, UnaryKind::kHardSwish}) {
    CHECK(One(kind, -kInf) == 0);
    CHECK(One(kind, kInf) == kInf);
  }
  CHECK(One(UnaryKind::kSoftsign, kInf) == 1);
  CHECK(One(UnaryKind::kSoftplus, kInf) == kInf);
  CHECK(One(UnaryKind::kElu, -kInf, 0.5f) == -0.5f);
  CHECK(One(UnaryKind::kRound, 2.5f) == 2);
  CHECK(One(UnaryKind::kRound, -3.5f) == -4);
  CHECK(One(UnaryKind::kClip, 9, -1, 6) == 6);
  CHECK(One(UnaryKind::kClip, -9, -1, 6) == -1);
  CHECK(One(UnaryKind::kHardSigmoid, 1, 0.2f, 0.5f) == 0.2f + 0.5f);
  CHECK(One(UnaryKind::kLeakyRelu, -2, 0.25f) == -0.5f);
  CHECK(One(UnaryKind::kThresholdedRelu, 1, 1) == 0);
  CHECK(One(UnaryKind::kThresholdedRelu, 1.5f, 1) == 1.5f);
  CHECK(One(UnaryKind::kSelu, 2, 1.5f, 3) == 6);
  CHECK(One(UnaryKind::kSign, -0.0f) == 0);
  for (UnaryKind odd : {UnaryKind::kSin, UnaryKind::kTan, UnaryKind::kAsin, UnaryKind::kAtan,
                        UnaryKind::kSinh, UnaryKind::kAsinh, UnaryKind::kAtanh}) {
    CHECK(SameBits(One(odd, -0.0f), -0.0f));
    CHECK(SameBits(One(odd, 1e-45f), 1e-45f));
  }
  for (UnaryKind periodic : {UnaryKind::kSin, UnaryKind::kCos, UnaryKind::kTan})
    CHECK(std::isnan(One(periodic, -kInf)));
  CHECK(One(UnaryKind::kAtan, -kInf) == -1.57079637f);
  CHECK(One(UnaryKind::kAcos, 1) == 0);
  CHECK(std::isnan(One(UnaryKind::kAsin, 1.0000001f)));
  CHECK(std::isnan(One(UnaryKind::kAcosh, 0.99999994f)));
  CHECK(std::isnan(One(UnaryKind::kAcosh, -kInf)));
  CHECK(One(UnaryKind::kAcosh, 1) == 0);
  CHECK(One(UnaryKind::kAcosh, kInf) == kInf);
  CHECK(One(UnaryKind::kAtanh, -1) == -kInf);
  CHECK(std::isnan(One(UnaryKind::kAtanh, kInf)));
  CHECK(One(UnaryKind::kSinh, -kInf) == -kInf);
  CHECK(One(UnaryKind::kCosh, -kInf) == kInf);
  CHECK(One(UnaryKind::kAsinh, -kInf) == -kInf);
  CHECK(One(UnaryKind::kShrink, 2, 0.5f, 0.25f) == 1.75f);
  CHECK(One(UnaryKind::kShrink, -2, 0.5f, 0.25f) == -1.75f);
  CHECK(One(UnaryKind::kShrink, 0.5f, 0.5f, 0.25f) == 0);
  UnaryKind kind;
  CHECK_FALSE(ParseUnaryKind("cosine", &kind));
}

}  // namespace
}  // namespace kompakt
