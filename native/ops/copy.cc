// Step copy: strided copy of elements of any type. Dims are sorted by their stride in y and merged; then one
// of three loops does the work: runs that are contiguous on both sides (memcpy), matrices that are contiguous
// along one dim in x and along another in y (transpose kernels), or element by element.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>

#include "native/kernels/transpose/transpose.h"
#include "native/ops/checks.h"
#include "native/ops/copy_bytes.h"

namespace kompakt {
namespace {

/// What a run of elements takes besides them, in elements.
constexpr int64_t kRunCost = 16;

struct Dim {
  int64_t size;
  int64_t x_stride;
  int64_t y_stride;
};

// The loops around the innermost work.
struct Outer {
  std::vector<Dim> dims;

  int64_t count() const {
    int64_t n = 1;
    for (const Dim& dim : dims) n *= dim.size;
    return n;
  }
  void Offsets(int64_t index, int64_t* x, int64_t* y) const {
    for (size_t d = dims.size(); d-- > 0;) {
      *x += index % dims[d].size * dims[d].x_stride;
      *y += index % dims[d].size * dims[d].y_stride;
      index /= dims[d].size;
    }
  }
};

TransposeFn<uint8_t> TransposeOf(uint8_t) { return BestTransposeKernel().b1; }
TransposeFn<uint16_t> TransposeOf(uint16_t) { return BestTransposeKernel().b2; }
TransposeFn<uint32_t> TransposeOf(uint32_t) { return BestTransposeKernel().b4; }
TransposeFn<uint64_t> TransposeOf(uint64_t) { return BestTransposeKernel().b8; }

template <typename T>
class CopyStep : public Step {
 public:
  /// `dims` are sorted by stride in y, largest first, and merged.
  CopyStep(std::vector<Dim> dims, const T* x, T* y) : x_(x), y_(y) {
    size_t inner = dims.size() - 1, row = inner;
    if (dims[inner].y_stride == 1 && dims[inner].x_stride != 1)
      for (size_t d = 0; d < inner; ++d)
        if (dims[d].x_stride == 1) row = d;
    inner_ = dims[inner];
    matrix_ = row != inner;
    if (matrix_) columns_ = dims[row];
    for (size_t d = 0; d < inner; ++d)
      if (!matrix_ || d != row) outer_.dims.push_back(dims[d]);
    outer_count_ = outer_.count();
  }

  void Run(const RunContext& context) override {
    if (matrix_)
      RunMatrices(context.pool);
    else
      RunRuns(context.pool);
  }

 private:
  void RunRuns(ThreadPool* pool) const {
    const int64_t piece = inner_.size < kElementGrain ? inner_.size : kElementGrain;
    const int64_t pieces = (inner_.size + piece - 1) / piece;
    // Short runs are many: those of the innermost outer loop need no arithmetic but two additions.
    const Dim rows = pieces > 1 || outer_.dims.empty() ? Dim{1, 0, 0} : outer_.dims.back();
    pool->ParallelFor(outer_count_ * pieces, GrainOf(piece + kRunCost), [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end;) {
        const int64_t start = i % pieces * piece;
        const int64_t count = std::min(piece, inner_.size - start);
        int64_t x = start * inner_.x_stride, y = start * inner_.y_stride;
        outer_.Offsets(i / pieces, &x, &y);
        const int64_t stop = std::min(end, i + rows.size - i % rows.size);
        for (; i < stop; ++i, x += rows.x_stride, y += rows.y_stride) CopyRun(x_ + x, y_ + y, count);
      }
    });
  }

  void CopyRun(const T* x, T* y, int64_t count) const {
    if (inner_.x_stride == 1 && inner_.y_stride == 1) {
      CopyBytes(y, x, static_cast<size_t>(count) * sizeof(T));
    } else if (inner_.x_stride == 0 && inner_.y_stride == 1) {
      std::fill(y, y + count, *x);
    } else {
      for (int64_t i = 0; i < count; ++i) y[i * inner_.y_stride] = x[i * inner_.x_stride];
    }
  }

