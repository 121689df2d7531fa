// BandB1: the input of a one-bit convolution as gemm_b1 reads it, band by band. Where the taps are whole
// groups of the kernel, a band is read in place, or with padding from a copy with its border; else the bits
// of each output pixel's window are gathered one after another. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "native/ops/convolution.h"

namespace kompakt {

class BandB1 {
 public:
  /// `channels`: bits of a pixel; `pad_value`: 1 where padding is set bits, else it is clear ones.
  Status Make(const StepSpec& spec, const Convolution& conv, int64_t channels, int32_t pad_value,
              int k_group);
  /// Cuts the output into bands; tables and scratch are for these.
  Status Cut(const StepSpec& spec);

  // A line is one output row, or one pixel where the convolution is a plain matrix product.
  int64_t images() const { return images_; }
  int64_t lines() const { return lines_; }
  int64_t line_pixels() const { return line_pixels_; }
  int64_t bands() const { return bands_; }
  int64_t band_lines() const { return band_lines_; }
  int64_t band_pixels() const { return band_lines_ * line_pixels_; }
  int64_t scratch_bytes() const { return scratch_bytes_; }

  /// Taps as the kernel sees them, and the bytes of a tap before they are filled up to a group.
  int taps() const { return gather_ ? 1 : taps_; }
  int tap_bytes() const { return tap_bytes_; }
  int used_tap_bytes() const { return used_tap_bytes_; }
  /// The bits of a pixel's last byte that are channels.
  uint8_t last_byte() const { return last_byte_; }

  const int32_t* row_offsets() const { return row_offsets_.data(); }
  const int32_t* tap_offsets() const { return tap_offsets_.data(); }
  /// What row and tap offsets count from, for lines [first, first + lines) of an image.
  const uint8_t* Read(const uint8_t* x, int64_t image, int64_t first, int64_t lines, uint8_t* scratch) const;

 private:
  const uint8_t* Copy(const uint8_t* image, int64_t first, int64_t lines, uint8_t* to) const;
  const uint8_t* Gather(const uint8_t* image, int64_t first, int64_t lines, uint8_t* to) const;
  void GatherWindow(const uint8_t* image, int64_t top, int64_t left, uint8_t* to) const;

  Convolution conv_ = {};
  int fill_ = 0;
  uint8_t last_byte_ = 0xff;
  bool merged_ = false, gather_ = false, padded_ = false, plain_ = false;
  int taps_ = 0, tap_bytes_ = 0, used_tap_bytes_ = 0;
  int64_t images_ = 0, lines_ = 0, line_pixels_ = 0, line_bytes_ = 0, pitch_ = 0;
  int64_t band_lines_ = 1, bands_ = 0, scratch_bytes_ = 0;
  std::vector<int32_t> row_offsets_, tap_offsets_;
};

}  // namespace kompakt
