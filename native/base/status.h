// Status: how native code reports failure. No exceptions cross any boundary; run/native.ts turns a failed
// Status into a KompaktError. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <utility>

namespace kompakt {

class [[nodiscard]] Status {
 public:
  static Status Ok() { return Status(); }
  /// `code` is a KPT_* code of lib/errors.ts (a string literal); `message` says what, where and what was
  /// received.
  static Status Error(const char* code, std::string message) {
    Status s;
    s.code_ = code;
    s.message_ = std::move(message);
    return s;
  }
  bool ok() const { return code_ == nullptr; }
  const char* code() const { return code_; }
  const std::string& message() const { return message_; }

 private:
  const char* code_ = nullptr;
  std::string message_;
};

#define KPT_RETURN_IF_ERROR(expression)           \
  do {                                            \
    ::kompakt::Status kpt_status_ = (expression); \
    if (!kpt_status_.ok()) return kpt_status_;    \
  } while (0)

}  // namespace kompakt
