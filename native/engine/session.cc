// SPDX-License-Identifier: Apache-2.0
#include "native/engine/session.h"

#include <cstring>

#include "native/kernels/transpose/transpose.h"

namespace kompakt {
namespace {

template <typename T>
void TransposeAll(TransposeFn<T> transpose, const uint8_t* source, size_t size, const Session::Order& order,
                  uint8_t* to) {
  const T* x = reinterpret_cast<const T*>(source);
  T* y = reinterpret_cast<T*>(to);
  const size_t rows = order.rows, columns = order.columns;
  for (size_t at = 0; at < size / sizeof(T); at += rows * columns)
    transpose(x + at, static_cast<int64_t>(columns), y + at, static_cast<int64_t>(rows),
              static_cast<int64_t>(rows), static_cast<int64_t>(columns));
}

}  // namespace

Session::Session(int threads, std::shared_ptr<const PlanCache> cache)
    : pool_(threads), cache_(std::move(cache)) {
  if (cache_ == nullptr) return;
  for (const PlanCache::Constant& known : cache_->constants()) {
    Constant constant;
    constant.digest = known.digest;
    constant.shape = known.shape;
    constant.size = known.size;
    constant.mapped = known.data;
    constant.pinned = known.data != nullptr;
    by_digest_.emplace(known.digest.low, static_cast<int>(constants_.size()));
    constants_.push_back(std::move(constant));
  }
  for (const PlanCache::Pack& known : cache_->packs()) {
    Pack& pack = packs_[{known.constant, known.tag}];
    pack.mapped = known.data;
    pack.size = known.size;
  }
}

int Session::AddConstant(const uint8_t* bytes, size_t size, const std::string& given, const Order& order) {
  std::string shape = given;
  if (order.rows > 0) {
    const size_t unit = order.element_bytes;
    if (unit != 1 && unit != 2 && unit != 4 && unit != 8) return -1;
    if (reinterpret_cast<uintptr_t>(bytes) % unit != 0 || size % unit != 0) return -1;
    const size_t elements = size / unit;
    if (elements % order.rows != 0 || order.columns == 0 || elements / order.rows % order.columns != 0)
      return -1;
    shape += " of " + std::to_string(order.rows) + "x" + std::to_string(order.columns);
  }
  const Digest digest = DigestOf(bytes, size);
  const auto range = by_digest_.equal_range(digest.low);
  for (auto it = range.first; it != range.second; ++it) {
    Constant& known = constants_[static_cast<size_t>(it->second)];
    if (!(known.digest == digest) || known.size != size || known.shape != shape) continue;
    known.source = bytes;
    known.order = order;
    return it->second;
  }
  const int index = static_cast<int>(constants_.size());
  Constant constant;
  constant.digest = digest;
  constant.shape = shape;
  constant.size = size;
  constant.source = bytes;
  constant.order = order;
  constants_.push_back(std::move(constant));
  by_digest_.emplace(digest.low, index);
  return index;
}

void Session::Constant::Copy(uint8_t* to) const {
  if (order.rows == 0) {
    std::memcpy(to, source, size);
    return;
  }
  const TransposeKernel& kernel = BestTransposeKernel();
  switch (order.element_bytes) {
    case 1:
      return TransposeAll(kernel.b1, source, size, order, to);
    case 2:
      return TransposeAll(kernel.b2, source, size, order, to);
    case 4:
      return TransposeAll(kernel.b4, source, size, order, to);
    default:
      return TransposeAll(kernel.b8, source, size, order, to);
  }
}

void Session::ForgetSources() {
  for (Constant& constant : constants_) constant.source = nullptr;
  spare_ = AlignedBuffer();
}

uint8_t* Session::Load(int index) {
  Constant& constant = constants_[static_cast<size_t>(index)];
  if (constant.mapped != nullptr) return const_cast<uint8_t*>(constant.mapped);
  if (constant.owned.data() != nullptr) return constant.owned.data();
  if (constant.source == nullptr) return zeros_.Get(constant.size);
  if (spare_.data() != nullptr && spare_.size() >= constant.size && spare_.size() / 2 <= constant.size) {
    constant.owned = std::move(spare_);
    std::memset(constant.owned.data() + constant.size, 0, kReadPadding);
  } else {
    constant.owned = AlignedBuffer(constant.size);
  }
  if (constant.owned.data() == nullptr) return nullptr;
  if (constant.size > 0) constant.Copy(constant.owned.data());
  bytes_ += constant.size;
  return constant.owned.data();
}

bool Session::Absent(int index) const {
  const Constant& constant = constants_[static_cast<size_t>(index)];
  return constant.size > 0 && constant.mapped == nullptr && constant.owned.data() == nullptr &&
         constant.source == nullptr;
}

void Session::Unload(int index) {
  Constant& constant = constants_[static_cast<size_t>(index)];
  if (constant.pinned || constant.owned.data() == nullptr) return;
  if (spare_.size() < constant.owned.size()) spare_ = std::move(constant.owned);
  constant.owned = AlignedBuffer();
  bytes_ -= constant.size;
}

uint8_t* Session::Reserve(int constant, const std::string& tag, size_t bytes, bool* fresh) {
  if (constant >= 0) {
    packed_now_.insert(constant);
    const auto found = packs_.find({constant, tag});
    if (found != packs_.end()) return found->second.size == bytes ? found->second.data() : nullptr;
    if (Absent(constant)) return nullptr;
  }
  AlignedBuffer block(bytes);
  if (block.data() == nullptr) return nullptr;
  *fresh = true;
  bytes_ += bytes;
  if (constant < 0) {
    anonymous_packs_.push_back(std::move(block));
    return anonymous_packs_.back().data();
  }
  Pack& pack = packs_[{constant, tag}];
  pack.size = bytes;
  pack.owned = std::move(block);
  return pack.owned.data();
}

Status Session::SaveCache(const std::string& path, const std::string& identity,
                          const std::string& description,
                          const std::vector<std::pair<const uint8_t*, size_t>>& programs) const {
  if (!anonymous_packs_.empty())
    return Status::Error("KPT_FILE_WRITE", "the plan packs weights that are not constant");
  PlanCacheWriter writer(identity, description);
  for (const auto& [bytes, size] : programs) writer.AddProgram(bytes, size);
  for (const Constant& constant : constants_) {
    const uint8_t* data = constant.mapped != nullptr ? constant.mapped
                          : constant.pinned          ? constant.owned.data()
                                                     : nullptr;
    writer.AddConstant({constant.digest, constant.shape, constant.size, data});
  }
  for (const auto& [key, pack] : packs_) writer.AddPack({key.first, key.second, pack.data(), pack.size});
  return writer.Write(path);
}

}  // namespace kompakt
