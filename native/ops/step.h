// Step: one operation of a plan, made once and run many times.
//
// A plan is a flat list of steps over an arena. Making a step (MakeXxx in native/ops/xxx.cc) checks its
// tensors and parameters, chooses kernels, packs weights and resolves every pointer; running it allocates
// nothing and knows no graph. It fails only by what a tensor holds that was not there when it was made, as an
// index out of range: then it refuses (Refusal) and goes on without touching memory that is not its own.
// Kinds are listed in ops.inc; their inputs, outputs and parameters are typed and described in
// lib/ops/steps.ts, the one description that both sides follow. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "native/base/aligned_buffer.h"
#include "native/base/status.h"
#include "native/base/thread_pool.h"

namespace kompakt {

/// Element types in the engine. 8-bit activations are always stored as kU8 (an int8 tensor as value + 128,
/// with its zero point moved alike); kS8 appears only in constant weights.
enum class DType : uint8_t { kF32 = 0, kU8 = 1, kS8 = 2, kS32 = 3, kS64 = 4, kF64 = 5, kU16 = 6 };

size_t DTypeBytes(DType dtype);
const char* DTypeName(DType dtype);

constexpr int kMaxRank = 8;

/// A row-major tensor in the arena or in constant memory. Shapes are physical: channels-last where the step
/// says so.
struct TensorView {
  DType dtype = DType::kF32;
  int rank = 0;
  std::array<int64_t, kMaxRank> dims{};
  /// Stable for the life of the plan. kReadPadding bytes past the end may be read.
  uint8_t* data = nullptr;
  /// Index among the session's constants, or -1 for arena memory.
  int constant = -1;

  int64_t size() const {
    int64_t n = 1;
    for (int i = 0; i < rank; ++i) n *= dims[i];
    return n;
  }
  size_t bytes() const { return static_cast<size_t>(size()) * DTypeBytes(dtype); }
  bool is_constant() const { return constant >= 0; }
  template <typename T>
  T* as() const {
    return reinterpret_cast<T*>(data);
  }
};

/// Named parameters: numbers, lists of numbers and strings. Lookup happens only while a step is made.
class Params {
 public:
  struct Entry {
    std::string name;
    std::vector<double> numbers;
    std::string text;
    bool is_text = false;
  };
  std::vector<Entry> entries;

  bool Has(const char* name) const { return Find(name) != nullptr; }
  /// Each fails with KPT_INTERNAL naming the parameter when it is absent, not integral or out of range.
  Status Int(const char* name, int64_t* out) const;
  Status Int32(const char* name, int32_t* out) const;
  Status Ints(const char* name, std::vector<int64_t>* out) const;
  Status Float(const char* name, float* out) const;
  Status Doubles(const char* name, std::vector<double>* out) const;
  Status Floats(const char* name, std::vector<float>* out) const;
  Status Text(const char* name, std::string* out) const;

 private:
  const Entry* Find(const char* name) const;
};

/// Packed weights, shared by all plans of a session: the same constant packed the same way exists once, in
/// memory or in a file. A step that packs a constant reads its bytes only inside pack(): afterwards, or when
/// the packed form comes from a file, they are not there.
class PackCache {
 public:
  virtual ~PackCache() = default;
  /// Returns the block under (constant, tag), calling pack(out) to fill `bytes` zeroed bytes the first time.
  /// When `constant` is negative the block is made anew and kept. Null when memory is short.
  template <typename Pack>
  const uint8_t* Get(int constant, const std::string& tag, size_t bytes, const Pack& pack) {
    bool fresh = false;
    uint8_t* block = Reserve(constant, tag, bytes, &fresh);
    if (block != nullptr && fresh) pack(block);
    return block;
  }

 protected:
  virtual uint8_t* Reserve(int constant, const std::string& tag, size_t bytes, bool* fresh) = 0;
};

/// What a MakeXxx function gets.
struct StepSpec {
  std::string kind;
  /// Absent optional inputs are null.
  std::vector<const TensorView*> inputs;
  std::vector<const TensorView*> outputs;
  Params params;
  PackCache* packs = nullptr;
  int threads = 1;
  /// Bytes of scratch for the whole step (all threads together), set by MakeXxx; RunContext::scratch has at
  /// least this much, 64-byte aligned. Its contents do not survive the step.
  mutable size_t scratch_bytes = 0;

  const TensorView* in(size_t i) const { return i < inputs.size() ? inputs[i] : nullptr; }
  const TensorView& out(size_t i = 0) const { return *outputs[i]; }
  /// KPT_INTERNAL error that names the step kind.
  Status Fail(const std::string& message) const;
  /// Fails unless input/output counts are within bounds and required inputs [0, required) are present.
  Status CheckArity(size_t required, size_t max_inputs, size_t outputs) const;
};

/// Why a run was refused: the first number found in a tensor with which a step cannot compute.
class Refusal {
 public:
  /// From any thread of a step. `what` is a literal. low > high where it says it all.
  void Set(const char* what, int64_t value, int64_t low, int64_t high) {
    if (set_.exchange(true, std::memory_order_relaxed)) return;
    what_ = what;
    value_ = value;
    low_ = low;
    high_ = high;
  }
  void Clear() { set_.store(false, std::memory_order_relaxed); }
  bool any() const { return set_.load(std::memory_order_relaxed); }

  // Once the step has ended.
  const char* what() const { return what_; }
  int64_t value() const { return value_; }
  /// What it would have had to lie between, both included.
  int64_t low() const { return low_; }
  int64_t high() const { return high_; }

 private:
  std::atomic<bool> set_{false};
  const char* what_ = "";
  int64_t value_ = 0, low_ = 0, high_ = 0;
};

struct RunContext {
  ThreadPool* pool;
  uint8_t* scratch;
  Refusal* refusal;
  /// Steps take turns in walking their work forwards and backwards: what one wrote last is still in the cache
  /// and read first by the next. Nothing computed depends on it, and a step may ignore it.
  bool backwards = false;

  /// The item that comes i-th of `count`.
  int64_t Turn(int64_t i, int64_t count) const { return backwards ? count - 1 - i : i; }
};

class Step {
 public:
  virtual ~Step() = default;
  virtual void Run(const RunContext& context) = 0;
};

using MakeStep = Status (*)(const StepSpec& spec, std::unique_ptr<Step>* out);

/// The maker of a step kind, or null. Made from ops.inc.
MakeStep FindStep(const std::string& kind);

}  // namespace kompakt
