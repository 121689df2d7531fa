// The step behind add_u8 and mul_u8: broadcasting; in place when y shares the memory of an input of its size.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/binary_u8.h"

namespace kompakt {
namespace {

class BinaryU8Step : public Step {
 public:
  BinaryU8Step(BinaryU8Fn run, const BinaryU8Params& params, const Broadcast& broadcast, const StepSpec& spec)
      : run_(run),
        params_(params),
        broadcast_(broadcast),
        a_(spec.in(0)->data),
        b_(spec.in(1)->data),
        y_(spec.out().data) {}

  void Run(const RunContext& context) override {
    broadcast_.ForEach(context, a_, b_, [this](const uint8_t* a, const uint8_t* b, int64_t y, int64_t count) {
      run_(params_, a, broadcast_.a_step(), b, broadcast_.b_step(), y_ + y, count);
    });
  }

 private:
  BinaryU8Fn run_;
  BinaryU8Params params_;
  Broadcast broadcast_;
  const uint8_t* a_;
  const uint8_t* b_;
  uint8_t* y_;
};

}  // namespace

Status MakeBinaryU8(const StepSpec& spec, BinaryU8Fn run, BinaryU8Params params, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 2, 1));
  for (const TensorView* tensor : {spec.in(0), spec.in(1), &spec.out()})
    KPT_RETURN_IF_ERROR(CheckDType(spec, *tensor, DType::kU8));
  KPT_RETURN_IF_ERROR(ReadByte(spec, "aZero", &params.a_zero));
  KPT_RETURN_IF_ERROR(ReadByte(spec, "bZero", &params.b_zero));
  ByteRange range;
  KPT_RETURN_IF_ERROR(ReadByteRange(spec, "yZero", &range));
  params.y_zero = range.zero;
  params.lo = range.lo;
  params.hi = range.hi;
  Broadcast broadcast;
  KPT_RETURN_IF_ERROR(broadcast.Make(spec, *spec.in(0), *spec.in(1), spec.out()));
  *out = std::make_unique<BinaryU8Step>(run, params, broadcast, spec);
  return Status::Ok();
}

}  // namespace kompakt
