// matmul_f32: batched float32 products. A constant B is packed when the step is made; any other B at run
// time, into scratch. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "native/kernels/transpose/transpose.h"
#include "native/ops/activation_f32.h"
#include "native/ops/gemm_f32_loop.h"

namespace kompakt {
namespace {

class MatmulF32 : public Step {
 public:
  Status Prepare(const StepSpec& spec) {
    const TensorView &a = *spec.in(0), &b = *spec.in(1), *bias = spec.in(2), &y = spec.out();
    KPT_RETURN_IF_ERROR(ReadActivation(spec, &activation_));
    KPT_RETURN_IF_ERROR(spec.params.Float("factor", &gemm_.factor));
    KPT_RETURN_IF_ERROR(ReadShapes(spec, a, b, y));
    if (bias != nullptr && (bias->dtype != DType::kF32 || bias->size() != n_))
      return spec.Fail("the bias must be f32 with one value per column");
    a_ = a.as<float>();
    b_ = b.as<float>();
    y_ = y.as<float>();

    gemm_.kernel = GemmF32Kernels().Best();
    gemm_.panels = CutGemmF32(gemm_.kernel, n_);
    gemm_.columns = n_;
    gemm_.taps = 1;
    gemm_.depth = k_;
    gemm_.bias = bias == nullptr ? nullptr : bias->as<float>();
    gemm_.c_stride = n_;
    gemm_.activation = InlinePart(activation_);
    packed_size_ = k_ * gemm_.panels.padded_columns();
    loop_ =
        GemmF32Loop(m_, k_ * static_cast<int64_t>(sizeof(float)), gemm_.panels, SplitThreads(spec.threads));

    size_t scratch = 0;
    if (b.is_constant()) {
      const std::string tag = "gemm_f32/" + std::to_string(gemm_.panels.lanes) + "x" +
                              std::to_string(gemm_.panels.vectors) + "/matmul/" + std::to_string(k_) + "x" +
                              std::to_string(n_) + "/" + std::to_string(transposed_b_);
      packed_ = reinterpret_cast<const float*>(spec.packs->Get(
          b.constant, tag, static_cast<size_t>(batches_b_ * packed_size_) * sizeof(float), [&](uint8_t* out) {
            for (int64_t i = 0; i < batches_b_; ++i)
              Pack(i, 0, gemm_.panels.count(), reinterpret_cast<float*>(out) + i * packed_size_);
          }));
      if (packed_ == nullptr)
        return Status::Error("KPT_TOO_LARGE", "out of memory: the weights of matmul_f32");
    } else {
      scratch = AlignUp(static_cast<size_t>(batches_b_ * packed_size_) * sizeof(float) + kReadPadding);
    }
    packed_bytes_ = scratch;
    pointer_bytes_ = AlignUp(static_cast<size_t>(loop_.most_rows()) * sizeof(float*));
    // A stored by columns is turned, piece by piece.
    thread_bytes_ =
        pointer_bytes_ +
        (transposed_a_ ? AlignUp(static_cast<size_t>(loop_.most_rows() * k_) * sizeof(float) + kReadPadding)
                       : 0);
    spec.scratch_bytes = packed_bytes_ + thread_bytes_ * static_cast<size_t>(spec.threads);
    return Status::Ok();
  }

  void Run(const RunContext& context) override {
    const float* packed = packed_;
    if (packed == nullptr) {
      float* to = reinterpret_cast<float*>(context.scratch);
      const int64_t panels = gemm_.panels.count();
      const int64_t panel_size = std::max<int64_t>(k_ * gemm_.panels.vectors * gemm_.panels.lanes, 1);
      constexpr int64_t kGrainElements = 8192;
      context.pool->ParallelFor(batches_b_ * panels, (kGrainElements + panel_size - 1) / panel_size,
                                [&](int64_t begin, int64_t end, int) {
                                  for (int64_t i = begin; i < end; ++i) {
                                    const int64_t batch = i / panels, panel = i % panels;
                                    Pack(batch, panel, panel + 1, to + batch * packed_size_);
                                  }
                                });
      packed = to;
    }
    const int64_t batches = static_cast<int64_t>(a_of_.size()), pieces = loop_.pieces();
    context.pool->ParallelFor(batches * pieces, 1, [&](int64_t begin, int64_t end, int thread) {
      uint8_t* scratch = context.scratch + packed_bytes_ + static_cast<size_t>(thread) * thread_bytes_;
      for (int64_t i = begin; i < end; ++i) RunOne(i / pieces, loop_.piece(i % pieces), packed, scratch);
    });
  }

 private:
  /// Threads among which one product of the batch is cut.
  int SplitThreads(int threads) const {
    const int64_t batches = static_cast<int64_t>(a_of_.size());
    return batches >= 4 * int64_t{threads} ? 1 : threads;
  }

