// BandB1: choosing how to read, and reading.
// SPDX-License-Identifier: Apache-2.0
#include "native/ops/band_b1.h"

#include <algorithm>
#include <cstring>

namespace kompakt {
namespace {

/// Bytes of a band as the kernel reads it: it should stay in the first cache level next to a panel of
/// weights.
constexpr int64_t kBandBytes = 16 * 1024;
/// Pixels below which a band makes poor tiles.
constexpr int64_t kMinBandPixels = 48;

/// Copies `count` bytes by eights: up to seven more are read and written.
inline void CopyRun(const uint8_t* from, uint8_t* to, int64_t count) {
  for (int64_t i = 0; i < count; i += 8) std::memcpy(to + i, from + i, 8);
}

}  // namespace

Status BandB1::Make(const StepSpec& spec, const Convolution& conv, int64_t channels, int32_t pad_value,
                    int k_group) {
  conv_ = conv;
  fill_ = pad_value > 0 ? 0xff : 0;
  if (channels % 8 != 0) last_byte_ = static_cast<uint8_t>((1 << channels % 8) - 1);
  const int64_t last_y = (conv.oh - 1) * conv.stride_h + (conv.kh - 1) * conv.dilation_h;
  const int64_t last_x = (conv.ow - 1) * conv.stride_w + (conv.kw - 1) * conv.dilation_w;
  constexpr int64_t kMost = INT32_MAX / 4;
  if (conv.pad_top < 0 || conv.pad_left < 0) return spec.Fail("negative padding");
  if (last_y >= kMost || last_x >= kMost || conv.pad_top >= kMost || conv.pad_left >= kMost ||
      conv.c >= kMost || (last_y + 1) * (last_x + 1) > INT32_MAX / 2 || (last_x + 1) * conv.c > kMost ||
      conv.w * conv.c > kMost || conv.kh * conv.kw * conv.c > kMost / 8)
    return spec.Fail("the input is too large");
  const int64_t taps = conv.kh * conv.kw;
  padded_ = conv.pad_top > 0 || conv.pad_left > 0 || last_y >= conv.h || last_x >= conv.w;
  plain_ = !padded_ && taps == 1 && conv.stride_h == 1 && conv.stride_w == 1 && conv.oh == conv.h &&
           conv.ow == conv.w;
  // Taps of one kernel row lie next to each other in memory: one long tap.
  merged_ = conv.dilation_w == 1 && last_byte_ == 0xff;
  taps_ = static_cast<int>(merged_ ? conv.kh : taps);
  tap_bytes_ = used_tap_bytes_ = static_cast<int>(merged_ ? conv.kw * conv.c : conv.c);
  pitch_ = std::max<int64_t>(padded_ ? last_x + 1 : conv.w, 0) * conv.c;
  // Taps far apart, most of them in the padding: a copy with its border would be many times what is in it.
  const int64_t reach = (conv.kh - 1) * conv.dilation_h + 1;
  const bool sparse = padded_ && (reach + conv.stride_h) * pitch_ > kBandBytes + 8 * conv.ow * taps * conv.c;
  // Bits that are no channels must not be counted, whatever they are.
  gather_ = tap_bytes_ % k_group != 0 || last_byte_ != 0xff || sparse;
  if (gather_) {
    used_tap_bytes_ = static_cast<int>(taps * conv.c);
    tap_bytes_ = (used_tap_bytes_ + k_group - 1) / k_group * k_group;
  }
  images_ = plain_ ? 1 : conv.n;
  lines_ = plain_ ? conv.n * conv.oh * conv.ow : conv.oh;
  line_pixels_ = plain_ ? 1 : conv.ow;
  line_bytes_ = gather_ ? line_pixels_ * tap_bytes_ : plain_ ? conv.c : conv.stride_h * pitch_;
  return Status::Ok();
}

Status BandB1::Cut(const StepSpec& spec) {
  if (spec.out().size() == 0) return Status::Ok();
  const int64_t least = (kMinBandPixels + line_pixels_ - 1) / line_pixels_;
  const int64_t wanted = spec.threads == 1 ? 1 : 3 * spec.threads;
  const int64_t share = (images_ * lines_ + wanted - 1) / wanted;
  band_lines_ = std::max(least, kBandBytes / std::max<int64_t>(1, line_bytes_));
  band_lines_ = std::max<int64_t>(1, std::min({band_lines_, std::max(least, share), lines_}));
  bands_ = (lines_ + band_lines_ - 1) / band_lines_;
  band_lines_ = (lines_ + bands_ - 1) / bands_;  // of nearly equal height
  // Offsets of rows and taps are kept in 32 bits.
  if (line_bytes_ > INT32_MAX / band_lines_ || pitch_ * ((conv_.kh - 1) * conv_.dilation_h + 1) > INT32_MAX)
    return spec.Fail("the input is too large");
  const int64_t pixel_bytes = gather_ ? tap_bytes_ : conv_.stride_w * conv_.c;
  for (int64_t line = 0; line < band_lines_; ++line)
    for (int64_t p = 0; p < line_pixels_; ++p)
      row_offsets_.push_back(static_cast<int32_t>(line * line_bytes_ + p * pixel_bytes));
  for (int64_t y = 0; y < (gather_ ? 1 : conv_.kh); ++y)
    for (int64_t x = 0; x < (gather_ || merged_ ? 1 : conv_.kw); ++x)
      tap_offsets_.push_back(
          static_cast<int32_t>(y * conv_.dilation_h * pitch_ + x * conv_.dilation_w * conv_.c));
  const int64_t rows = (band_lines_ - 1) * conv_.stride_h + (conv_.kh - 1) * conv_.dilation_h + 1;
  if (gather_) scratch_bytes_ = band_pixels() * tap_bytes_ + 8;
  if (!gather_ && padded_) scratch_bytes_ = rows * pitch_;
  return Status::Ok();
}

const uint8_t* BandB1::Read(const uint8_t* x, int64_t image, int64_t first, int64_t lines,
                            uint8_t* scratch) const {
  x += image * conv_.h * conv_.w * conv_.c;
  if (gather_) return Gather(x, first, lines, scratch);
  return padded_ ? Copy(x, first, lines, scratch) : x + first * line_bytes_;
}

/// The rows of a band with their border.
const uint8_t* BandB1::Copy(const uint8_t* image, int64_t first, int64_t lines, uint8_t* to) const {
  const int64_t rows = (lines - 1) * conv_.stride_h + (conv_.kh - 1) * conv_.dilation_h + 1;
  const int64_t left = std::min(conv_.pad_left * conv_.c, pitch_);
  const int64_t middle = std::min(conv_.w * conv_.c, pitch_ - left);
  for (int64_t r = 0; r < rows; ++r) {
    uint8_t* row = to + r * pitch_;
    const int64_t y = first * conv_.stride_h + r - conv_.pad_top;
    if (y < 0 || y >= conv_.h) {
      std::memset(row, fill_, static_cast<size_t>(pitch_));
      continue;
    }
    std::memset(row, fill_, static_cast<size_t>(left));
    std::memcpy(row + left, image + y * conv_.w * conv_.c, static_cast<size_t>(middle));
    std::memset(row + left + middle, fill_, static_cast<size_t>(pitch_ - left - middle));
  }
  return to;
}

/// The windows of a band, each with zeros up to a multiple of the kernel's group.
const uint8_t* BandB1::Gather(const uint8_t* image, int64_t first, int64_t lines, uint8_t* to) const {
  for (int64_t line = 0; line < lines; ++line)
    for (int64_t p = 0; p < line_pixels_; ++p) {
      uint8_t* window = to + (line * line_pixels_ + p) * tap_bytes_;
      if (plain_)
        GatherWindow(image + (first + line) * conv_.c, 0, 0, window);
      else
        GatherWindow(image, (first + line) * conv_.stride_h - conv_.pad_top,
                     p * conv_.stride_w - conv_.pad_left, window);
      std::memset(window + used_tap_bytes_, 0, static_cast<size_t>(tap_bytes_ - used_tap_bytes_));
    }
  return to;
}

void BandB1::GatherWindow(const uint8_t* image, int64_t top, int64_t left, uint8_t* to) const {
  const bool whole = merged_ && left >= 0 && left + conv_.kw <= conv_.w;
  for (int64_t ky = 0; ky < conv_.kh; ++ky) {
    const int64_t y = top + ky * conv_.dilation_h;
    const bool inside = y >= 0 && y < conv_.h;
    const uint8_t* row = image + (inside ? y * conv_.w * conv_.c : 0);
    if (whole && inside) {
      CopyRun(row + left * conv_.c, to, conv_.kw * conv_.c);
      to += conv_.kw * conv_.c;
      continue;
    }
    for (int64_t kx = 0; kx < conv_.kw; ++kx, to += conv_.c) {
      const int64_t x = left + kx * conv_.dilation_w;
      if (inside && x >= 0 && x < conv_.w)
        CopyRun(row + x * conv_.c, to, conv_.c);
      else
        std::memset(to, fill_, static_cast<size_t>(conv_.c));
      to[conv_.c - 1] &= last_byte_;
    }
  }
}

}  // namespace kompakt
