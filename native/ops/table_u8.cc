// Step table_u8: any function of one byte; in place when y shares the memory of x.
// SPDX-License-Identifier: Apache-2.0
#include "native/kernels/table_u8/table_u8.h"

#include "native/ops/checks.h"

namespace kompakt {
namespace {

class TableU8Step : public Step {
 public:
  explicit TableU8Step(const StepSpec& spec)
      : x_(spec.in(0)->data), table_(spec.in(1)->data), y_(spec.out().data), count_(spec.out().size()) {}

  void Run(const RunContext& context) override {
    context.pool->ParallelFor(count_, kElementGrain, [this](int64_t begin, int64_t end, int) {
      BestTableU8Kernel().run(table_, x_ + begin, y_ + begin, end - begin);
    });
  }

 private:
  const uint8_t* x_;
  const uint8_t* table_;
  uint8_t* y_;
  int64_t count_;
};

}  // namespace

Status MakeTableU8(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 2, 1));
  for (const TensorView* tensor : {spec.in(0), spec.in(1), &spec.out()})
    KPT_RETURN_IF_ERROR(CheckDType(spec, *tensor, DType::kU8));
  KPT_RETURN_IF_ERROR(CheckSize(spec, *spec.in(1), 256));
  KPT_RETURN_IF_ERROR(CheckSameSize(spec, *spec.in(0), spec.out()));
  *out = std::make_unique<TableU8Step>(spec);
  return Status::Ok();
}

}  // namespace kompakt