  // Pieces are columns of x, that is rows of y: no two threads write the same cache line's worth of a row.
  void RunMatrices(ThreadPool* pool) const {
    const TransposeFn<T> transpose = TransposeOf(T{});
    const int64_t wanted = (GrainOf(inner_.size) + 15) / 16 * 16;
    const int64_t piece = std::min(wanted, columns_.size);
    const int64_t pieces = (columns_.size + piece - 1) / piece;
    pool->ParallelFor(outer_count_ * pieces, GrainOf(piece * inner_.size),
                      [&](int64_t begin, int64_t end, int) {
                        for (int64_t i = begin; i < end; ++i) {
                          const int64_t start = i % pieces * piece;
                          int64_t x = start, y = start * columns_.y_stride;
                          outer_.Offsets(i / pieces, &x, &y);
                          transpose(x_ + x, inner_.x_stride, y_ + y, columns_.y_stride, inner_.size,
                                    std::min(piece, columns_.size - start));
                        }
                      });
  }

  const T* x_;
  T* y_;
  Outer outer_;
  int64_t outer_count_ = 1;
  Dim inner_{1, 1, 1};
  bool matrix_ = false;
  Dim columns_{1, 1, 1};
};

// A copy of nothing.
class NoStep : public Step {
 public:
  void Run(const RunContext&) override {}
};

// Whether every index stays in [0, size); dims are positive.
bool Within(int64_t offset, const std::vector<int64_t>& dims, const std::vector<int64_t>& strides,
            int64_t size) {
  int64_t low = offset, high = offset;
  for (size_t d = 0; d < dims.size(); ++d) {
    const int64_t steps = dims[d] - 1, stride = strides[d];
    if (steps == 0 || stride == 0) continue;
    if (std::abs(stride) > size / steps || low < 0 || high >= size) return false;
    (stride < 0 ? low : high) += steps * stride;
  }
  return low >= 0 && high < size;
}

std::vector<Dim> Normalise(const std::vector<int64_t>& sizes, const std::vector<int64_t>& x_strides,
                           const std::vector<int64_t>& y_strides) {
  std::vector<Dim> dims;
  for (size_t d = 0; d < sizes.size(); ++d)
    if (sizes[d] != 1) dims.push_back({sizes[d], x_strides[d], y_strides[d]});
  std::stable_sort(dims.begin(), dims.end(),
                   [](const Dim& a, const Dim& b) { return std::abs(a.y_stride) > std::abs(b.y_stride); });
  std::vector<Dim> merged;
  for (const Dim& dim : dims) {
    Dim* last = merged.empty() ? nullptr : &merged.back();
    if (last != nullptr && last->x_stride == dim.x_stride * dim.size &&
        last->y_stride == dim.y_stride * dim.size)
      *last = {last->size * dim.size, dim.x_stride, dim.y_stride};
    else
      merged.push_back(dim);
  }
  if (merged.empty()) merged.push_back({1, 1, 1});
  return merged;
}

}  // namespace

Status MakeCopy(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(1, 1, 1));
  const TensorView& x = *spec.in(0);
  KPT_RETURN_IF_ERROR(CheckDType(spec, spec.out(), x.dtype));
  std::vector<int64_t> sizes, x_strides, y_strides;
  int64_t x_offset = 0, y_offset = 0;
  KPT_RETURN_IF_ERROR(spec.params.Ints("dims", &sizes));
  KPT_RETURN_IF_ERROR(spec.params.Ints("xStrides", &x_strides));
  KPT_RETURN_IF_ERROR(spec.params.Ints("yStrides", &y_strides));
  KPT_RETURN_IF_ERROR(spec.params.Int("xOffset", &x_offset));
  KPT_RETURN_IF_ERROR(spec.params.Int("yOffset", &y_offset));
  if (x_strides.size() != sizes.size() || y_strides.size() != sizes.size())
    return spec.Fail("dims, xStrides and yStrides differ in length");
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) {
    *out = std::make_unique<NoStep>();
    return Status::Ok();
  }
  int64_t count = 1;
  for (int64_t size : sizes) {
    if (size < 0 || size > INT32_MAX) return spec.Fail("parameter 'dims' is out of range");
    count *= size;
    if (count > spec.out().size()) return spec.Fail("more elements are written than y has");
  }
  if (!Within(x_offset, sizes, x_strides, x.size())) return spec.Fail("reads outside of x");
  if (!Within(y_offset, sizes, y_strides, spec.out().size())) return spec.Fail("writes outside of y");
  if (IsWrittenOver(spec, x) && (x_offset != y_offset || x_strides != y_strides))
    return spec.Fail("a copy in place must leave every element where it is");
  std::vector<Dim> dims = Normalise(sizes, x_strides, y_strides);
  return ForElementSize(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::Type;
    *out =
        std::make_unique<CopyStep<T>>(std::move(dims), x.as<T>() + x_offset, spec.out().as<T>() + y_offset);
    return Status::Ok();
  });
}

}  // namespace kompakt
