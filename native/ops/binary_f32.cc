// Step binary_f32: y = activation(a op b) with broadcasting; in place when y shares the memory of an input of
// its size. SPDX-License-Identifier: Apache-2.0
#include "native/kernels/binary_f32/binary_f32.h"

#include "native/ops/broadcast.h"

namespace kompakt {
namespace {

class BinaryF32Step : public Step {
 public:
  BinaryF32Step(BinaryKind kind, UnaryOp activation, const Broadcast& broadcast, const StepSpec& spec)
      : kind_(kind),
        activation_(activation),
        broadcast_(broadcast),
        a_(spec.in(0)->as<float>()),
        b_(spec.in(1)->as<float>()),
        y_(spec.out().as<float>()) {}

  void Run(const RunContext& context) override {
    broadcast_.ForEach(context, a_, b_, [this](const float* a, const float* b, int64_t y, int64_t count) {
      BinaryF32(kind_, a, broadcast_.a_step(), b, broadcast_.b_step(), y_ + y, count);
      if (activation_.kind != UnaryKind::kNone) UnaryF32(activation_, y_ + y, y_ + y, count);
    });
  }

 private:
  BinaryKind kind_;
  UnaryOp activation_;
  Broadcast broadcast_;
  const float* a_;
  const float* b_;
  float* y_;
};

}  // namespace

Status MakeBinaryF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 2, 1));
  for (const TensorView* tensor : {spec.in(0), spec.in(1), &spec.out()})
    KPT_RETURN_IF_ERROR(CheckDType(spec, *tensor, DType::kF32));
  std::string name;
  KPT_RETURN_IF_ERROR(spec.params.Text("op", &name));
  BinaryKind kind;
  if (!ParseBinaryKind(name, &kind)) return spec.Fail("unknown operation '" + name + "'");
  UnaryOp activation;
  KPT_RETURN_IF_ERROR(ReadUnaryOp(spec, "activation", &activation));
  Broadcast broadcast;
  KPT_RETURN_IF_ERROR(broadcast.Make(spec, *spec.in(0), *spec.in(1), spec.out()));
  *out = std::make_unique<BinaryF32Step>(kind, activation, broadcast, spec);
  return Status::Ok();
}

}  // namespace kompakt