  /// Sets m_, n_, k_ and, for every matrix of y, which matrices of a and b it is made of.
  Status ReadShapes(const StepSpec& spec, const TensorView& a, const TensorView& b, const TensorView& y) {
    int64_t transposed_a = 0, transposed_b = 0;
    KPT_RETURN_IF_ERROR(spec.params.Int("transA", &transposed_a));
    KPT_RETURN_IF_ERROR(spec.params.Int("transB", &transposed_b));
    transposed_a_ = transposed_a != 0;
    transposed_b_ = transposed_b != 0;
    if (a.dtype != DType::kF32 || b.dtype != DType::kF32 || y.dtype != DType::kF32)
      return spec.Fail("a, b and y must be f32");
    if (a.rank < 2 || b.rank < 2 || y.rank != std::max(a.rank, b.rank)) return spec.Fail("wrong ranks");
    m_ = a.dims[a.rank - (transposed_a_ ? 1 : 2)];
    k_ = a.dims[a.rank - (transposed_a_ ? 2 : 1)];
    n_ = b.dims[b.rank - (transposed_b_ ? 2 : 1)];
    if (b.dims[b.rank - (transposed_b_ ? 1 : 2)] != k_ || y.dims[y.rank - 2] != m_ ||
        y.dims[y.rank - 1] != n_)
      return spec.Fail("the matrices do not fit together");
    // Walk the batch dims of y; a dim of 1 stands still.
    std::vector<int64_t> a_of{0}, b_of{0};
    for (int i = 0; i < y.rank - 2; ++i) {
      const int64_t da = DimOf(a, i, y.rank), db = DimOf(b, i, y.rank), dy = y.dims[i];
      if ((da != dy && da != 1) || (db != dy && db != 1)) return spec.Fail("the batches do not broadcast");
      a_of = Spread(a_of, dy, da);
      b_of = Spread(b_of, dy, db);
      batches_b_ *= db;
    }
    a_of_ = std::move(a_of);
    b_of_ = std::move(b_of);
    return Status::Ok();
  }

  /// Batch dim i of a tensor seen with the rank of y.
  static int64_t DimOf(const TensorView& tensor, int i, int rank) {
    const int at = i - (rank - tensor.rank);
    return at < 0 ? 1 : tensor.dims[at];
  }

  /// Matrix numbers for one more batch dim: `dy` positions over a dim of `d`, which is dy or 1.
  static std::vector<int64_t> Spread(const std::vector<int64_t>& before, int64_t dy, int64_t d) {
    std::vector<int64_t> after;
    after.reserve(before.size() * static_cast<size_t>(dy));
    for (int64_t matrix : before)
      for (int64_t i = 0; i < dy; ++i) after.push_back(matrix * d + (d == 1 ? 0 : i));
    return after;
  }

  void Pack(int64_t batch, int64_t first, int64_t last, float* to) const {
    PackGemmF32(gemm_.panels, k_, n_, b_ + batch * k_ * n_, transposed_b_ ? 1 : n_, transposed_b_ ? k_ : 1,
                first, last, to);
  }

  void RunOne(int64_t batch, const GemmF32Piece& piece, const float* packed, uint8_t* scratch) const {
    const float** rows = reinterpret_cast<const float**>(scratch);
    const float* a = a_ + a_of_[static_cast<size_t>(batch)] * m_ * k_;
    if (transposed_a_) {
      float* turned = reinterpret_cast<float*>(scratch + pointer_bytes_);
      BestTransposeKernel().b4(reinterpret_cast<const uint32_t*>(a + piece.first_row), m_,
                               reinterpret_cast<uint32_t*>(turned), k_, k_, piece.row_count);
      for (int64_t i = 0; i < piece.row_count; ++i) rows[i] = turned + i * k_;
    } else {
      for (int64_t i = 0; i < piece.row_count; ++i) rows[i] = a + (piece.first_row + i) * k_;
    }
    GemmF32 gemm = gemm_;
    gemm.b = packed + b_of_[static_cast<size_t>(batch)] * packed_size_;
    gemm.c = y_ + batch * m_ * n_;
    RunPiece(gemm, activation_, piece, rows, piece.row_count);
  }

  UnaryOp activation_;
  GemmF32 gemm_{};
  GemmF32Loop loop_;
  int64_t m_ = 0, n_ = 0, k_ = 0, batches_b_ = 1, packed_size_ = 0;
  bool transposed_a_ = false, transposed_b_ = false;
  /// The matrices of a and b behind every matrix of y.
  std::vector<int64_t> a_of_, b_of_;
  const float* a_ = nullptr;
  const float* b_ = nullptr;
  float* y_ = nullptr;
  /// Null when B is packed at run time.
  const float* packed_ = nullptr;
  size_t packed_bytes_ = 0, pointer_bytes_ = 0, thread_bytes_ = 0;
};

}  // namespace

Status MakeMatmulF32(const StepSpec& spec, std::unique_ptr<Step>* out) {
  KPT_RETURN_IF_ERROR(spec.CheckArity(2, 3, 1));
  auto step = std::make_unique<MatmulF32>();
  KPT_RETURN_IF_ERROR(step->Prepare(spec));
  *out = std::move(step);
  return Status::Ok();
}

}  // namespace kompakt
